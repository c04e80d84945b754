/** The receiver's controller of a session: what is coming, saving it, and the link's page when live cannot be. Part of the session island. */

import { afterSwap } from '../../lib/dom.js'
import { ScreenWakeLock } from '../../lib/wake-lock.js'
import { followChoices } from '../relay-choice.js'
import { CANNOT_DECRYPT, MEDDLING, whatWasSeen } from '../session-keys.js'
import { ReceiverKeys } from './receiver-keys.js'
import { Offer } from './offer-form.js'
import { SaveLocation } from './save-location.js'
import { showReceived } from './received-rows.js'
import { nextState, receiverSummary, shownIn } from './receiver-states.js'
import { linkIn, turnIntoLink } from './become-link.js'
import { GatheredAnswers } from './gathered-answers.js'
import { LateLink } from './late-link.js'
import { LinkInstead } from './link-instead.js'
import { Transfer } from './transfer.js'
import { WayToSender } from './way-to-sender.js'
import { warmSink } from '../../sinks/open-sink.js'

const SENDER = 0

export class ReceiverController {
  /** @type {import('./receiver-states.js').ReceiverState} */
  #state = 'waiting'
  /** Why the session is over, once it is. */
  #over = ''
  #location = new SaveLocation()
  #keys
  #instead
  #lateLink
  #way
  #gathered
  #transfer
  #offer
  #root
  #view
  #signaling
  #signal
  #awake

  /**
   * @param {HTMLElement} root
   * @param {import('../session-view.js').View} view
   * @param {import('../../live/connect/signaling.js').Signaling} signaling
   * @param {AbortSignal} signal
   */
  constructor(root, view, signaling, signal) {
    this.#root = root
    this.#view = view
    this.#signaling = signaling
    this.#signal = signal
    this.#keys = new ReceiverKeys(root, view, signaling, signal)
    this.#instead = new LinkInstead(root, view, signaling, () => this.#show(), signal)
    this.#lateLink = new LateLink(root, view, signaling, this.#keys, () => this.#instead.wanted())
    this.#way = new WayToSender(root, signaling, this.#keys, this.#lateLink, signal)
    this.#gathered = new GatheredAnswers(view, signaling, this.#way, signal)
    this.#awake = new ScreenWakeLock(signal)
    this.#transfer = new Transfer(root.dataset.code ?? '', view, signaling, this.#location, signal)
    this.#offer = new Offer(view, this.#location, { open: () => this.#state === 'offered', accept: (wanted) => this.#transfer.accept(wanted) }, signal)
    this.#listen()
  }

  begin() {
    if (!this.#lateLink.open()) warmSink()
  }

  get #peer() {
    return this.#way.peer
  }

  /** True while leaving the page would lose something. */
  get busy() {
    return this.#state === 'receiving'
  }

  #listen() {
    const signal = this.#signal
    this.#signaling.listen({
      welcome: ({ link }) => {
        this.#way.begin()
        this.#becomeLink(link)
      },
      present: () => this.#show(),
      down: () => this.#show(),
      link: ({ url }) => this.#becomeLink(url),
      elsewhere: () => this.#giveWay(),
      signal: (message) => this.#hear(message),
    }, signal)
    this.#way.listen({
      met: (peer) => this.#transfer.receive(peer, this.#keys.keys),
      none: () => this.#instead.ask(),
      refused: (how) => this.#distrust(how),
      open: () => {
        this.#transfer.opened()
        this.#instead.forget()
        this.#show()
      },
      change: () => this.#show(),
      lost: () => this.#endAlone(),
      tampered: (seen) => this.#distrust('tampered', seen),
      route: (route) => this.#view.route(route),
    }, signal)
    this.#transfer.listen({
      offered: (files) => this.#offered(files),
      progress: () => this.#view.paintProgress(() => this.busy && this.#show()),
      change: () => this.#show(),
      become: (event) => this.#become(event),
    }, signal)
    this.#view.element('cancel').addEventListener('click', () => this.#transfer.cancel('The receiver cancelled.'), { signal })
    this.#view.element('retry').addEventListener('click', () => this.#retry(), { signal })
    this.#view.element('close').addEventListener('submit', () => this.busy && this.#transfer.cancel('The receiver left.'), { signal })
    followChoices(this.#root, () => [this.#peer], signal)
    // Where no socket can be opened, the link shows up in the part of the page that counts down.
    afterSwap(() => this.#becomeLink(linkIn(this.#root)), signal)
  }

  /** @param {SignalMessage} message */
  #hear({ type, code, message = '' }) {
    if (type === 'ready') this.#noteTry()
    if (type !== 'error') return
    if (code === 'tampered') this.#distrust('tampered')
    // Who has the keys signed everything: somebody took it away.
    else if (CANNOT_DECRYPT.includes(code ?? '')) this.#distrust(this.#keys.keys ? 'tampered' : 'cannot-decrypt')
    else if (code === 'no-link' && !(this.busy && this.#peer?.open)) this.#instead.noteNone(message)
  }

  /** The sender's page tries once more. */
  #noteTry() {
    this.#instead.noteTry()
    if (this.#state === 'stopped' && !this.#peer?.met) this.#retry() // we cancelled before there was a way
  }

  /** Say on both pages why there is no way. Whoever had one goes on: it was made by what could be believed. @param {'tampered' | 'cannot-decrypt' | 'guessed'} how @param {import('../../live/connect/signed-signals.js').Seen | null} [seen] */
  #distrust(how, seen) {
    if (this.#state === how || this.#state === 'link') return
    if (!this.#peer?.met) this.#withdraw()
    if (this.#peer?.met || this.#state !== 'waiting') return this.#view.warn(`${MEDDLING} ${whatWasSeen(seen)}`)
    this.#peer?.close()
    this.#keys.refuse(how, seen)
    this.#become(how)
  }

  /** What was offered ahead of a way is not to be had: nothing stays of it. The other side hears why, not that somebody cancelled. */
  #withdraw() {
    this.#peer?.close()
    this.#transfer.drop()
    this.#state = nextState(this.#state, 'withdraw')
  }

  /** What was not offered before. @param {FileProgress[]} files */
  async #offered(files) {
    const weighed = this.#offer.begin(files, this.#transfer.lost)
    this.#become('offer')
    await weighed
  }

  /** Another tab has the seat: what the browser keeps is let go of, for that tab to go on with. Anything else stays open here, in case the seat comes back. */
  #giveWay() {
    this.#awake.keep(false)
    if (!this.busy || !this.#peer || !this.#location.keeps) return
    this.#transfer.release(this.#peer, this.#keys.keys)
    this.#become('withdraw')
  }

  #retry() {
    this.#instead.again()
    if (this.#state === 'offered' || this.#state === 'receiving') return // its peer goes on looking for a way
    if (this.#state === 'incomplete') return void this.#transfer.acceptAgain()
    this.#state = nextState(this.#state, 'retry')
    this.#view.forgetNotices()
    this.#way.again()
  }

  /** @param {import('./receiver-states.js').ReceiverEvent} event */
  #become(event) {
    this.#state = nextState(this.#state, event)
    this.#awake.keep(this.busy)
    this.#show()
  }

  /** The sender sends by a link now: show its page in this one, and start what can be started. @param {string | null} [url] */
  async #becomeLink(url) {
    if (!url || this.#state === 'done' || this.#state === 'link' || this.#lateLink.waits(url)) return
    this.#state = nextState(this.#state, 'link')
    this.#transfer.settle()
    this.#awake.keep(false)
    this.#peer?.close()
    this.#showControls()
    await this.#instead.wanted()
    this.#view.status('fallback', 'The files come by a link now')
    const left = await this.#transfer.leave()
    await turnIntoLink(this.#root, url, this.#keys.keys, left, this.#location.archive)
    this.#gathered.explainLink()
  }

  /** @param {string} sentence */
  over(sentence) {
    this.#over = sentence
    if (!this.#lateLink.end(sentence)) this.#endAlone()
  }

  /** A session that is over ends here too, once no bytes come without the server. */
  #endAlone() {
    if (!this.#over || this.#state === 'link' || (this.busy && this.#peer?.open)) return this.#show()
    if (this.busy) this.#transfer.cancel()
    this.#view.notice(this.#over)
    this.#show()
  }

  unreachable() {
    if ((this.busy && this.#peer?.met) || this.#state === 'link') return
    this.#instead.askWithoutSocket()
  }

  #show() {
    if (this.#state === 'link' || this.#lateLink.show()) return
    const { progress } = this.#transfer
    const now = { over: Boolean(this.#over), online: this.#signaling.up, here: this.#signaling.isHere(SENDER), open: Boolean(this.#peer?.well), met: Boolean(this.#peer?.met), progress, stuck: this.#stuck }
    this.#view.status(...receiverSummary(this.#state, now))
    const rows = this.#showControls()
    if (progress?.perFile.length && rows) showReceived(this.#view, progress)
  }

  /** @returns {boolean} whether rows are shown */
  #showControls() {
    this.#offer.show()
    const { rows, ...parts } = shownIn(this.#state, Boolean(this.#over), this.#stuck)
    for (const [name, on] of Object.entries(parts)) this.#view.show(name, on)
    return rows
  }

  get #stuck() {
    return this.#instead.missing && !this.#peer?.well
  }
}
