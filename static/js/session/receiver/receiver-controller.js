/** The receiver's controller of a session: what is coming, saving it, and the link's page when live cannot be. Part of the session island. */

import { afterSwap, wantEntry } from '../../lib/dom.js'
import { ScreenWakeLock } from '../../lib/wake-lock.js'
import { AttemptReport } from '../../live/connect/attempt-report.js'
import { Receiver } from '../../live/receive/receiver.js'
import { followChoices } from '../relay-choice.js'
import { CANNOT_DECRYPT, MEDDLING, whatWasSeen } from '../session-keys.js'
import { ReceiverKeys } from './receiver-keys.js'
import { Offer } from './offer-form.js'
import { Interruption, SaveLocation } from './save-location.js'
import { showReceived } from './received-rows.js'
import { nextState, receiverSummary, shownIn } from './receiver-states.js'
import { linkIn, turnIntoLink } from './become-link.js'
import { GatheredAnswers } from './gathered-answers.js'
import { LateLink } from './late-link.js'
import { LinkInstead } from './link-instead.js'
import { WayToSender } from './way-to-sender.js'
import { warmSink } from '../../sinks/open-sink.js'

const SENDER = 0

export class ReceiverController {
  /** @type {Receiver | null} */
  #receiver = null
  /** @type {import('./receiver-states.js').ReceiverState} */
  #state = 'waiting'
  /** Why the session is over, once it is. */
  #over = ''
  #report = new AttemptReport()
  #location = new SaveLocation()
  #keys
  #instead
  #lateLink
  #way
  #gathered
  #offer
  #root
  #view
  #signaling
  #signal
  #awake
  #interruption

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
    this.#interruption = new Interruption(root.dataset.code ?? '')
    this.#offer = new Offer(view, this.#location, { open: () => this.#state === 'offered', accept: (wanted) => this.#accept(wanted) }, signal)
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
      met: (peer) => this.#receive(peer),
      none: () => this.#instead.ask(),
      refused: (how) => this.#distrust(how),
      open: () => {
        this.#report.opened()
        this.#instead.forget()
        this.#show()
      },
      change: () => this.#show(),
      lost: () => this.#endAlone(),
      tampered: (seen) => this.#distrust('tampered', seen),
      route: (route) => this.#view.route(route),
    }, signal)
    this.#view.element('cancel').addEventListener('click', () => this.#receiver?.cancel('The receiver cancelled.'), { signal })
    this.#view.element('retry').addEventListener('click', () => this.#retry(), { signal })
    this.#view.element('close').addEventListener('submit', () => this.busy && this.#receiver?.cancel('The receiver left.'), { signal })
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
    const receiver = this.#receiver
    this.#receiver = null
    receiver?.cancel()
    this.#interruption.end()
    this.#state = nextState(this.#state, 'withdraw')
  }

  /** @param {import('../../live/road/either-way.js').EitherWay} peer */
  #receive(peer) {
    const receiver = new Receiver(peer, this.#location.sinks(this.#root.dataset.code ?? ''), this.#keys.keys)
    this.#receiver = receiver
    const ours = () => receiver === this.#receiver
    receiver.listen({
      manifest: (files) => ours() && this.#offered(files),
      progress: () => ours() && this.#noteProgress(),
      saved: () => ours() && this.#show(),
      failed: () => ours() && this.#show(),
      done: () => ours() && this.#done(),
      cancelled: ({ by }) => ours() && this.#cancelled(peer, by),
    }, this.#signal)
  }

  /** It is over, but the sender may offer again over the same way. @param {import('../../live/road/either-way.js').EitherWay} peer @param {'us' | 'other'} by */
  #cancelled(peer, by) {
    this.#interruption.end()
    this.#location.giveUp()
    this.#become(by === 'us' ? 'cancel-here' : 'cancel-there')
    for (const { n, state } of this.#receiver?.progress.perFile ?? []) if (state !== 'saved') this.#view.row(n, 'waiting', 'not saved')
    if (by === 'us' && !peer.met) peer.close() // or the way that is being made would bring the offer again
    else this.#receive(peer)
  }

  /** What was not offered before. @param {FileProgress[]} files */
  async #offered(files) {
    const weighed = this.#offer.begin(files, this.#interruption.sentence)
    this.#become('offer')
    await weighed
  }

  /** @param {FileProgress[]} wanted */
  #accept(wanted) {
    this.#interruption.begin()
    wantEntry('link').catch(() => undefined) // while there is a network; tried again when it is needed
    this.#receiver?.accept(wanted.map(({ n }) => n))
    this.#become('accept')
  }

  #noteProgress() {
    this.#report.noteProgress(this.#receiver?.progress.done ?? 0)
    if (this.#report.due(performance.now())) this.#signaling.send('moving')
    this.#view.paintProgress(() => this.busy && this.#show())
  }

  #done() {
    const failed = this.#receiver?.progress.perFile.some(({ state }) => state === 'failed')
    if (!failed) this.#interruption.end()
    this.#become(failed ? 'fail' : 'finish')
  }

  /** Another tab has the seat: what the browser keeps is let go of, for that tab to go on with. Anything else stays open here, in case the seat comes back. */
  #giveWay() {
    this.#awake.keep(false)
    if (!this.busy || !this.#peer || !this.#location.keeps) return
    this.#receiver?.release()
    this.#receive(this.#peer)
    this.#become('withdraw')
  }

  #retry() {
    this.#instead.again()
    if (this.#state === 'offered' || this.#state === 'receiving') return // its peer goes on looking for a way
    const failed = this.#state === 'incomplete' ? this.#receiver?.progress.perFile.filter(({ state }) => state === 'failed') : null
    if (failed) return void this.#acceptAgain(failed)
    this.#state = nextState(this.#state, 'retry')
    this.#view.forgetNotices()
    this.#way.again()
  }

  /** Files that failed, on from their last good block where their sink still has it; those of a zip in a new one. @param {FileProgress[]} failed */
  async #acceptAgain(failed) {
    try {
      if (this.#location.archive) await this.#location.zip(failed)
    } catch (error) {
      return this.#view.notice(/** @type {Error} */ (error).message)
    }
    for (const { n } of failed) this.#view.row(n, 'waiting', '')
    this.#receiver?.accept(failed.map(({ n }) => n))
    this.#become('accept')
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
    this.#interruption.end()
    this.#awake.keep(false)
    this.#peer?.close()
    this.#showControls()
    await this.#instead.wanted()
    this.#view.status('fallback', 'The files come by a link now')
    const left = (await this.#receiver?.leave()) ?? []
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
    if (this.busy) this.#receiver?.cancel()
    this.#view.notice(this.#over)
    this.#show()
  }

  unreachable() {
    if ((this.busy && this.#peer?.met) || this.#state === 'link') return
    this.#instead.askWithoutSocket()
  }

  #show() {
    if (this.#state === 'link' || this.#lateLink.show()) return
    const progress = this.#receiver?.progress ?? null
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
