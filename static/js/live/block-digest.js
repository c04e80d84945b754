/** SHA-256: by the browser where the page is a secure context, by a vendored script where it is not. */

import { cutRecords } from '../crypto/record-stream.js'
import { DIGEST_BYTES } from './lanes/frames.js'

/** @typedef {{ sha256(bytes: Uint8Array): Uint8Array }} Noble */

/** @type {Promise<Noble> | undefined} */
let noble

/**
 * @param {Uint8Array} bytes
 * @returns {Promise<Uint8Array>}
 */
export async function sha256(bytes) {
  if (globalThis.crypto?.subtle) return new Uint8Array(await crypto.subtle.digest('SHA-256', /** @type {BufferSource} */ (bytes)))
  return (await loadNoble()).sha256(bytes)
}

// WebCrypto is missing on plain http, where WebRTC works. WebAssembly would be faster, but the pages' policy forbids it.
function loadNoble() {
  const address = new URL('../../vendor/noble-hashes/sha2.js', import.meta.url).href
  noble ??= import(address).catch((error) => {
    noble = undefined
    throw error
  })
  return noble
}

/**
 * A block's digest: over those of its pieces in order. Browsers copy what they digest, and for a whole block into fresh memory each time, which cost more
 * than the digesting.
 * @param {Uint8Array} block
 */
export async function blockDigest(block) {
  return overDigests(await recordDigests(block))
}

/** The digests of its pieces, which are the records of a sealed file. @param {Uint8Array} block */
export async function recordDigests(block) {
  return Promise.all(cutRecords(block).map(sha256))
}

/** A file's root: the digest over its blocks' digests in order. @param {Uint8Array[]} digests */
export async function rootOf(digests) {
  return hex(await overDigests(digests))
}

/** @param {Uint8Array[]} digests */
export function overDigests(digests) {
  const joined = new Uint8Array(digests.length * DIGEST_BYTES)
  digests.forEach((digest, at) => joined.set(digest, at * DIGEST_BYTES))
  return sha256(joined)
}

/** @param {Uint8Array} bytes */
export function hex(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

/**
 * @param {Uint8Array} one
 * @param {Uint8Array} other
 */
export function same(one, other) {
  return one.length === other.length && one.every((byte, at) => byte === other[at])
}
