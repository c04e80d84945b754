/** The sender's side of the exchange by code, over signals: gives the session's secret to those who typed the code. Knows no page. */

import { Emitter } from '../../lib/emitter.js'
import { CodeAnswerer } from '../../crypto/code/code-answerer.js'
import { WrongCode } from '../../lib/errors.js'
import { sessionOf } from '../../crypto/code/typed-code.js'
import { isOfSecret } from './signed-signals.js'

// Each wrong code may be the guess of somebody who stands between: after so many the code is dead.
export const MOST_WRONG = 3

/** @typedef {import('./signaling.js').Signaling} Signaling */
/** @typedef {import('../../crypto/keys.js').Keys} Keys */
/** @typedef {import('./signed-signals.js').SeatKeys} SeatKeys */
/** @typedef {{ half: string, made: number, wrong: number, given: number[] }} Code the sender's half, the how manyth it is, how often it was not met, and the seats that have the secret */
/** @typedef {{ answering: CodeAnswerer, hello: string, met: boolean }} Exchange the last of a seat, and whether its code was right */

/**
 * The sender's side, for all receivers. Events: `given` ({seat}) and `refused` ({seat, counted: whether that was a guess at the code}).
 * @extends {Emitter<{ given: { seat: number }, refused: { seat: number, counted: boolean } }>}
 */
export class KeyGiver extends Emitter {
  #signaling
  #session
  #keys
  #code
  #maxReceivers
  /** The seats that this page saw join. @type {Map<number, Exchange | null>} */
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
    this.#session = sessionOf(session)
    this.#keys = keys
    this.#code = code
    this.#maxReceivers = maxReceivers
    signaling.listen({
      welcome: ({ seats }) => seats.forEach(({ seat, here }) => this.#see(seat, here)),
      joined: ({ seat }) => this.#see(seat, true),
      present: ({ seat, here }) => this.#see(seat, here),
      left: ({ seat }) => this.#forget(seat),
      signal: (message) => {
        if (message.type === 'key') this.#turn = this.#turn.then(() => this.#receive(message))
      },
    }, signal)
  }

  /** What signals of that seat are signed with; null in a plain session. @param {number} seat @returns {SeatKeys | null} */
  seatKeys(seat) {
    const keys = this.#keys
    if (!keys) return null
    return {
      session: this.#session,
      seat,
      nonce: () => { throw new Error('Only receivers begin.') },
      material: async (nonce) => (isOfSecret(nonce) ? keys.material : this.#exchanged(seat, nonce)),
    }
  }

  /** @param {number} seat @param {string} hello */
  async #exchanged(seat, hello) {
    await this.#turn // its confirmation stands before what it signs
    const exchange = this.#seats.get(seat)
    return exchange?.met && exchange.hello === hello ? exchange.answering.key : null
  }

  /** @param {number} seat @param {boolean} here */
  #see(seat, here) {
    if (!isSeat(seat, this.#maxReceivers)) return
    if (!this.#seats.has(seat)) this.#seats.set(seat, null)
    // Another page on that seat may have lost what this one was given.
    if (!here) this.#code.given = this.#code.given.filter((given) => given !== seat)
  }

  /** @param {number} seat */
  #forget(seat) {
    this.#see(seat, false)
    this.#seats.delete(seat)
  }

  /** @param {SignalMessage} message */
  async #receive({ from: seat = -1, step, value = '' }) {
    if (!this.#seats.has(seat)) return
    try {
      if (step === 'hello') await this.#answer(seat, value)
      else if (step === 'confirm') await this.#give(seat, value)
    } catch (error) {
      if (!(error instanceof WrongCode)) throw error
      const hello = this.#seats.get(seat)?.hello ?? value
      this.#seats.set(seat, null)
      this.#code.wrong += 1
      this.#refuse(seat, hello, true)
    }
  }

  /** @param {number} seat @param {string} hello */
  async #answer(seat, hello) {
    if (!this.#keys) return this.#send(seat, 'plain', hello)
    const known = this.#seats.get(seat)
    if (known?.answering.isFor(hello)) return known.met ? undefined : this.#send(seat, 'share', known.answering.share) // heard again
    if (!hello || this.#code.wrong >= MOST_WRONG || this.#code.given.includes(seat)) return this.#refuse(seat, hello)
    const answering = await CodeAnswerer.begin({ session: this.#session, seat, half: this.#code.half }, hello)
    this.#seats.set(seat, { answering, hello, met: false })
    this.#send(seat, 'share', answering.share)
  }

  /** @param {number} seat @param {string} value */
  async #give(seat, value) {
    const exchange = this.#seats.get(seat)
    if (!this.#keys || !exchange || exchange.met || !exchange.answering.isConfirmed(value)) return // of an earlier page, or heard again
    if (this.#code.wrong >= MOST_WRONG) return this.#refuse(seat, exchange.hello)
    const wrapped = await exchange.answering.give(value, this.#keys.secret)
    exchange.met = true
    this.#code.given.push(seat)
    this.emit('given', { seat })
    this.#send(seat, 'secret', wrapped)
  }

  /** @param {number} seat @param {string} hello @param {boolean} [counted] */
  #refuse(seat, hello, counted = false) {
    this.#send(seat, 'wrong', hello)
    this.emit('refused', { seat, counted })
  }

  /** @param {number} to @param {string} step @param {string} value */
  #send(to, step, value) {
    this.#signaling.send('key', { to, step, value })
  }
}

/** Whether a receiver may sit there: seats are numbered from 1. @param {number} seat @param {number} maxReceivers */
export function isSeat(seat, maxReceivers) {
  return Number.isInteger(seat) && seat >= 1 && seat <= maxReceivers
}
