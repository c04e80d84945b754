/** The receiver's side of the exchange by code, over signals: asks the sender for the session's secret. Knows no page. */

import { Condition } from '../../lib/condition.js'
import { CodeAsker } from '../../crypto/code/code-asker.js'
import { WrongCode } from '../../lib/errors.js'
import { Keys } from '../../crypto/keys.js'
import { sessionOf } from '../../crypto/code/typed-code.js'

const SENDER = 0
// A sender's reload in the middle needs a second start.
const MOST_STARTS = 3

/** @typedef {import('./signaling.js').Signaling} Signaling */

/**
 * The receiver's side: waits until the sender's page answers. Rejects with WrongCode.
 * @param {Signaling} signaling
 * @param {import('../../crypto/code/code-exchange.js').Typed} typed its half is '' where none was typed
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
    // Who had no second half is refused without a value: that may be an earlier try's, before there is a share of this one.
    const ours = step === 'wrong' ? value || taken : asking.isAnswer(value)
    if (!ours) continue
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
