export { ristretto255, ristretto255_hasher } from '@noble/curves/ed25519.js'
export { sha512 } from '@noble/hashes/sha2.js'
