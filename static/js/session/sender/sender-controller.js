/** The sender's controller of a session: a recipient for each receiver. Part of the session island. */

import { ScreenWakeLock } from '../../lib/wake-lock.js'
import { showAlert, tell } from '../../lib/dom.js'
import { canGoLive } from '../../live/road/can-go-live.js'
import { allowedWays, followChoices } from '../relay-choice.js'
import { SenderKeys } from './sender-keys.js'
import { CANNOT_DECRYPT, CANNOT_DECRYPT_SAID, MEDDLING, REFUSALS, whatWasSeen } from '../session-keys.js'
import { askForAddress } from '../code-box.js'
import { LinkInstead } from './link-instead.js'
import { Recipient } from './recipient.js'
import { showReach } from './reach-line.js'
import { SlowPath } from '../../live/connect/slow-path.js'
import { showRecipients } from './show-recipients.js'

export class SenderController {
  /** @type {Chosen[]} */
  #chosen = []
  /** @type {Map<number, Recipient>} */
  #recipients = new Map()
  #root
  #view
  #signaling
  #signal
  #awake
  #slowPath
  #instead
  #keys

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
    this.#awake = new ScreenWakeLock(signal)
    this.#slowPath = new SlowPath(root.dataset.probeUrl ?? '', signal, (sentence) => view.notice(sentence))
    this.#keys = new SenderKeys(root, view)
    this.#instead = new LinkInstead(root, view, signaling, {
      recipients: () => this.#all,
      missing: () => this.#missing(),
      keys: () => this.#keys.keys,
      busy: () => this.busy,
      show: () => this.#show(),
    }, signal)
    this.#listen()
    showReach(view, signaling, () => Boolean(this.#keys.keys && allowedWays(root).roadUrl && !allowedWays(root).directOnly), signal)
    view.show('again', true)
  }

  /** The files and keys of a new session were handed over, if there were any. */
  async begin() {
    await this.#keys.find()
    if (this.#keys.missing) return this.#askForKey()
    // Who types has all the time that it takes.
    const told = { given: (/** @type {number} */ seat) => this.#recipients.get(seat)?.expect(), refused: (/** @type {number} */ seat) => this.#recipients.get(seat)?.wait() }
    this.#keys.begin(this.#signaling, told, this.#signal)
  }

  /** Whoever has no key says nothing to anybody: it would be taken for somebody's attack. */
  #askForKey() {
    this.#view.cover('whole-address', true)
    askForAddress(/** @type {HTMLFormElement} */ (this.#view.element('whole-address')), this.#root.dataset.code ?? '')
  }

  /** True while leaving the page would interrupt somebody. */
  get busy() {
    return !this.#instead.decided && this.#all.some(({ busy }) => busy)
  }

  get #all() {
    return [...this.#recipients.values()]
  }

  get #canGoLive() {
    return canGoLive(this.#keys.keys, allowedWays(this.#root))
  }

  #listen() {
    const signal = this.#signal
    this.#root.addEventListener('files:chosen', (event) => this.#acceptFiles(/** @type {CustomEvent<Handover>} */ (event).detail), { signal })
    this.#signaling.listen({
      welcome: ({ seats }) => {
        seats.forEach(({ seat, here }) => this.#present(seat, here))
        this.#instead.look()
      },
      joined: ({ seat }) => {
        tell(this.#root, 'session:changed')
        this.#present(seat, false)
      },
      present: ({ seat, here }) => this.#present(seat, here),
      left: ({ seat }) => this.#left(seat),
      down: () => this.#show(),
      signal: (message) => this.#hear(message),
    }, signal)
    this.#view.element('cancel').addEventListener('click', () => this.#all.forEach((recipient) => recipient.cancel()), { signal })
    this.#view.element('retry').addEventListener('click', () => this.#retry(), { signal })
    this.#view.element('close').addEventListener('submit', () => this.#all.forEach((recipient) => recipient.begun && recipient.cancel()), { signal })
    followChoices(this.#root, () => this.#all.map(({ peer }) => peer), signal)
    signal.addEventListener('abort', () => this.#all.forEach((recipient) => recipient.close()))
  }

  /** What is said over the server outside of connecting. @param {SignalMessage} message */
  #hear({ type, from = -1, webrtc, link, code }) {
    if (type === 'ready' && this.#keys.isExpected(from)) this.#noteReady(from, webrtc, link !== false)
    else if (type === 'error' && code === 'tampered') this.#recipients.get(from)?.distrust('tampered')
    else if (type === 'error' && code === 'gathered') this.#recipients.get(from)?.noteGathered('gathered-there')
    else if (type === 'error' && CANNOT_DECRYPT.includes(code ?? '')) this.#recipients.get(from)?.distrust('cannot-decrypt')
  }

  /** @param {number} from @param {boolean | undefined} webrtc @param {boolean} mayStore */
  #noteReady(from, webrtc, mayStore) {
    const recipient = this.#recipients.get(from)
    const changed = this.#instead.noteWish(from, mayStore)
    if (webrtc === false) recipient?.strand('no-webrtc')
    else if (!changed && this.#canGoLive) recipient?.retry()
    else this.#instead.look()
  }

  /** @param {Handover} handover */
  #acceptFiles(handover) {
    const { chosen } = handover
    this.#keys.accept(handover)
    if (this.#keys.missing) return
    this.#chosen = chosen
    this.#view.show('again', false)
    this.#view.rows(chosen.map(({ path, file }, n) => ({ n, path, size: file.size })))
    this.#instead.enable()
    for (const recipient of this.#all) recipient.serve(chosen)
    if (!this.#canGoLive) return this.#reachNobody()
    for (const recipient of this.#all) {
      if (this.#signaling.isHere(recipient.seat)) recipient.expect()
    }
    this.#show()
    this.#instead.look()
  }

  /** Neither straight nor by the road. */
  #reachNobody() {
    for (const recipient of this.#all) if (this.#signaling.isHere(recipient.seat)) recipient.strand('no-webrtc')
    this.#instead.giveUpLive('no-webrtc')
  }

  /** @param {number} seat @param {boolean} here */
  #present(seat, here) {
    if (this.#keys.missing || this.#instead.decided || !this.#keys.isExpected(seat)) return
    const recipient = this.#recipients.get(seat) ?? this.#meet(seat)
    if (this.#canGoLive) recipient.present(here)
    else if (here && this.#chosen.length) recipient.strand('no-webrtc')
    this.#show()
  }

  /** @param {number} seat */
  #meet(seat) {
    const recipient = new Recipient(seat, { signaling: this.#signaling, keys: this.#keys.keys, seatKeys: this.#keys.seatKeys(seat), ...allowedWays(this.#root) }, this.#signal)
    this.#recipients.set(seat, recipient)
    recipient.listen({
      change: () => this.#changed(recipient),
      progress: () => this.#noteProgress(recipient),
      route: () => this.#view.route(recipient.peer.route),
      asked: () => this.#asked(recipient),
      distrusted: () => this.#distrusted(recipient),
      fault: (sentence) => this.#view.fault(sentence),
      meddling: () => this.#view.warn(`${MEDDLING} ${whatWasSeen(recipient.seen)}`),
    })
    recipient.serve(this.#chosen)
    return recipient
  }

  /** @param {Recipient} recipient */
  #changed(recipient) {
    if (this.#recipients.get(recipient.seat) !== recipient) return
    if (recipient.peer.well && this.#instead.decided) this.#instead.goOnLive(recipient)
    this.#awake.keep(this.busy)
    if (!this.busy) this.#slowPath.end()
    this.#show()
    this.#instead.look()
  }

  /** @param {Recipient} recipient */
  #noteProgress(recipient) {
    if (recipient.report.due(performance.now())) this.#signaling.send('moving')
    this.#view.paintProgress(() => {
      if (!this.busy) return
      this.#show()
      this.#lookAtSpeed()
    })
  }

  /** A slow way is said for as long as it is one, and never left unasked. Where there is a road, it helps by itself. */
  #lookAtSpeed() {
    if (this.#keys.keys && this.#root.dataset.roadUrl) return
    const all = this.#all.filter(({ busy }) => busy).map(({ progress }) => progress)
    const left = Math.max(0, ...all.map((one) => (one ? one.total - one.done : 0)))
    this.#slowPath.look(this.#view.rate, left, performance.now())
  }

  /** The other side wants another try: it gets one, unless it was us who cancelled. @param {Recipient} recipient */
  #asked(recipient) {
    if (recipient.state === 'cancelled') recipient.again(this.#chosen)
    else this.#view.notice('The other side asks for the files again. Press "Try again" to send them.')
  }

  /** Said on both pages; they hear it over the same server, and may have found out themselves. @param {Recipient} recipient */
  #distrusted({ seat, state, seen }) {
    const tampered = state === 'tampered'
    this.#view.warn(tampered ? `${REFUSALS.tampered} ${whatWasSeen(seen)}` : REFUSALS['theirs-cannot-decrypt'])
    this.#signaling.send('error', { to: seat, code: tampered ? 'tampered' : CANNOT_DECRYPT_SAID.sender })
  }

  /** @param {number} seat */
  #left(seat) {
    this.#recipients.get(seat)?.close()
    this.#recipients.delete(seat)
    this.#instead.noteWish(seat, true)
    this.#show()
  }

  /** Begin anew with everybody who got nothing. */
  #retry() {
    if (this.#canGoLive) for (const recipient of this.#all) if (recipient.givenUp) recipient.again(this.#chosen)
    this.#instead.forget()
    this.#view.forgetNotices()
    if (!this.#canGoLive) this.#reachNobody()
    this.#show()
  }

  /** Files that some receiver still lacks. */
  #missing() {
    const saved = (/** @type {number} */ n) => this.#all.length > 0 && this.#all.every(({ progress }) => progress?.perFile[n].state === 'saved')
    return this.#chosen.map((one, n) => ({ ...one, n })).filter(({ n }) => !saved(n))
  }

  /** @param {string} sentence */
  over(sentence) {
    if (this.busy || this.#instead.decided) return // bytes go on without the server
    this.#view.notice(sentence)
    if (!this.#all.some(({ state }) => state === 'done')) this.#view.status('failed', 'This session is over')
  }

  unreachable() {
    if (this.busy) return
    if (this.#chosen.length) this.#instead.giveUpLive('no-socket')
    else showAlert('This page cannot keep a connection to the server, which live sending needs. Get a link instead.', 'live')
  }

  #show() {
    if (!this.#instead.decided) showRecipients(this.#view, this.#all, this.#chosen, this.#signaling.up, this.#instead.kept)
  }
}
