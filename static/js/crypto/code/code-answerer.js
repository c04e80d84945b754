/** The sender's side of the exchange by code. Only cryptography. */

import { WrongCode } from '../../lib/errors.js'
import { fromBase64url, toBase64url } from '../base64url.js'
import { bytesOf, IV_BYTES, keysOf, shareOf, TAG_BYTES, wrapping } from './code-exchange.js'
import { joined, POINT_BYTES, same } from './cpace.js'

/** @typedef {import('./cpace.js').Share} Share */
/** @typedef {import('./code-exchange.js').Typed} Typed */

/** One try of one receiver. Whoever never confirms learns nothing, and whoever does has had one guess. */
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
