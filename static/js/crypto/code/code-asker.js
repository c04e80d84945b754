/** The receiver's side of the exchange by code. Only cryptography. */

import { WrongCode } from '../../lib/errors.js'
import { toBase64url } from '../base64url.js'
import { bytesOf, IV_BYTES, keysOf, shareOf, wrapping } from './code-exchange.js'
import { joined, POINT_BYTES, same } from './cpace.js'

/** @typedef {import('./cpace.js').Share} Share */
/** @typedef {import('./code-exchange.js').Typed} Typed */

/** One try at a code. */
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
