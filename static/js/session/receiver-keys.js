/** What a receiver's page does about its keys: finds them, asks for the code where it was not right, and refuses to go on where it must. Part of the session island. */

import { WrongCode } from '../crypto/code-exchange.js'
import { canSeal } from '../crypto/keys.js'
import { keepKeys } from '../crypto/key-store.js'
import { secretInAddress } from '../crypto/secret-address.js'
import { askForKeys } from '../live/connect/key-exchange.js'
import { askForHalf, keepTyped, typedHalf } from './code-box.js'
import { CANNOT_DECRYPT_SAID, keysHere, Refusal, REFUSALS } from './session-keys.js'

const SENDER = 0

/** @typedef {import('../crypto/keys.js').Keys} Keys */

export class ReceiverKeys {
  /** Null while unknown, and in a plain session. @type {Keys | null} */
  keys = null
  /** Whether a code was typed that was not right. */
  #typed = false
  #root
  #view
  #signaling
  #signal

  /**
   * @param {HTMLElement} root
   * @param {import('./session-view.js').View} view
   * @param {import('../live/connect/signaling.js').Signaling} signaling
   * @param {AbortSignal} signal
   */
  constructor(root, view, signaling, signal) {
    this.#root = root
    this.#view = view
    this.#signaling = signaling
    this.#signal = signal
  }

  get #session() {
    return this.#root.dataset.code ?? ''
  }

  /** Those of the address, of the tab, or of the sender's page by the code, which is asked for until it is right. Rejects with Refusal where there must be no connection. */
  async find() {
    this.keys = await this.#look()
    this.#view.protection(this.keys ? 'sealed' : 'plain')
  }

  /** @returns {Promise<Keys | null>} null: the session is plain */
  async #look() {
    if (!canSeal()) {
      if (secretInAddress()) throw new Refusal('cannot-decrypt')
      return null
    }
    return keysHere(this.#session) ?? this.#ask()
  }

  /** @returns {Promise<Keys | null>} */
  async #ask() {
    const half = typedHalf(this.#session)
    keepTyped(this.#session, '') // it is tried once
    try {
      const keys = await askForKeys(this.#signaling, { session: this.#session, seat: Number(this.#root.dataset.seat), half }, this.#signal)
      if (keys) keepKeys(this.#session, keys)
      return keys
    } catch (error) {
      if (!(error instanceof WrongCode)) throw error
      this.#typed ||= Boolean(half)
      await this.#askForCode(error)
      return this.#ask()
    }
  }

  /** It was wrong, or only its first half was typed. @param {WrongCode} wrong */
  async #askForCode(wrong) {
    this.#view.notice(this.#typed ? wrong.message : 'Type the whole code, as the sender\'s page shows it.')
    await askForHalf(/** @type {HTMLFormElement} */ (this.#view.element('code-half')), this.#session)
    this.#view.notice('')
  }

  /** Say on both pages why there is no way. @param {'tampered' | 'cannot-decrypt'} how */
  refuse(how) {
    this.#view.notice(REFUSALS[how])
    this.#signaling.send('error', { to: SENDER, code: how === 'tampered' ? how : CANNOT_DECRYPT_SAID.receiver })
  }
}
