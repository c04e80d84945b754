/** Signs what one seat says to another while they connect, and checks what comes back, by the session's keys. PROTOCOL.md, "Signals". */

import { Emitter } from '../../lib/emitter.js'
import { fromBase64url, toBase64url } from '../../crypto/base64url.js'

/** The signals that set a connection up, and what is offered over it; whoever changes them could stand in the middle of it. */
const SIGNED = ['offer', 'answer', 'ice-candidate', 'manifest']

/** @typedef {import('../../crypto/keys.js').Keys} Keys */

export class Trust {
  #key
  #own
  #other

  /**
   * @param {Keys | null} keys null: the session is plain, and nothing is signed or checked
   * @param {number} own our seat
   * @param {number} other theirs
   */
  constructor(keys, own, other) {
    this.#key = keys?.signals() ?? null
    this.#own = own
    this.#other = other
  }

  /**
   * The fields with their `mac`, where there are keys.
   * @param {string} type
   * @param {Record<string, unknown>} fields
   */
  async signed(type, fields) {
    if (!this.#key || !SIGNED.includes(type)) return fields
    const mac = await crypto.subtle.sign('HMAC', await this.#key, covered(type, this.#own, this.#other, fields))
    return { ...fields, mac: toBase64url(new Uint8Array(mac)) }
  }

  /**
   * Whether the other seat said exactly that.
   * @param {SignalMessage} message
   */
  async holds(message) {
    if (!this.#key || !SIGNED.includes(message.type)) return true
    try {
      const mac = fromBase64url(message.mac ?? '')
      return await crypto.subtle.verify('HMAC', await this.#key, mac, covered(message.type, this.#other, this.#own, message))
    } catch {
      return false
    }
  }
}

/**
 * What two seats say to each other, in its order: signed on its way out, checked before anybody here hears of it. Events: `signal` (SignalMessage of the
 * other seat that holds) and `tampered` ({missing: true where there was no mac at all}), which nobody must use.
 * @extends {Emitter<{ signal: SignalMessage, tampered: { missing: boolean } }>}
 */
export class TrustedSignals extends Emitter {
  #signaling
  #trust
  #other
  /** @type {Promise<void>} */
  #sending = Promise.resolve()
  /** @type {Promise<void>} */
  #checking = Promise.resolve()

  /**
   * @param {import('./signaling.js').Signaling} signaling
   * @param {{ keys: Keys | null, own: number, other: number }} who
   * @param {AbortSignal} signal
   */
  constructor(signaling, { keys, own, other }, signal) {
    super()
    this.#signaling = signaling
    this.#trust = new Trust(keys, own, other)
    this.#other = other
    signaling.listen({
      signal: (message) => {
        if (message.from === other) this.#checking = this.#checking.then(() => this.#check(message, signal))
      },
    }, signal)
  }

  /** @param {string} type @param {Record<string, unknown>} fields */
  send(type, fields) {
    this.#sending = this.#sending.then(async () => this.#signaling.send(type, { to: this.#other, ...(await this.#trust.signed(type, fields)) }))
  }

  /** @param {SignalMessage} message @param {AbortSignal} signal */
  async #check(message, signal) {
    const holds = await this.#trust.holds(message)
    if (signal.aborted) return
    if (holds) this.emit('signal', message)
    else this.emit('tampered', { missing: message.mac === undefined })
  }
}

/**
 * @param {string} type
 * @param {number} from
 * @param {number} to
 * @param {Record<string, any>} message
 */
function covered(type, from, to, { try: attempt, restart = false, sdp, candidate, value, sdpMid = null, sdpMLineIndex = null }) {
  return new TextEncoder().encode(JSON.stringify([type, from, to, attempt, restart, sdp ?? candidate ?? value, sdpMid, sdpMLineIndex]))
}
