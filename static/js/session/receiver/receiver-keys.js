/** What a receiver's page does about its keys: finds them, asks for the code where it was not right, and refuses to go on where it must. Part of the session island. */

import { WrongCode } from '../../lib/errors.js'
import { wantPart } from '../../lib/late-parts.js'
import { canSeal } from '../../crypto/keys.js'
import { keepGuesses, keepKeys, keptGuesses } from '../../crypto/key-store.js'
import { sessionOf } from '../../crypto/code/typed-code.js'
import { keepTyped, typedHalf } from '../../crypto/code/typed-halves.js'
import { newNonce } from '../../live/connect/signed-signals.js'
import { askForHalf } from '../code-box.js'
import { CANNOT_DECRYPT_SAID, isPromisedSealed, keysHere, MIXED_UP, Refusal, REFUSALS, whatWasSeen } from '../session-keys.js'

const SENDER = 0
// Milliseconds until a part of the page that could not be loaded is asked for again.
const LOAD_AGAIN = 2_000
// Whoever plays the sender has a guess at each: two codes, three times. With sender-code.js' at most 111 of 2^25 for 16 receivers.
const MOST_GUESSES = 6
const SAID_PLAIN = 'This session is end-to-end encrypted, and somebody said to this page that it is not. Nothing was received. Type the whole code, as the sender\'s page shows it, or paste the whole address.'

/** @typedef {import('../../crypto/keys.js').Keys} Keys */
/** @typedef {{ hello: string, key: Uint8Array<ArrayBuffer> }} Exchange what a code was made into before the secret came */
/** @typedef {{ confirmed(): unknown, wrong(): void }} Progress of a code: signals can be signed now; it was not right */

export class ReceiverKeys {
  /** Null while unknown, and in a plain session. @type {Keys | null} */
  keys = null
  /** @type {Exchange | null} */
  #exchange = null
  #finding = false
  /** Whether a code was typed that was not right. */
  #typed = false
  /** Until the page can use what the sender says. */
  #hold = () => {}
  /** @type {Promise<void>} */
  #ready = new Promise((resolve) => { this.#hold = resolve })
  #root
  #view
  #signaling
  #signal

  /**
   * @param {HTMLElement} root
   * @param {import('../session-view.js').View} view
   * @param {import('../../live/connect/signaling.js').Signaling} signaling
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

  /**
   * Those of the address, of the tab, or of the sender's page by the code, which is asked for until it is right. Rejects with Refusal where there must be no connection.
   * @param {Progress} progress
   */
  async find(progress) {
    this.#finding = true
    try {
      this.keys = await this.#look(progress)
    } finally {
      this.#finding = false
    }
    this.#view.protection(this.keys)
  }

  /** From now on what the sender says is looked at. */
  release() {
    this.#hold()
  }

  /** What signals are signed with; null in a plain session. @returns {import('../../live/connect/signed-signals.js').SeatKeys | null} */
  get seatKeys() {
    if (!this.keys && !this.#exchange) return null
    return {
      session: sessionOf(this.#session),
      seat: Number(this.#root.dataset.seat),
      ready: this.#ready,
      // By the exchange until the secret is here; a sender's page that was reloaded knows nothing of it any more.
      nonce: () => (this.keys || !this.#exchange ? newNonce() : this.#exchange.hello),
      material: async (nonce) => (nonce === this.#exchange?.hello ? this.#exchange.key : this.keys?.material ?? null),
    }
  }

  /** Whether they were promised and are not here yet: somebody may still type them, or be answered. */
  get pending() {
    return this.#finding && (isPromisedSealed(this.#session) || Boolean(typedHalf(sessionOf(this.#session))))
  }

  /** Nobody answers for them: let something else be typed, where that is not asked for already. @returns {Promise<void> | null} when something was typed */
  askAgain() {
    return this.#form.hidden ? askForHalf(this.#form, this.#session) : null
  }

  get #form() {
    return /** @type {HTMLFormElement} */ (this.#view.element('code-half'))
  }

  /** @param {Progress} progress @returns {Promise<Keys | null>} null: the session is plain */
  async #look(progress) {
    if (!canSeal()) {
      if (isPromisedSealed(this.#session)) throw new Refusal('cannot-decrypt')
      return null
    }
    return keysHere(this.#session) ?? this.#ask(progress)
  }

  /** @param {Progress} progress @returns {Promise<Keys | null>} */
  async #ask(progress) {
    if (keptGuesses(this.#session) >= MOST_GUESSES) throw new Refusal('guessed')
    const half = typedHalf(sessionOf(this.#session))
    const askForKeys = await askingByCode()
    try {
      const keys = await askForKeys(this.#signaling, { session: this.#session, seat: Number(this.#root.dataset.seat), half }, (hello, key) => {
        keepGuesses(this.#session, keptGuesses(this.#session) + 1)
        this.#exchange = { hello, key }
        progress.confirmed()
      }, this.#signal)
      keepTyped(sessionOf(this.#session), '')
      if (keys) keepKeys(this.#session, keys)
      if (keys || !isPromisedSealed(this.#session)) return keys
      await this.#askForCode(SAID_PLAIN)
    } catch (error) {
      if (!(error instanceof WrongCode)) throw error
      keepTyped(sessionOf(this.#session), '')
      progress.wrong()
      this.#typed ||= Boolean(half)
      await this.#askForCode(this.#typed ? error.message : 'Type the whole code, as the sender\'s page shows it, or paste the whole address.')
    }
    return this.#look(progress)
  }

  /** It was wrong, or only its first half was typed. @param {string} why */
  async #askForCode(why) {
    if (keptGuesses(this.#session) >= MOST_GUESSES) return
    this.#view.notice(why)
    await askForHalf(this.#form, this.#session)
    this.#view.notice('')
  }

  /** Say on both pages why there is no way. @param {'tampered' | 'cannot-decrypt' | 'guessed'} how @param {import('../../live/connect/signed-signals.js').Seen | null} [seen] */
  refuse(how, seen) {
    const mixedUp = seen ? '' : MIXED_UP.receiver
    this.#view.warn(how === 'tampered' ? `${REFUSALS[how]} ${whatWasSeen(seen)} ${mixedUp}` : REFUSALS[how])
    if (how !== 'guessed') this.#signaling.send('error', { to: SENDER, code: how === 'tampered' ? how : CANNOT_DECRYPT_SAID.receiver })
  }
}

/** Who opens the whole address needs none of it, so it is asked for; without a network again. @returns {Promise<typeof import('../../live/connect/ask-for-keys.js').askForKeys>} */
async function askingByCode() {
  for (;;) {
    try {
      return await wantPart('code')
    } catch {
      await new Promise((resolve) => setTimeout(resolve, LOAD_AGAIN))
    }
  }
}
