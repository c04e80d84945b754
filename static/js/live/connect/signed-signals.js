/** Signs what one seat says to another while they connect, and checks what comes back, by keys of that seat and try alone. PROTOCOL.md, "Signals". */

import { Emitter } from '../../lib/emitter.js'
import { fromBase64url, toBase64url } from '../../crypto/base64url.js'
import { derive } from '../../crypto/derive.js'

/** The signals that set a connection up, and what is offered over it; whoever changes them could stand in the middle of it. */
const SIGNED = ['offer', 'answer', 'ice-candidate', 'manifest']
const NONCE_BYTES = 16
const SENDER = 0

/**
 * What the keys between the sender and one receiver's seat are made of.
 * @typedef {object} SeatKeys
 * @property {string} session its code, as `sessionOf` gives it
 * @property {number} seat the receiver's
 * @property {() => string} nonce of a try that begins now; only receivers begin
 * @property {(nonce: string) => Promise<Uint8Array<ArrayBuffer> | null>} material of that try's keys; null: it is of no exchange that we know
 * @property {Promise<void>} [ready] nothing of the other side is looked at before
 */
/** @typedef {{ type: string, missing: boolean }} Seen of a signal that must not be used: missing where there was no mac at all */
/** @typedef {'holds' | 'late' | 'missing' | 'tampered'} Verdict `late`: of another try, or said before; nobody is to blame, and nobody must use it */

/** @returns {string} for a try whose keys are made of the secret */
export function newNonce() {
  return toBase64url(crypto.getRandomValues(new Uint8Array(NONCE_BYTES)))
}

/** Whether a try's keys are made of the secret, not of an exchange by code, whose nonce is longer. @param {string} nonce */
export function isOfSecret(nonce) {
  return fromBase64url(nonce).length === NONCE_BYTES
}

/** One side of one pair of seats. It signs one message after the other, and judges one after the other. */
export class Trust {
  #keys
  #own
  /** The try's. */
  #nonce = ''
  /** Those of tries before, which are over. */
  #spent = new Set()
  /** How much we said in this try, and the number of the last that we heard. */
  #sentCount = 0
  #takenCount = -1

  /**
   * @param {SeatKeys | null} keys null: the session is plain, and nothing is signed or checked
   * @param {number} own our seat
   */
  constructor(keys, own) {
    this.#keys = keys
    this.#own = own
  }

  /**
   * The fields with `nonce`, `count` and `mac`, where there are keys.
   * @param {string} type
   * @param {Record<string, unknown>} fields
   */
  async signed(type, fields) {
    if (!this.#keys || !SIGNED.includes(type)) return fields
    if (type === 'offer' && !fields.restart) this.#begin(this.#keys.nonce())
    const message = { ...fields, nonce: this.#nonce, count: this.#sentCount++ }
    const key = await this.#key(this.#nonce, this.#own)
    if (!key) throw new Error('This try has no keys.') // we began it, or took its offer
    return { ...message, mac: toBase64url(new Uint8Array(await crypto.subtle.sign('HMAC', key, this.#covered(type, this.#own, message)))) }
  }

  /** Whether the other seat said exactly that, in this try, for the first time. @param {SignalMessage} message @returns {Promise<Verdict>} */
  async judge(message) {
    if (!this.#keys || !SIGNED.includes(message.type)) return 'holds'
    const { type, nonce, count = -1, mac } = message
    if (!mac || !nonce) return 'missing'
    const begins = this.#own === SENDER && type === 'offer'
    if (this.#spent.has(nonce) || (nonce !== this.#nonce && !begins)) return 'late'
    const verdict = await this.#verify(message, nonce, mac)
    if (verdict !== 'holds') return verdict
    if (begins) this.#begin(nonce)
    if (nonce !== this.#nonce || count <= this.#takenCount) return 'late'
    this.#takenCount = count
    return 'holds'
  }

  /** @param {SignalMessage} message @param {string} nonce @param {string} mac @returns {Promise<Verdict>} */
  async #verify(message, nonce, mac) {
    try {
      const key = await this.#key(nonce, this.#other)
      if (!key) return 'late'
      return await crypto.subtle.verify('HMAC', key, fromBase64url(mac), this.#covered(message.type, this.#other, message)) ? 'holds' : 'tampered'
    } catch {
      return 'tampered' // no base64url
    }
  }

  get #other() {
    return this.#own === SENDER ? this.#keys?.seat ?? SENDER : SENDER
  }

  /** @param {string} nonce */
  #begin(nonce) {
    if (nonce === this.#nonce) return
    if (this.#nonce) this.#spent.add(this.#nonce)
    this.#nonce = nonce
    this.#sentCount = 0
    this.#takenCount = -1
  }

  /** Of all that one seat says in one try. @param {string} nonce @param {number} from */
  async #key(nonce, from) {
    const { session = '', seat = 0 } = this.#keys ?? {}
    const material = await this.#keys?.material(nonce)
    if (!material) return null
    const raw = await derive(material, `signals ${from === SENDER ? 'sender' : 'receiver'} ${session} ${seat} ${nonce}`, 32)
    return crypto.subtle.importKey('raw', raw, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign', 'verify'])
  }

  /**
   * @param {string} type
   * @param {number} from
   * @param {Record<string, any>} message
   */
  #covered(type, from, { count, try: attempt, restart = false, sdp, candidate, value, sdpMid = null, sdpMLineIndex = null }) {
    const to = from === this.#own ? this.#other : this.#own
    return new TextEncoder().encode(JSON.stringify([type, from, to, count, attempt, restart, sdp ?? candidate ?? value, sdpMid, sdpMLineIndex]))
  }
}

/**
 * What two seats say to each other, in its order: signed on its way out, checked before anybody here hears of it. Events: `signal` (SignalMessage of the
 * other seat that holds) and `tampered` ({type, missing: true where there was no mac at all}), which nobody must use.
 * @extends {Emitter<{ signal: SignalMessage, tampered: Seen }>}
 */
export class TrustedSignals extends Emitter {
  #signaling
  #trust
  #other
  #signal
  /** @type {Promise<void>} */
  #sending = Promise.resolve()
  /** @type {Promise<void>} */
  #checking

  /**
   * @param {import('./signaling.js').Signaling} signaling
   * @param {{ keys: SeatKeys | null, own: number, other: number }} who
   * @param {AbortSignal} signal
   */
  constructor(signaling, { keys, own, other }, signal) {
    super()
    this.#signaling = signaling
    this.#trust = new Trust(keys, own)
    this.#other = other
    this.#signal = signal
    this.#checking = keys?.ready ?? Promise.resolve()
    signaling.listen({
      signal: (message) => {
        if (message.from === other) this.#checking = this.#checking.then(() => this.#check(message))
      },
    }, signal)
  }

  /** @param {string} type @param {Record<string, unknown>} fields */
  send(type, fields) {
    this.#sending = this.#sending.then(async () => {
      const signed = await this.#trust.signed(type, fields)
      if (!this.#signal.aborted) this.#signaling.send(type, { to: this.#other, ...signed })
    })
  }

  /** @param {SignalMessage} message */
  async #check(message) {
    if (this.#signal.aborted) return
    const verdict = await this.#trust.judge(message)
    if (this.#signal.aborted || verdict === 'late') return
    if (verdict === 'holds') this.emit('signal', message)
    else this.emit('tampered', { type: message.type, missing: verdict === 'missing' })
  }
}
