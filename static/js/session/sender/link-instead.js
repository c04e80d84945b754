/** When a sender's session goes by a link instead, or by none, and what people read of it. Part of the session island. PROTOCOL.md, "Never stored". */

import { showAlert } from '../../lib/dom.js'
import { neverStores, onStoreChoice } from '../relay-choice.js'
import { FallBack } from './fall-back.js'
import { because, BECAUSE } from './status-text.js'

/** @typedef {import('./recipient.js').Recipient} Recipient */
/** @typedef {import('./status-text.js').Because} Because */
/**
 * recipients: all of them. missing: files that some of them still lack, of those that were chosen. keys: null in a plain session. busy: bytes move to somebody.
 * @typedef {{ recipients(): Recipient[], missing(): import('./fall-back.js').Numbered[], keys(): import('../../crypto/keys.js').Keys | null, busy(): boolean, show(): void }} Session
 */

const KEPT_HERE = 'Nothing was stored, as you chose. Try again, or untick “Never store the files on this server” to send by a link.'
const KEPT_THERE = 'Nothing was stored, as the other side chose. Try again, or let them untick “Never store the files on this server”.'
const KEPT_BY_SENDER = 'Nothing was stored, as the sender chose.'

export class LinkInstead {
  /** Why this page reaches nobody live, if it does not. @type {Because | null} */
  #cannot = null
  /** True while there is neither a way nor a link, since somebody wants nothing stored. */
  #kept = false
  /** Seats whose person wants nothing stored. @type {Set<number>} */
  #refusing = new Set()
  /** Seats that were told so. @type {Set<number>} */
  #answered = new Set()
  #root
  #view
  #signaling
  #session
  #fallBack

  /**
   * @param {HTMLElement} root
   * @param {import('../session-view.js').View} view
   * @param {import('../../live/connect/signaling.js').Signaling} signaling
   * @param {Session} session
   * @param {AbortSignal} signal
   */
  constructor(root, view, signaling, session, signal) {
    this.#root = root
    this.#view = view
    this.#signaling = signaling
    this.#session = session
    this.#fallBack = new FallBack(root, signal)
    this.#fallBack.listen({ wanted: () => this.#ask(), made: () => this.#noteLink(), refused: (sentence) => this.#noteNoLink(sentence) }, signal)
    onStoreChoice(root, () => this.look(), signal)
  }

  /** Whether live was given up for the link. */
  get decided() {
    return Boolean(this.#fallBack.reason)
  }

  /** Whether live was given up, and there is no link either. */
  get kept() {
    return this.#kept
  }

  /** There are files that a link could hold. */
  enable() {
    this.#fallBack.enable()
  }

  /** This page reaches nobody live. @param {Because} reason */
  giveUpLive(reason) {
    this.#cannot = reason
    this.look()
  }

  /** What a receiver says of storing. @param {number} seat @param {boolean} may @returns {boolean} whether that is new */
  noteWish(seat, may) {
    this.#answered.delete(seat) // whoever says something gets an answer
    if (this.#refusing.has(seat) !== may) return false
    if (may) this.#refusing.delete(seat)
    else this.#refusing.add(seat)
    this.look()
    return true
  }

  /** Decide by what is true now. Whoever receives well goes on; the link for the others is for when nobody does. */
  look() {
    const all = this.#session.recipients()
    if (all.some(({ peer }) => peer.well) || (this.#cannot === 'no-socket' && this.#signaling.up)) this.#cannot = null
    const stranded = all.filter(({ state }) => state === 'stranded')
    const kept = stranded.filter(({ seat }) => !this.#mayStore(seat))
    const [lacking] = [...stranded.filter((one) => !kept.includes(one)), ...kept]
    const reason = this.#session.missing().length ? lacking?.reason ?? this.#cannot : null
    const keeps = Boolean(reason) && (lacking ? kept.includes(lacking) : !this.#mayStore())
    if (keeps) this.#fallBack.withdraw()
    this.#noteKept(keeps && this.#fallBack.state === 'idle')
    if (!reason || this.#fallBack.state !== 'idle') return
    this.#answerKept(kept)
    if (keeps) this.#keep(reason)
    else this.#decide(reason)
  }

  /** @param {boolean} kept */
  #noteKept(kept) {
    if (this.#kept && !kept) this.#view.notice('')
    this.#kept = kept
  }

  /** Whether a link may be made for that seat, or where nobody sits for whoever comes. @param {number} [seat] */
  #mayStore(seat) {
    return !neverStores() && (seat === undefined ? !this.#refusing.size : !this.#refusing.has(seat))
  }

  /** @param {Because} reason */
  #decide(reason) {
    if (this.#session.busy()) return
    this.#fallBack.decide(reason)
    for (const { report } of this.#session.recipients()) report.tell('fell-back', reason)
    this.#view.status('fallback', `${this.#because(reason)} Sending by a link instead`)
    this.#view.route('link')
    this.#ask()
  }

  /** @param {Because} reason */
  #keep(reason) {
    this.#view.route('')
    this.#view.notice(`${this.#because(reason)} ${neverStores() ? KEPT_HERE : KEPT_THERE}`)
    this.#session.show()
  }

  /** Each hears once that there is neither a way nor a link. @param {Recipient[]} kept those without a way for whom nothing may be stored */
  #answerKept(kept) {
    const untold = kept.filter(({ seat }) => !this.#answered.has(seat))
    this.#answered = new Set(kept.map(({ seat }) => seat))
    for (const { seat, reason, report } of untold) {
      report.tell('failed', reason)
      // What gathers answers has its own words on each page.
      const why = reason.startsWith('gathered') ? BECAUSE['no-channel'] : BECAUSE[reason]
      this.#signaling.send('error', { to: seat, code: 'no-link', message: this.#refusing.has(seat) ? why : `${why} ${KEPT_BY_SENDER}` })
    }
  }

  /** What was decided while there was no way is looked at again: one came before the link. @param {Recipient} recipient */
  goOnLive({ peer }) {
    this.#fallBack.withdrawLate()
    if (!this.decided) this.#view.route(peer.route)
  }

  /** Live is tried once more. */
  forget() {
    this.#fallBack.forget()
    this.#cannot = null
    this.#kept = false
    this.#answered.clear()
  }

  /** In words; a plain session may not take the road that is there. @param {Because} reason */
  #because(reason) {
    return because(reason, !this.#session.keys() && Boolean(this.#root.dataset.roadUrl))
  }

  #ask() {
    this.#fallBack.ask(this.#session.missing(), this.#session.keys())
  }

  #noteLink() {
    const { reason } = this.#fallBack
    for (const { report } of this.#session.recipients()) report.tell('fell-back', 'asked') // unless it was told with its reason
    if (reason) showAlert(`${this.#because(reason)} Your files go by this link instead.`, 'live')
  }

  /** The server made none: say so on both sides. @param {string} sentence */
  #noteNoLink(sentence) {
    this.#view.route('')
    this.#view.notice(`${sentence} Try again when both of you are in the same network, or send less at once.`)
    for (const { seat } of this.#session.recipients()) this.#signaling.send('error', { to: seat, code: 'no-link', message: sentence })
    this.#session.show()
  }
}
