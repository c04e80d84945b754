/** One receiver, as the sender's page has to do with it: the way there, the transfer over it, and how long to wait for a way. */

import { Emitter } from '../../lib/emitter.js'
import { AttemptReport, reasonFor } from '../../live/connect/attempt-report.js'
import { EitherWay } from '../../live/road/either-way.js'
import { Sender } from '../../live/send/sender.js'

// No open channel this long after both are there, or none again this long after one broke: a link instead. Milliseconds.
const CONNECT_WITHIN = 12_000
const RESTORE_WITHIN = 20_000
// That somebody gathers answers is what they saw some time ago: it counts where there is no way so much later.
const LOOK_AGAIN = 3_000

/**
 * `stranded`: no way was found in time. `incomplete`: over, but some files failed. `cancelled`: by them, `stopped`: by us.
 * `tampered`: what they say is changed on its way. `cannot-decrypt`: their page cannot open what is sealed.
 * @typedef {'connecting' | 'connected' | 'transferring' | 'restoring' | 'stranded' | 'done' | 'incomplete' | 'refused' | 'cancelled' | 'stopped' | 'tampered' | 'cannot-decrypt'} RecipientState
 */

/** @type {RecipientState[]} */
const WAITING = ['connecting', 'restoring', 'stranded']
/** @type {RecipientState[]} */
const DOUBTED = ['connecting', 'stranded', 'cannot-decrypt']
/** @type {RecipientState[]} */
const GIVEN_UP = ['stranded', 'refused', 'cancelled', 'stopped', 'tampered', 'cannot-decrypt']

/**
 * Events: `change`, `progress` (bytes were written there), `route` (`peer.route` has changed), `asked` (they want another try), `distrusted`, `meddling` (the same while there is a way, or was one), `fault` (what their page did that ended the transfer).
 * @extends {Emitter<{ change: void, progress: void, route: void, asked: void, distrusted: void, meddling: void, fault: string }>}
 */
export class Recipient extends Emitter {
  /** @type {RecipientState} */
  state = 'connecting'
  /** @type {Sender | null} */
  sender = null
  /** @type {'no-channel' | 'lost' | 'no-webrtc' | import('../gathered.js').Gathered} why it is stranded, if it is */
  reason = 'no-channel'
  report = new AttemptReport()
  /** The last signal that could not be believed. @type {import('../../live/connect/signed-signals.js').Seen | null} */
  seen = null
  #signaling
  #signal
  #keys
  #timer = 0
  /** Where somebody gathers the server's answers, as far as is known. @type {import('../gathered.js').Gathered | ''} */
  #gathered = ''
  /** @type {RecipientState} what it was before its way broke */
  #before = 'connected'

  /**
   * @param {number} seat
   * @param {Omit<import('../../live/road/either-way.js').WayOptions, 'seat' | 'keys'> & { keys: import('../../crypto/keys.js').Keys | null, seatKeys: import('../../live/connect/signed-signals.js').SeatKeys | null }} way
   * @param {AbortSignal} signal of the page
   */
  constructor(seat, { signaling, keys, seatKeys, ...way }, signal) {
    super()
    this.seat = seat
    this.#signaling = signaling
    this.#signal = signal
    this.#keys = keys
    this.peer = new EitherWay({ ...way, signaling, seat, keys: seatKeys })
    this.peer.openRoad(keys)
    this.peer.listen({
      open: () => this.#opened(),
      shaky: () => this.#broke(),
      lost: () => this.#broke(),
      steady: () => WAITING.includes(this.state) && this.#become(this.#before),
      tampered: (seen) => {
        this.seen = seen
        this.distrust(seen.missing ? 'cannot-decrypt' : 'tampered')
      },
      'no-road': () => this.#noWay(),
      // With files to offer, the transfer hears of it, and ends.
      fault: ({ message }) => this.sender || this.#cancelled({ by: 'us', reason: message, fault: true }),
      gathered: () => {
        if (this.#gathered !== 'gathered' && signaling.up) signaling.send('error', { to: seat, code: 'gathered' })
        this.noteGathered('gathered')
      },
      route: () => this.emit('route'),
    }, signal)
    signaling.listen({ elsewhere: () => clearTimeout(this.#timer) }, signal)
  }

  /** True while bytes move to this receiver. */
  get busy() {
    return this.state === 'transferring'
  }

  /** True from accepting to the end, whether there is a way just now or not. */
  get begun() {
    return this.busy || this.state === 'restoring'
  }

  /** What can be tried again by hand. */
  get givenUp() {
    return GIVEN_UP.includes(this.state)
  }

  get progress() {
    return this.sender?.progress ?? null
  }

  /** Begin to offer the files, if that has not begun. @param {Chosen[]} chosen */
  serve(chosen) {
    if (this.sender || !chosen.length) return
    const sender = new Sender(this.peer, chosen, this.#keys)
    this.sender = sender
    const ours = () => sender === this.sender
    sender.listen({
      accepted: () => ours() && this.#become('transferring'),
      refused: () => ours() && this.#become('refused'),
      progress: () => ours() && this.#noteProgress(),
      verified: () => ours() && this.emit('change'),
      failed: () => ours() && this.emit('change'),
      done: () => ours() && this.#done(),
      cancelled: (how) => ours() && this.#cancelled(how),
    }, this.#signal)
  }

  /**
   * What they say cannot be believed, so there is no way to them. Whoever had one goes on: it was made by what could be believed.
   * @param {'tampered' | 'cannot-decrypt'} how
   */
  distrust(how) {
    if (this.state === how) return
    if (this.peer.open || !DOUBTED.includes(this.state)) return this.emit('meddling')
    clearTimeout(this.#timer)
    this.report.tell('failed', how === 'tampered' ? 'tampered' : 'other')
    this.#become(how)
    this.emit('distrusted')
  }

  /** The receiver's page is there, or not. @param {boolean} here */
  present(here) {
    if (here) this.expect()
    else this.wait()
  }

  /** They cannot come before somebody did something. */
  wait() {
    clearTimeout(this.#timer)
  }

  /** True while nothing leads there, and their page is closed or has no connection to the server. */
  get away() {
    return !this.peer.well && WAITING.includes(this.state) && !this.#signaling.isHere(this.seat)
  }

  /** From now on a channel must open in time. */
  expect() {
    this.#within(CONNECT_WITHIN)
  }

  /** @param {number} pause */
  #within(pause) {
    clearTimeout(this.#timer)
    if (this.peer.well || this.away || this.#signaling.elsewhere || !WAITING.includes(this.state)) return
    // Who is cut off decides nothing: when the socket is back, it is looked at anew what is true then.
    this.#timer = setTimeout(() => this.#signaling.up && this.#noWay(), pause)
  }

  /** There is no road, since somebody gathers the server's answers: here, or on their side. @param {import('../gathered.js').Gathered} where */
  noteGathered(where) {
    if (where === 'gathered' || !this.#gathered) this.#gathered = where
    if (!globalThis.RTCPeerConnection) this.#within(LOOK_AGAIN)
  }

  /** Where there is none, waiting helps nobody. */
  #noWay() {
    if (WAITING.includes(this.state)) this.strand(this.#gathered || (this.state === 'restoring' ? 'lost' : 'no-channel'))
  }

  /** They try once more where no way was found. */
  retry() {
    if (this.state !== 'stranded') return
    this.#become('connecting')
    this.peer.call()
    this.expect()
  }

  /** No way leads there. @param {Recipient['reason']} reason */
  strand(reason) {
    if (this.peer.well) return
    clearTimeout(this.#timer)
    this.reason = reason
    this.#become('stranded')
  }

  #opened() {
    clearTimeout(this.#timer)
    this.#gathered = ''
    this.report.opened()
    // Who cancelled and comes back wants the files after all. Whoever goes on accepts at once what is offered again.
    if (this.state === 'cancelled' || this.state === 'stopped') this.emit('asked')
    else if (WAITING.includes(this.state) || this.busy || this.state === 'tampered') this.#become('connected')
  }

  #broke() {
    if (this.state !== 'transferring' && this.state !== 'connected') return
    this.#before = this.state
    this.#become('restoring')
    this.#within(RESTORE_WITHIN)
  }

  #noteProgress() {
    this.report.noteProgress(this.progress?.done ?? 0)
    this.emit('progress')
  }

  #done() {
    const failed = this.progress?.perFile.find(({ state }) => state === 'failed')
    this.report.tell(failed ? 'failed' : this.peer.route || 'direct', failed ? reasonFor(failed.code) : '')
    this.#become(failed ? 'incomplete' : 'done')
  }

  /** @param {Cancelled} how */
  #cancelled({ by, reason, fault }) {
    if (fault) this.emit('fault', reason)
    this.report.tell('cancelled', '')
    this.#become(by === 'us' ? 'stopped' : 'cancelled')
  }

  /** Try once more: look for a way at once; what was given up is offered anew. @param {Chosen[]} chosen */
  again(chosen) {
    if (this.state !== 'stranded') this.sender = null
    this.report = new AttemptReport()
    this.#become(this.peer.well ? 'connected' : 'connecting')
    this.peer.call()
    this.expect()
    this.serve(chosen)
  }

  cancel() {
    this.sender?.cancel('The sender cancelled.')
  }

  close() {
    clearTimeout(this.#timer)
    this.peer.close()
  }

  /** @param {RecipientState} state */
  #become(state) {
    this.state = state
    this.emit('change')
  }
}
