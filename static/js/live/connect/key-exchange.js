/** Hands the session's secret from the sender to those who typed the code: carries the exchange over signals. Knows no page. */

import { Emitter } from '../../lib/emitter.js'
import { Condition } from '../../lib/condition.js'
import { CodeAnswerer, CodeAsker, WrongCode } from '../../crypto/code-exchange.js'
import { Keys } from '../../crypto/keys.js'
import { sessionOf } from '../../crypto/typed-code.js'
import { isOfSecret } from './signed-signals.js'

const SENDER = 0
// Each wrong code may be the guess of somebody who stands between: after so many the code is dead.
export const MOST_WRONG = 3
// A sender's reload in the middle needs a second start.
const MOST_STARTS = 3

/** @typedef {import('./signaling.js').Signaling} Signaling */
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

/**
 * The receiver's side: waits until the sender's page answers. Rejects with WrongCode.
 * @param {Signaling} signaling
 * @param {import('../../crypto/code-exchange.js').Typed} typed its half is '' where none was typed
 * @param {(hello: string, key: Uint8Array<ArrayBuffer>) => void} confirmed the other side has had its guess; the key is right if the code was
 * @param {AbortSignal} signal
 * @returns {Promise<Keys | null>} null when the sender sends plain
 */
export async function askForKeys(signaling, typed, confirmed, signal) {
  const inbox = new Inbox(signaling, signal)
  const send = (/** @type {string} */ step, /** @type {string} */ value) => signaling.send('key', { to: SENDER, step, value })
  if (!typed.half) return askWhetherPlain(send, inbox)
  for (let start = 0; start < MOST_STARTS; start += 1) {
    const got = await askOnce(await CodeAsker.begin({ ...typed, session: sessionOf(typed.session) }), send, inbox, confirmed)
    if (got !== 'again') return new Keys(got)
  }
  throw new WrongCode()
}

/**
 * Only the server's part was typed, which is all of a plain session's code.
 * @param {(step: string, value: string) => void} send
 * @param {Inbox} inbox
 * @returns {Promise<null>}
 */
async function askWhetherPlain(send, inbox) {
  send('hello', '')
  for (;;) {
    const { step } = await inbox.next()
    if (step === 'plain') return null
    if (step === 'wrong') throw new WrongCode()
  }
}

/**
 * @param {CodeAsker} asking
 * @param {(step: string, value: string) => void} send
 * @param {Inbox} inbox
 * @param {(hello: string, key: Uint8Array<ArrayBuffer>) => void} confirmed
 * @returns {Promise<string>} the secret, or 'again' when the sender's page was another one halfway
 */
async function askOnce(asking, send, inbox, confirmed) {
  let taken = ''
  send('hello', asking.hello)
  for (;;) {
    const { step, value = '' } = await inbox.next()
    if (step !== 'wrong' && !asking.isAnswer(value)) continue // to an earlier try
    if (step === 'wrong' || step === 'plain') throw new WrongCode() // who has a whole code was promised more than plain
    if (step === 'secret') return asking.open(value)
    if (step !== 'share' || value === taken) continue
    if (taken) return 'again'
    taken = value
    send('confirm', await asking.confirm(value))
    confirmed(asking.hello, asking.key)
  }
}

/** What the sender says about the key from now on, in its order: not what its mailbox kept from before this page. */
class Inbox {
  /** @type {SignalMessage[]} */
  #messages = []
  #arrived = new Condition()
  #signal

  /** @param {Signaling} signaling @param {AbortSignal} signal */
  constructor(signaling, signal) {
    this.#signal = signal
    const before = signaling.welcome?.n ?? -1
    signaling.listen({
      signal: (message) => {
        if (message.type !== 'key' || message.from !== SENDER || (message.n ?? Infinity) <= before) return
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
