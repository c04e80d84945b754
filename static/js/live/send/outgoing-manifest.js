/** What a sender offers, in both forms: over the way when there is one, and ahead of it over the server. PROTOCOL.md, "The manifest ahead". */

import { sealContents } from '../../crypto/sealed-names.js'
import { splitManifest } from '../connect/control-messages.js'

/** The server relays a sealed list of so many characters. */
const MOST_AHEAD = 12_000
// An offer that must be answered is said again after so long: what goes over a way that just breaks may be lost. Milliseconds.
const ANSWERED_WITHIN = 15_000

export class OutgoingManifest {
  /** True while the receiver is asked anew what it wants: it has more than was acknowledged. */
  asking = false
  #entries
  #keys
  #timer = 0

  /**
   * Throws a sentence where there are too many files.
   * @param {import('../../crypto/sealed-names.js').Entry[]} entries
   * @param {import('../../crypto/keys.js').Keys | null} keys null: the session is plain
   */
  constructor(entries, keys) {
    this.#entries = entries
    this.#keys = keys
    this.messages()
  }

  /**
   * Say it over a channel, and again until it is answered, if it asks.
   * @param {(message: Control) => void} send
   * @param {boolean} asks
   */
  offer(send, asks) {
    clearTimeout(this.#timer)
    this.asking = asks
    for (const message of this.messages()) send(message)
    if (asks) this.#timer = setTimeout(() => this.offer(send, asks), ANSWERED_WITHIN)
  }

  /** The receiver has said what it wants, or wants nothing more. */
  end() {
    clearTimeout(this.#timer)
    this.asking = false
  }

  /** For a channel, in parts. @returns {Control[]} */
  messages() {
    return splitManifest(this.#entries, this.#keys !== null)
  }

  /** For a signal; null where the session is plain, or the list too long for one. @returns {Promise<string | null>} base64url */
  async ahead() {
    const sealed = this.#keys && (await sealContents(this.#keys, this.#entries, 'manifest'))
    return sealed && sealed.length <= MOST_AHEAD ? sealed : null
  }
}
