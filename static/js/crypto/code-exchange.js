/**
 * The secret for who typed the code: both sides make a key from the half of the code that no server has, the receiver proves that it has the same,
 * and only then the sender wraps the secret. Only cryptography. PROTOCOL.md, "By code".
 */

import { fromBase64url, toBase64url } from './base64url.js'
import { derive } from './derive.js'
import { joined, lengths, POINT_BYTES, PointRefused, same, Share, text } from './cpace.js'

const TAG_BYTES = 32
const IV_BYTES = 12

/** @typedef {{ session: string, seat: number, half: string }} Typed the server's half, the receiver's seat, and the half that browsers keep to themselves */

/** The other side has another code, or somebody between the two has none. */
export class WrongCode extends Error {
  constructor() {
    super('That code is not right. Nothing was sent.')
  }
}

/** The receiver's side: one try at a code. */
export class CodeAsker {
  #share
  /** @type {Uint8Array<ArrayBuffer> | null} */
  #wrap = null
  /** What both sides have once the code was right; empty before the other side's share. @type {Uint8Array<ArrayBuffer>} */
  key = new Uint8Array(0)

  /** @param {Share} share */
  constructor(share) {
    this.#share = share
  }

  /** @param {Typed} typed */
  static async begin(typed) {
    return new CodeAsker(await shareOf(typed))
  }

  /** The value of `hello`. */
  get hello() {
    return toBase64url(this.#share.point)
  }

  /** Whether a message answers this try, not one of an earlier page that still lay in the mailbox. @param {string} value */
  isAnswer(value) {
    return same(bytesOf(value).slice(0, POINT_BYTES), this.#share.point)
  }

  /** Take the sender's share, once: the value of `confirm`. Throws WrongCode. @param {string} value of `share` */
  async confirm(value) {
    const theirs = bytesOf(value).slice(POINT_BYTES)
    if (this.#wrap) throw new WrongCode()
    const { key, tag, wrap } = await keysOf(() => this.#share.initiated(theirs))
    this.key = key
    this.#wrap = wrap
    return toBase64url(joined(theirs, tag))
  }

  /** That it opens proves the sender's code. Throws WrongCode. @param {string} value of `secret` */
  async open(value) {
    if (!this.#wrap) throw new WrongCode()
    const wrapped = bytesOf(value).slice(POINT_BYTES)
    try {
      const key = await wrapping(this.#wrap, 'decrypt')
      const secret = await crypto.subtle.decrypt({ name: 'AES-GCM', iv: wrapped.slice(0, IV_BYTES) }, key, wrapped.slice(IV_BYTES))
      return toBase64url(new Uint8Array(secret))
    } catch {
      throw new WrongCode()
    }
  }
}

/** The sender's side, for one try of one receiver. Whoever never confirms learns nothing, and whoever does has had one guess. */
export class CodeAnswerer {
  #share
  #hello
  #keys
  #asked = false

  /** @param {Share} share @param {Uint8Array<ArrayBuffer>} hello @param {Awaited<ReturnType<typeof keysOf>>} keys */
  constructor(share, hello, keys) {
    this.#share = share
    this.#hello = hello
    this.#keys = keys
  }

  /** Throws WrongCode when what they say is no point. @param {Typed} typed @param {string} hello */
  static async begin(typed, hello) {
    const [share, theirs] = [await shareOf(typed), bytesOf(hello)]
    return new CodeAnswerer(share, theirs, await keysOf(() => share.answered(theirs)))
  }

  /** What both sides have once the code was right. */
  get key() {
    return this.#keys.key
  }

  /** The value of `share`. */
  get share() {
    return toBase64url(joined(this.#hello, this.#share.point))
  }

  /** Whether it answers that very hello. @param {string} hello */
  isFor(hello) {
    return same(bytesOf(hello), this.#hello)
  }

  /** Whether a message confirms this try, not one that an earlier page answered. @param {string} value of `confirm` */
  isConfirmed(value) {
    return same(bytesOf(value).slice(0, POINT_BYTES), this.#share.point)
  }

  /**
   * The value of `secret`, for whoever has the code. Throws WrongCode, also at a second confirmation.
   * @param {string} value of `confirm`
   * @param {string} secret
   */
  async give(value, secret) {
    const said = bytesOf(value)
    const right = said.length === POINT_BYTES + TAG_BYTES && this.isConfirmed(value) && same(said.slice(POINT_BYTES), this.#keys.tag)
    if (this.#asked || !right) {
      this.#asked = true
      throw new WrongCode()
    }
    this.#asked = true
    const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES))
    const wrapped = await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, await wrapping(this.#keys.wrap, 'encrypt'), fromBase64url(secret))
    return toBase64url(joined(this.#hello, iv, new Uint8Array(wrapped)))
  }
}

/** @param {Typed} typed */
function shareOf({ session, seat, half }) {
  const channel = lengths(text('packetpost/1 receiver'), text(String(seat)), text('packetpost/1 sender'))
  return Share.make({ password: text(half), channel, sid: text(session) })
}

/** Throws WrongCode. @param {() => Uint8Array<ArrayBuffer>} agree */
async function keysOf(agree) {
  try {
    const key = agree()
    return { key, tag: await derive(key, 'code confirm', TAG_BYTES), wrap: await derive(key, 'code wrap', 32) }
  } catch (error) {
    if (error instanceof PointRefused) throw new WrongCode()
    throw error
  }
}

/** @param {Uint8Array<ArrayBuffer>} raw @param {KeyUsage} use */
function wrapping(raw, use) {
  return crypto.subtle.importKey('raw', raw, 'AES-GCM', false, [use])
}

/** @param {string} value */
function bytesOf(value) {
  try {
    return fromBase64url(value)
  } catch {
    throw new WrongCode()
  }
}
