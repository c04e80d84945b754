/** Hands the session's secret from the sender to those who typed the code: carries the handshake over signals. Knows no page. */

import { Emitter } from '../../lib/emitter.js'
import { Condition } from '../../lib/condition.js'
import { HandshakeReceiver, HandshakeBroken, HandshakeSender } from '../../crypto/sas-handshake.js'
import { keepWords, keptWords } from '../../crypto/key-store.js'
import { Keys } from '../../crypto/keys.js'

const SENDER = 0
// Each start is another try for whoever stands between; a sender's reload in the middle needs one.
const MOST_STARTS = 3
const MOST_COMMITS = 64

/** @typedef {import('./signaling.js').Signaling} Signaling */
/** @typedef {{ commit: string, sharing: HandshakeSender | null, words: string[] }} Given sharing: null when the secret was given */

/**
 * The sender's side, for all receivers. Events: `words` ({seat, words}) and `broken` ({seat}).
 * @extends {Emitter<{ words: { seat: number, words: string[] }, broken: { seat: number } }>}
 */
export class KeyGiver extends Emitter {
  #signaling
  #code
  #keys
  /** @type {Map<number, Given>} */
  #given
  #commits = 0
  /** One message after the other. @type {Promise<void>} */
  #turn = Promise.resolve()

  /**
   * @param {Signaling} signaling
   * @param {string} code
   * @param {Keys | null} keys null: the session is plain, and whoever asks is told so
   * @param {AbortSignal} signal
   */
  constructor(signaling, code, keys, signal) {
    super()
    this.#signaling = signaling
    this.#code = code
    this.#keys = keys
    // After a reload the mailbox says again what was said before it; it must not end in other words.
    this.#given = new Map(keptWords(code) ?? [])
    signaling.listen({
      signal: (message) => {
        if (message.type === 'key') this.#turn = this.#turn.then(() => this.#receive(message))
      },
    }, signal)
  }

  /** The words of those who were given the secret. @returns {[number, string[]][]} */
  get all() {
    return [...this.#given].map(([seat, { words }]) => [seat, words])
  }

  /** @param {SignalMessage} message */
  async #receive({ from: seat = -1, step, value = '' }) {
    try {
      if (step === 'commit') await this.#share(seat, value)
      else if (step === 'reveal') await this.#give(seat, value)
    } catch (error) {
      if (!(error instanceof HandshakeBroken)) throw error
      this.#given.delete(seat)
      this.emit('broken', { seat })
    }
  }

  /** @param {number} seat @param {string} commit */
  async #share(seat, commit) {
    if (!this.#keys) return this.#send(seat, 'plain', commit)
    const known = this.#given.get(seat)
    if (known?.commit === commit) return known.sharing ? this.#send(seat, 'share', known.sharing.share) : undefined
    this.#commits += 1
    if (this.#commits > MOST_COMMITS) throw new HandshakeBroken()
    const sharing = await HandshakeSender.begin(this.#code, commit)
    this.#given.set(seat, { commit, sharing, words: [] })
    this.#send(seat, 'share', sharing.share)
  }

  /** @param {number} seat @param {string} value */
  async #give(seat, value) {
    const known = this.#given.get(seat)
    if (!this.#keys || !known?.sharing) return // it was given, or asked for by an earlier page
    const { value: wrapped, words } = await known.sharing.give(value, this.#keys.secret)
    this.#given.set(seat, { commit: known.commit, sharing: null, words })
    keepWords(this.#code, [...this.#given].filter(([, { sharing }]) => !sharing))
    this.#send(seat, 'secret', wrapped)
    this.emit('words', { seat, words })
  }

  /** @param {number} to @param {string} step @param {string} value */
  #send(to, step, value) {
    this.#signaling.send('key', { to, step, value })
  }
}

/**
 * The receiver's side: waits until the sender's page answers. Rejects with HandshakeBroken when somebody stands between.
 * @param {Signaling} signaling
 * @param {string} code
 * @param {AbortSignal} signal
 * @returns {Promise<{ keys: Keys, words: string[] } | null>} null when the sender sends plain
 */
export async function askForKeys(signaling, code, signal) {
  const inbox = new Inbox(signaling, signal)
  for (let start = 0; start < MOST_STARTS; start += 1) {
    const got = await askOnce(await HandshakeReceiver.begin(code), signaling, inbox)
    if (got === 'plain') return null
    if (got !== 'again') return { keys: new Keys(got.secret), words: got.words }
  }
  throw new HandshakeBroken()
}

/**
 * @param {HandshakeReceiver} asking
 * @param {Signaling} signaling
 * @param {Inbox} inbox
 * @returns {Promise<{ secret: string, words: string[] } | 'plain' | 'again'>} 'again' when the sender's page was another one halfway
 */
async function askOnce(asking, signaling, inbox) {
  const send = (/** @type {string} */ step, /** @type {string} */ value) => signaling.send('key', { to: SENDER, step, value })
  send('commit', asking.commit)
  for (;;) {
    const { step, value = '' } = await inbox.next()
    if (!asking.isAnswer(value)) continue
    const took = step === 'share' ? asking.took(value) : ''
    if (step === 'plain') return 'plain'
    if (step === 'secret') return asking.open(value)
    if (took === 'another') return 'again'
    if (took === 'none') send('reveal', asking.reveal(value))
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
