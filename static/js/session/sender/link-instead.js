/** When a sender's session goes by a link instead, and what people read of it. Part of the session island. */

import { showAlert } from '../../lib/dom.js'
import { FallBack } from './fall-back.js'
import { because } from './status-text.js'

/** @typedef {import('./recipient.js').Recipient} Recipient */
/** @typedef {import('./status-text.js').Because} Because */
/**
 * recipients: all of them. missing: files that some of them still lack, of those that were chosen. keys: null in a plain session. busy: bytes move to somebody.
 * @typedef {{ recipients(): Recipient[], missing(): import('./fall-back.js').Numbered[], keys(): import('../../crypto/keys.js').Keys | null, busy(): boolean, show(): void }} Session
 */

export class LinkInstead {
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
  }

  /** Whether live was given up for the link. */
  get decided() {
    return Boolean(this.#fallBack.reason)
  }

  /** There are files that a link could hold. */
  enable() {
    this.#fallBack.enable()
  }

  /** Whoever receives well goes on; the link for the others is for when nobody does. */
  helpStranded() {
    const stranded = this.#session.recipients().find(({ state }) => state === 'stranded')
    if (stranded && this.#fallBack.state === 'idle') this.giveUpLive(stranded.reason)
  }

  /** @param {Because} reason */
  giveUpLive(reason) {
    if (this.decided || this.#session.busy() || !this.#session.missing().length) return
    this.#fallBack.decide(reason)
    for (const { report } of this.#session.recipients()) report.tell('fell-back', reason)
    this.#view.status('fallback', `${this.#because(reason)} Sending by a link instead`)
    this.#view.route('link')
    this.#ask()
  }

  /** What was decided while there was no way is looked at again: one came before the link. @param {Recipient} recipient */
  goOnLive({ peer }) {
    this.#fallBack.withdraw()
    if (!this.decided) this.#view.route(peer.route)
  }

  /** Live is tried once more. */
  forget() {
    this.#fallBack.forget()
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
