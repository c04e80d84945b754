/** The sender's code: its half that no server has, shown, given up after wrong guesses and made anew; and the secret for who typed it. Part of the session and card islands. */

import { keepCode, keptCode } from '../../crypto/key-store.js'
import { canHaveHalf, newHalf } from '../../crypto/code/typed-code.js'
import { isSeat, KeyGiver, MOST_WRONG } from '../../live/connect/give-keys.js'

// Three guesses at each, and what receivers' pages allow (receiver-keys.js), are at most 111 of 2^25.
const MOST_CODES = 5

/** @typedef {import('../../live/connect/give-keys.js').Code} Code */
/** @typedef {Code & { maxReceivers: number }} KeptCode with how many receivers the person chose, whatever the server says */
/** @typedef {Pick<import('../session-view.js').View, 'element' | 'show' | 'notice'>} CodeView has parts `shown-code` and `new-code` */
/** @typedef {{ given(seat: number): void, refused(seat: number): void }} Told who has the secret now, and who has not */

/** @param {Code} code */
function isDead({ wrong }) {
  return wrong >= MOST_WRONG
}

/** What the sender reads when a code was not right. @param {Code} code */
function wrongCode(code) {
  if (!isDead(code)) return 'Somebody typed a wrong code. Nothing was sent to them.'
  if (code.made < MOST_CODES) return 'Somebody typed a wrong code three times, so it is valid no more. Make a new one below.'
  return 'Wrong codes were typed too often: somebody may be guessing. Send the whole address instead.'
}

export class SenderCode {
  #session
  #view
  /** @type {KeptCode} */
  #code
  /** @type {KeyGiver | null} */
  #giver = null

  /** @param {string} session its code, as the server shows it @param {number} maxReceivers @param {CodeView} view */
  constructor(session, maxReceivers, view) {
    this.#session = session
    this.#view = view
    this.#code = keptCode(session) ?? { half: newHalf(), made: 1, wrong: 0, given: [], maxReceivers }
  }

  /** @param {number} receivers as many as the person chose */
  expect(receivers) {
    this.#code.maxReceivers = receivers
  }

  /** Whether the person means to send to so many. @param {number} seat */
  isExpected(seat) {
    return isSeat(seat, this.#code.maxReceivers)
  }

  /** What signals of that seat are signed with; null in a plain session. @param {number} seat */
  seatKeys(seat) {
    return this.#giver?.seatKeys(seat) ?? null
  }

  /**
   * From now on those who typed the code are given the secret.
   * @param {import('../../live/connect/signaling.js').Signaling} signaling
   * @param {import('../../crypto/keys.js').Keys | null} keys null: the session is plain
   * @param {Told} told
   * @param {AbortSignal} signal
   */
  begin(signaling, keys, told, signal) {
    const show = () => this.#show(Boolean(keys))
    this.#giver = new KeyGiver(signaling, { session: this.#session, keys, code: this.#code, maxReceivers: this.#code.maxReceivers }, signal)
    this.#giver.listen({
      given: ({ seat }) => {
        show()
        told.given(seat)
      },
      refused: ({ seat, counted }) => {
        told.refused(seat)
        if (!counted) return
        show()
        this.#view.notice(wrongCode(this.#code))
      },
    }, signal)
    this.#view.element('new-code').addEventListener('click', () => {
      Object.assign(this.#code, { half: newHalf(), made: this.#code.made + 1, wrong: 0 })
      this.#view.notice('')
      show()
    }, { signal })
    show()
  }

  /** @param {boolean} sealed */
  #show(sealed) {
    keepCode(this.#session, this.#code)
    const whole = sealed && canHaveHalf(this.#session)
    this.#view.element('shown-code').textContent = whole ? `${this.#session}-${this.#code.half}` : this.#session
    this.#view.show('new-code', isDead(this.#code) && this.#code.made < MOST_CODES)
  }
}
