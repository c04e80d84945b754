/**
 * The secret for people who typed the code: commit, share, reveal, wrap, and four words that are the same on both pages unless somebody stands
 * between them. Only cryptography; `live/connect/key-exchange.js` carries it. PROTOCOL.md, "By code". Pure.
 */

import { fromBase64url, toBase64url } from './base64url.js'
import { wordsOf } from './word-list.js'

const POINT_BYTES = 65
const NONCE_BYTES = 16
const COMMIT_BYTES = 32
const IV_BYTES = 12
const WORD_COUNT = 4
const CURVE = { name: 'ECDH', namedCurve: 'P-256' }

/** A message of the handshake is not what it must be: somebody between the two changed it. */
export class HandshakeBroken extends Error {
  constructor() {
    super('Somebody between you changed the set-up of the connection. Nothing was sent.')
  }
}

/** One side's key pair and nonce, for one handshake. */
class KeyShare {
  /** @param {CryptoKey} secret @param {Uint8Array<ArrayBuffer>} said its point and nonce, as the other side gets them */
  constructor(secret, said) {
    this.secret = secret
    this.said = said
  }

  static async make() {
    const { privateKey, publicKey } = await crypto.subtle.generateKey(CURVE, false, ['deriveBits'])
    const point = new Uint8Array(await crypto.subtle.exportKey('raw', publicKey))
    return new KeyShare(privateKey, joined(point, crypto.getRandomValues(new Uint8Array(NONCE_BYTES))))
  }

  /**
   * What both know in the end. Throws HandshakeBroken when the other point is none, or our own come back.
   * @param {Uint8Array<ArrayBuffer>} other their point and nonce
   * @param {Uint8Array<ArrayBuffer>} transcript
   */
  async wrapping(other, transcript) {
    const [ours, theirs] = [this.said, other].map((said) => said.slice(0, POINT_BYTES))
    if (same(ours, theirs)) throw new HandshakeBroken()
    try {
      const point = await crypto.subtle.importKey('raw', theirs, CURVE, false, [])
      const shared = await crypto.subtle.deriveBits({ name: 'ECDH', public: point }, this.secret, 256)
      const material = await crypto.subtle.importKey('raw', shared, 'HKDF', false, ['deriveKey'])
      const info = joined(text('packetpost/1 wrap'), transcript)
      return await crypto.subtle.deriveKey({ name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(0), info }, material, { name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt'])
    } catch {
      throw new HandshakeBroken()
    }
  }
}

/** The receiver's side. Make one with `begin`; it takes one share and opens one secret. */
export class HandshakeReceiver {
  #code
  #half
  #commit
  /** @type {Uint8Array<ArrayBuffer> | null} */
  #share = null

  /** @param {string} code @param {KeyShare} half @param {Uint8Array<ArrayBuffer>} commit */
  constructor(code, half, commit) {
    this.#code = code
    this.#half = half
    this.#commit = commit
  }

  /** @param {string} code of the session, as it is shown */
  static async begin(code) {
    const half = await KeyShare.make()
    return new HandshakeReceiver(code, half, await sha256(half.said))
  }

  /** The value of `commit`. */
  get commit() {
    return toBase64url(this.#commit)
  }

  /** Whether a message answers this handshake, not one of an earlier page that still lay in the mailbox. @param {string} value */
  isAnswer(value) {
    return same(bytesOf(value).slice(0, COMMIT_BYTES), this.#commit)
  }

  /** What was taken is for good: 'none', 'this' very share, or 'another'. @param {string} value of `share` */
  took(value) {
    if (!this.#share) return 'none'
    return same(this.#share, bytesOf(value).slice(COMMIT_BYTES)) ? 'this' : 'another'
  }

  /**
   * Take the sender's share: the value of `reveal`. A second one would let whoever made it choose the words: HandshakeBroken.
   * @param {string} value of `share`
   */
  reveal(value) {
    const share = bytesOf(value).slice(COMMIT_BYTES)
    if (this.#share || share.length !== POINT_BYTES + NONCE_BYTES) throw new HandshakeBroken()
    this.#share = share
    return toBase64url(this.#half.said)
  }

  /**
   * Throws HandshakeBroken when it was not wrapped for us.
   * @param {string} value of `secret`
   * @returns {Promise<{ secret: string, words: string[] }>}
   */
  async open(value) {
    if (!this.#share) throw new HandshakeBroken()
    const transcript = await transcriptOf(this.#half.said, this.#share, this.#code)
    const key = await this.#half.wrapping(this.#share, transcript)
    const wrapped = bytesOf(value).slice(COMMIT_BYTES)
    try {
      const secret = await crypto.subtle.decrypt({ name: 'AES-GCM', iv: wrapped.slice(0, IV_BYTES) }, key, wrapped.slice(IV_BYTES))
      return { secret: toBase64url(new Uint8Array(secret)), words: wordsOf(transcript.slice(0, WORD_COUNT)) }
    } catch {
      throw new HandshakeBroken()
    }
  }
}

/** The sender's side, for one commit of one receiver. */
export class HandshakeSender {
  #code
  #half
  #commit

  /** @param {string} code @param {KeyShare} half @param {Uint8Array<ArrayBuffer>} commit */
  constructor(code, half, commit) {
    this.#code = code
    this.#half = half
    this.#commit = commit
  }

  /** Throws HandshakeBroken. @param {string} code @param {string} commit the value of `commit` */
  static async begin(code, commit) {
    const bytes = bytesOf(commit)
    if (bytes.length !== COMMIT_BYTES) throw new HandshakeBroken()
    return new HandshakeSender(code, await KeyShare.make(), bytes)
  }

  /** The value of `share`. */
  get share() {
    return toBase64url(joined(this.#commit, this.#half.said))
  }

  /**
   * The secret for whoever committed, and the words. Throws HandshakeBroken when that was another one.
   * @param {string} value of `reveal`
   * @param {string} secret
   * @returns {Promise<{ value: string, words: string[] }>} the value of `secret`
   */
  async give(value, secret) {
    const revealed = bytesOf(value)
    if (revealed.length !== POINT_BYTES + NONCE_BYTES || !same(await sha256(revealed), this.#commit)) throw new HandshakeBroken()
    const transcript = await transcriptOf(revealed, this.#half.said, this.#code)
    const key = await this.#half.wrapping(revealed, transcript)
    const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES))
    const wrapped = new Uint8Array(await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, key, fromBase64url(secret)))
    return { value: toBase64url(joined(this.#commit, iv, wrapped)), words: wordsOf(transcript.slice(0, WORD_COUNT)) }
  }
}

/** @param {Uint8Array} receivers @param {Uint8Array} senders @param {string} code */
function transcriptOf(receivers, senders, code) {
  return sha256(joined(text('packetpost/1 words'), receivers, senders, text(code)))
}

/** @param {Uint8Array<ArrayBuffer>} bytes */
async function sha256(bytes) {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
}

/** @param {string} value */
function bytesOf(value) {
  try {
    return fromBase64url(value)
  } catch {
    throw new HandshakeBroken()
  }
}

/** @param {string} value */
function text(value) {
  return new TextEncoder().encode(value)
}

/** @param {Uint8Array} one @param {Uint8Array} other */
function same(one, other) {
  return one.length === other.length && one.every((byte, at) => byte === other[at])
}

/** @param {Uint8Array[]} parts */
function joined(...parts) {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}
