/** The browser on another seat: finds a way to it, keeps it, and finds another when it breaks. */

import { Emitter } from '../../lib/emitter.js'
import { parseControl } from './control-messages.js'
import { Heartbeat } from '../../lib/heartbeat.js'
import { Lane } from './lane.js'
import { LanePool } from './lane-pool.js'
import { CongestionWindow } from './congestion.js'
import { ConnectionHealth } from './connection-health.js'
import { TrustedSignals } from './signed-signals.js'

const MOST_TRIES = 10_000

/**
 * @typedef {{ open: void, lane: Lane, 'lane-lost': Lane, control: Control, frame: { lane: Lane, frame: import('./frames.js').BytesFrame }, route: 'direct' | 'relayed',
 *   shaky: void, steady: void, lost: void, fault: Error, tampered: { missing: boolean } }} PeerEvents
 */
/** @typedef {{ signaling: import('./signaling.js').Signaling, seat: number, keys?: import('../../crypto/keys.js').Keys | null, relayOnly?: boolean }} PeerOptions */

/**
 * Make one for a seat as soon as that seat is known: signals that nobody listens to are lost. The receiver (seat 0 is on the
 * other side) makes all offers, by itself, whenever the sender is here. Events: `open` (control messages can be said; after
 * a break it comes again), `lane` and `lane-lost` (Lane), `control` (Control), `frame` ({lane, frame}), `route` ('direct' or
 * 'relayed'), `shaky` and `steady` (nothing is heard now, and again), `lost` (no lane is left), `fault` (Error: the other
 * side broke the rules), `tampered` ({missing}: a signal was changed on its way, and not used).
 * @extends {Emitter<PeerEvents>}
 */
export class Peer extends Emitter {
  /** @type {'direct' | 'relayed' | ''} */
  route = ''
  #signaling
  #signals
  #relayOnly
  #offers
  // A page of ours before a reload used other numbers; answers to it may still lie in the mailbox.
  #try = Math.floor(Math.random() * MOST_TRIES)
  /** @type {Lane | null} lane 0 */
  #main = null
  #window = new CongestionWindow()
  #lanes
  #life = new AbortController()
  #heartbeat = new Heartbeat(() => this.send({ t: 'beat' }))
  #health = new ConnectionHealth()
  #timer = 0

  /** @param {PeerOptions} options relayOnly: do not show our address to the other side (needs TURN) */
  constructor({ signaling, seat, keys = null, relayOnly = false }) {
    super()
    this.seat = seat
    this.#signaling = signaling
    this.#signals = new TrustedSignals(signaling, { keys, own: signaling.welcome?.seat ?? 0, other: seat }, this.#life.signal)
    this.#relayOnly = relayOnly
    this.#offers = seat === 0
    this.#lanes = new LanePool({
      configuration: () => this.#configuration(),
      send: (control) => this.send(control),
      adopt: (lane) => this.#adopt(lane),
      window: this.#window,
    }, this.#offers)
    this.#listen(this.#life.signal)
    if (this.#offers) this.#meet()
  }

  /** @param {AbortSignal} signal */
  #listen(signal) {
    this.#signals.listen({ signal: (message) => this.#receive(message), tampered: (how) => this.emit('tampered', how) })
    addEventListener('pagehide', () => this.close(), { signal })
    this.#heartbeat.listen({ silent: () => this.#becomeShaky(), received: () => this.#main?.steady && this.#becomeSteady() }, signal)
    if (!this.#offers) return
    this.#signaling.listen({ welcome: () => this.#meet(), present: () => this.#meet() }, signal)
  }

  /** True while control messages reach the other side. */
  get open() {
    return Boolean(this.#main?.open)
  }

  /** The lanes that are open. */
  get lanes() {
    const others = this.#lanes.open
    return this.#main?.open ? [this.#main, ...others] : others
  }

  /** Open, and heard of lately. */
  get well() {
    return this.open && !this.#health.shaky
  }

  /** @param {Control} control @returns {boolean} false when it could not be said */
  send(control) {
    this.#heartbeat.noteSent()
    if (this.#main?.sendControl(JSON.stringify(control))) return true
    // Giving up is the one thing that cannot wait for another channel.
    if (control.t === 'cancel') this.#signaling.send('cancel', { to: this.seat, ...(control.reason && { reason: control.reason }) })
    return false
  }

  /** Ask the other side, over the server, to look for a way at once instead of at its next try. */
  call() {
    if (!this.well) this.#signaling.send('ready', { to: this.seat, webrtc: true })
  }

  /** Leave: the other side is told, and every connection closed. */
  close() {
    if (this.#life.signal.aborted) return
    this.send({ t: 'leaving' })
    this.#life.abort()
    this.#heartbeat.stop()
    this.#closeAll()
  }

  /** By relays only from now on, or by any way: connections are made anew. @param {boolean} only */
  relayOnly(only) {
    this.#relayOnly = only
    this.#closeAll()
  }

  #closeAll() {
    clearTimeout(this.#timer)
    this.#main?.close()
    this.#lanes.close()
  }

  /** @returns {RTCConfiguration} */
  #configuration() {
    return {
      iceServers: this.#signaling.welcome?.iceServers ?? [],
      iceTransportPolicy: this.#relayOnly ? 'relay' : 'all',
    }
  }

  /** The sender may be here (again): offer, unless we talk already. */
  #meet() {
    if (this.well || !this.#signaling.isHere(this.seat)) return
    this.#health.begin()
    this.#connect()
  }

  #connect() {
    if (this.#life.signal.aborted) return
    this.#try = (this.#try + 1) % MOST_TRIES
    this.#lanes.forgive()
    const lane = this.#renew()
    this.#later(this.#health.connectWithin, () => {
      this.#health.noteTimeout()
      if (this.#signaling.isHere(this.seat)) this.#connect()
    })
    this.#offer(lane, false)
  }

  /** The one thing to do if nothing changes until then. @param {number} pause @param {() => void} work */
  #later(pause, work) {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(work, pause)
  }

  /** @param {Lane} lane @param {boolean} restart */
  async #offer(lane, restart) {
    try {
      const sdp = await lane.offer(restart)
      if (!lane.dead) this.#signal('offer', { sdp, ...(restart && { restart }) })
    } catch {
      lane.close()
    }
  }

  /** @param {string} type @param {Record<string, unknown>} fields */
  #signal(type, fields) {
    this.#signals.send(type, { try: this.#try, ...fields })
  }

  /** What the server relayed. Answers and candidates of another try are too late. @param {SignalMessage} message */
  #receive(message) {
    if (message.type === 'offer') this.#answer(message)
    else if (message.type === 'cancel') this.emit('control', { t: 'cancel', reason: message.reason })
    else if (message.type === 'ready' && this.#offers) this.#meet()
    else if (message.try !== this.#try) return
    else if (message.type === 'ice-candidate') this.#learnCandidate(message)
    else if (message.type === 'answer' && this.#offers) this.#main?.answered(message.sdp ?? '').catch(() => this.#main?.close())
  }

  /** @param {SignalMessage} message an ICE candidate, which may say what the way in use is */
  async #learnCandidate({ candidate, sdpMid, sdpMLineIndex }) {
    const lane = this.#main
    await lane?.addCandidate({ candidate, sdpMid, sdpMLineIndex })
    if (lane?.open) this.#findRoute(lane)
  }

  /** @param {SignalMessage} message an offer */
  async #answer({ try: number = -1, sdp = '', restart }) {
    if (this.#offers || this.#life.signal.aborted) return
    if (restart ? number !== this.#try || !this.#main : number === this.#try && this.#main) return
    this.#try = number
    const lane = (restart && this.#main) || this.#renew()
    if (restart) lane.configure(this.#configuration())
    try {
      const answer = await lane.answer(sdp)
      if (!lane.dead) this.#signal('answer', { sdp: answer })
    } catch {
      lane.close()
    }
  }

  /** A new connection for lane 0 in the place of the old one. */
  #renew() {
    const old = this.#main
    const lane = new Lane(0, this.#configuration(), this.#window)
    this.#main = lane
    old?.close()
    lane.listen({
      candidate: ({ candidate, sdpMid, sdpMLineIndex }) => lane === this.#main && this.#signal('ice-candidate', { candidate, sdpMid, sdpMLineIndex }),
      control: (text) => lane === this.#main && this.#control(text),
      shaky: (state) => lane === this.#main && this.#becomeShaky(state === 'failed'),
      steady: () => lane === this.#main && this.#health.shaky && this.#becomeSteady(),
    })
    this.#adopt(lane)
    return lane
  }

  /** Any lane: pass on what comes from it. @param {Lane} lane */
  #adopt(lane) {
    lane.listen({
      open: () => (lane === this.#main ? this.#opened(lane) : this.emit('lane', lane)),
      frame: (frame) => {
        this.#heartbeat.noteReceived()
        this.#lanes.noteReceived(frame.payload.length, performance.now())
        this.emit('frame', { lane, frame })
      },
      ack: () => this.#heartbeat.noteReceived(),
      fault: (error) => this.emit('fault', error),
      dead: () => this.#died(lane),
    })
  }

  /** @param {Lane} lane */
  #opened(lane) {
    clearTimeout(this.#timer)
    this.#health.begin()
    this.#health.recover()
    this.#heartbeat.start()
    this.emit('lane', lane)
    this.emit('open')
    this.#lanes.fill()
    this.#findRoute(lane)
  }

  /** @param {Lane} lane */
  #died(lane) {
    this.emit('lane-lost', lane)
    if (lane === this.#main) {
      this.#main = null
      this.#heartbeat.stop()
      if (this.#offers && this.#signaling.isHere(this.seat)) this.#later(0, () => this.#connect())
    } else if (this.open) {
      this.#lanes.fill()
    }
    if (this.lanes.length === 0) this.emit('lost')
  }

  /** @param {boolean} [failed] ICE has given up: there is nothing to wait for */
  #becomeShaky(failed = false) {
    if (!this.#main?.open) return
    const { first, restartAfter } = this.#health.trouble(failed) // before it is told: who hears of it asks whether we are well
    if (first) this.emit('shaky')
    if (this.#offers && restartAfter !== null) this.#later(restartAfter, () => this.#restart())
  }

  #restart() {
    if (!this.#main) return this.#connect()
    this.#later(this.#health.restartWithin, () => this.#connect())
    this.#main.configure(this.#configuration())
    this.#offer(this.#main, true)
  }

  #becomeSteady() {
    if (!this.#main?.open) return
    clearTimeout(this.#timer)
    this.#health.recover()
    this.emit('steady')
    this.#findRoute(this.#main)
  }

  /** @param {string} text */
  #control(text) {
    this.#heartbeat.noteReceived()
    const control = parseControl(text)
    if (!control || control.t === 'beat' || this.#lanes.accept(control)) return
    if (control.t === 'leaving') this.#closeAll()
    else this.emit('control', control)
  }

  /** @param {Lane} lane */
  async #findRoute(lane) {
    const route = await lane.route()
    if (!route || lane !== this.#main) return
    this.#lanes.measured(route.trip)
    this.emit('route', (this.route = route.kind))
  }
}
