/** Hands the session's secret from the sender to those who typed the code: carries the exchange over signals. Knows no page. */

import { Emitter } from '../../lib/emitter.js'
import { Condition } from '../../lib/condition.js'
import { CodeAnswerer, CodeAsker, WrongCode } from '../../crypto/code-exchange.js'
import { Keys } from '../../crypto/keys.js'

const SENDER = 0
// Each wrong code may be the guess of somebody who stands between: after so many the code is dead.
export const MOST_WRONG = 3
// A sender's reload in the middle needs a second start.
const MOST_STARTS = 3

/** @typedef {import('./signaling.js').Signaling} Signaling */
/** @typedef {{ half: string, wrong: number, given: number[] }} Code the sender's half, how often it was not met, and the seats that have the secret */

/**
 * The sender's side, for all receivers. Events: `given` ({seat}) and `wrong`.
 * @extends {Emitter<{ given: { seat: number }, wrong: void }>}
 */
export class KeyGiver extends Emitter {
  #signaling
  #session
  #keys
  #code
  /** The seats that this page saw join, and one exchange of each. @type {Map<number, CodeAnswerer | null>} */
  #seats = new Map()
  /** One message after the other. @type {Promise<void>} */
  #turn = Promise.resolve()

  /**
   * @param {Signaling} signaling
   * @param {{ session: string, keys: Keys | null, code: Code, maxReceivers: number }} about keys null: the session is plain, and whoever asks is told so
   * @param {AbortSignal} signal
   */
  constructor(signaling, { session, keys, code, maxReceivers }, signal) {
    super()
    this.#signaling = signaling
    this.#session = session
    this.#keys = keys
    this.#code = code
    const see = (/** @type {number} */ seat) => this.#seats.size < maxReceivers && !this.#seats.has(seat) && this.#seats.set(seat, null)
    signaling.listen({
      welcome: ({ seats }) => seats.forEach(({ seat }) => see(seat)),
      joined: ({ seat }) => see(seat),
      left: ({ seat }) => this.#seats.delete(seat),
      signal: (message) => {
        if (message.type === 'key') this.#turn = this.#turn.then(() => this.#receive(message))
      },
    }, signal)
  }

  /** @param {SignalMessage} message */
  async #receive({ from: seat = -1, step, value = '' }) {
    if (!this.#seats.has(seat)) return
    try {
      if (step === 'hello') await this.#answer(seat, value)
      else if (step === 'confirm') await this.#give(seat, value)
    } catch (error) {
      if (!(error instanceof WrongCode)) throw error
      this.#seats.set(seat, null)
      this.#code.wrong += 1
      this.#send(seat, 'wrong', '')
      this.emit('wrong')
    }
  }

  /** @param {number} seat @param {string} hello */
  async #answer(seat, hello) {
    if (!this.#keys) return this.#send(seat, 'plain', hello)
    if (!hello || this.#code.wrong >= MOST_WRONG || this.#code.given.includes(seat)) return this.#send(seat, 'wrong', hello)
    const known = this.#seats.get(seat)
    if (known?.isFor(hello)) return this.#send(seat, 'share', known.share) // heard again
    const answering = await CodeAnswerer.begin({ session: this.#session, seat, half: this.#code.half }, hello)
    this.#seats.set(seat, answering)
    this.#send(seat, 'share', answering.share)
  }

  /** @param {number} seat @param {string} value */
  async #give(seat, value) {
    const answering = this.#seats.get(seat)
    if (!this.#keys || !answering?.isConfirmed(value)) return // of an earlier page
    if (this.#code.wrong >= MOST_WRONG) return this.#send(seat, 'wrong', '')
    const wrapped = await answering.give(value, this.#keys.secret)
    this.#seats.set(seat, null)
    this.#code.given.push(seat)
    this.emit('given', { seat })
    this.#send(seat, 'secret', wrapped)
  }

  /** @param {number} to @param {string} step @param {string} value */
  #send(to, step, value) {
    this.#signaling.send('key', { to, step, value })
  }
}

/**
 * The receiver's side: waits until the sender's page answers. Rejects with WrongCode.
 * @param {Signaling} signaling
 * @param {import('../../crypto/code-exchange.js').Typed} typed its half is '' where none was typed
 * @param {AbortSignal} signal
 * @returns {Promise<Keys | null>} null when the sender sends plain
 */
export async function askForKeys(signaling, typed, signal) {
  const inbox = new Inbox(signaling, signal)
  for (let start = 0; start < MOST_STARTS; start += 1) {
    const got = await askOnce(typed.half ? await CodeAsker.begin(typed) : null, signaling, inbox)
    if (got === 'plain') return null
    if (got !== 'again') return new Keys(got)
  }
  throw new WrongCode()
}

/**
 * @param {CodeAsker | null} asking null: only whether the session is plain
 * @param {Signaling} signaling
 * @param {Inbox} inbox
 * @returns {Promise<string>} the secret, 'plain', or 'again' when the sender's page was another one halfway
 */
async function askOnce(asking, signaling, inbox) {
  const send = (/** @type {string} */ step, /** @type {string} */ value) => signaling.send('key', { to: SENDER, step, value })
  let confirmed = ''
  send('hello', asking?.hello ?? '')
  for (;;) {
    const { step, value = '' } = await inbox.next()
    if (step === 'wrong') throw new WrongCode()
    if (!asking || !asking.isAnswer(value)) {
      if (step === 'plain' && !asking) return 'plain'
      continue
    }
    if (step === 'plain') throw new WrongCode() // who has a whole code was promised more
    if (step === 'secret') return asking.open(value)
    if (step !== 'share' || value === confirmed) continue
    if (confirmed) return 'again'
    confirmed = value
    send('confirm', await asking.confirm(value))
  }
}

/** What the sender says about the key, in its order. */
class Inbox {
  /** @type {SignalMessage[]} */
  #messages = []
  #arrived = new Condition()
  #signal

  /** @param {Signaling} signaling @param {AbortSignal} signal */
  constructor(signaling, signal) {
    this.#signal = signal
    signaling.listen({
      signal: (message) => {
        if (message.type !== 'key' || message.from !== SENDER) return
        this.#messages.push(message)
        this.#arrived.notify()
      },
    }, signal)
  }

  /** @returns {Promise<SignalMessage>} */
  async next() {
    for (;;) {
      const message = this.#messages.shift()
      if (message) return message
      await this.#arrived.changed(this.#signal)
    }
  }
}
