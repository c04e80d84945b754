/** The browser on another seat: finds a way to it, keeps it, and finds another when it breaks. */

import { Emitter } from '../../lib/emitter.js'
import { parseControl } from './control-messages.js'
import { Heartbeat } from '../../lib/heartbeat.js'
import { Lane } from '../lanes/lane.js'
import { LanePool } from '../lanes/lane-pool.js'
import { onNetworkChange } from '../../lib/network-changes.js'
import { CongestionWindow } from '../lanes/congestion.js'
import { ConnectionHealth } from './connection-health.js'
import { Negotiation } from './negotiation.js'

/**
 * @typedef {{ open: void, lane: Lane, 'lane-lost': Lane, control: Control, frame: { lane: Lane, frame: import('../lanes/frames.js').BytesFrame }, route: 'direct' | 'relayed',
 *   answered: void, manifest: string, shaky: void, steady: void, lost: void, fault: Error, tampered: import('./signed-signals.js').Seen }} PeerEvents
 */
/** @typedef {{ signaling: import('./signaling.js').Signaling, seat: number, keys?: import('./signed-signals.js').SeatKeys | null, relayOnly?: boolean }} PeerOptions */

/**
 * Make one for a seat as soon as that seat is known: signals that nobody listens to are lost. The receiver (seat 0 is on the
 * other side) makes all offers, by itself, whenever the sender is here. Events: `open` (control messages can be said; after
 * a break it comes again), `lane` and `lane-lost` (Lane), `control` (Control), `frame` ({lane, frame}), `route` ('direct' or
 * 'relayed'), `answered` (an offer of theirs: a way is being made), `manifest` (what they offer, sealed, before there is a way),
 * `shaky` and `steady` (nothing is heard now, and again), `lost` (no lane is left), `fault` (Error: the other side broke the
 * rules), `tampered` ({type, missing}: a signal was changed on its way, and not used).
 * @extends {Emitter<PeerEvents>}
 */
export class Peer extends Emitter {
  /** @type {'direct' | 'relayed' | ''} */
  route = ''
  /** True once there was a way. */
  met = false
  #signaling
  #negotiation
  #relayOnly
  #offers
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
    this.#relayOnly = relayOnly
    this.#offers = seat === 0
    this.#negotiation = new Negotiation(signaling, { keys, own: signaling.welcome?.seat ?? 0, other: seat }, {
      offers: this.#offers,
      current: () => this.#main,
      replace: () => this.#renew(),
      configuration: () => this.#configuration(),
    }, this.#life.signal)
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
    this.#negotiation.listen({
      answered: () => this.emit('answered'),
      candidate: (lane) => lane.open && this.#findRoute(lane),
      manifest: (sealed) => this.emit('manifest', sealed),
      called: (moved) => this.#offers && (moved && this.open ? this.#findAnother() : this.#meet()),
      cancelled: (reason) => this.emit('control', { t: 'cancel', reason }),
      tampered: (how) => this.emit('tampered', how),
    })
    addEventListener('pagehide', () => this.close(), { signal })
    onNetworkChange({ changed: () => this.#moved(), doubtful: () => this.#heartbeat.doubt() }, signal)
    this.#heartbeat.listen({ silent: () => this.#becomeShaky(), received: () => this.#main?.steady && this.#becomeSteady() }, signal)
    this.#signaling.listen({ elsewhere: () => this.#leave(), ...(this.#offers && { welcome: () => this.#meet(), present: () => this.#meet() }) }, signal)
  }

  /** True while control messages reach the other side. */
  get open() {
    return Boolean(this.#main?.open)
  }

  /** The lanes that are open. */
  get lanes() {
    return [...(this.#main?.open ? [this.#main] : []), ...this.#lanes.open]
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
    if (control.t === 'cancel' && !this.#life.signal.aborted) this.#signaling.send('cancel', { to: this.seat, ...(control.reason && { reason: control.reason }) })
    return false
  }

  /** Ask the other side, over the server, to look for a way at once instead of at its next try. */
  call() {
    if (!this.well) this.#signaling.send('ready', { to: this.seat, webrtc: true })
  }

  /** Say what is offered before there is a way. Only who has the keys can read it. @param {string} sealed */
  sendManifest(sealed) {
    this.#negotiation.sendManifest(sealed)
  }

  /** Leave: the other side is told, and every connection closed. */
  close() {
    if (this.#life.signal.aborted) return
    this.#life.abort()
    this.#leave()
  }

  #leave() {
    this.send({ t: 'leaving' })
    this.#closeAll()
  }

  /** By relays only from now on, or by any way: connections are made anew. @param {boolean} only */
  relayOnly(only) {
    this.#relayOnly = only
    this.#closeAll()
  }

  #closeAll() {
    clearTimeout(this.#timer)
    this.#heartbeat.stop()
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
    this.#lanes.forgive()
    const lane = this.#renew()
    this.#later(this.#health.connectWithin, () => {
      this.#health.noteTimeout()
      if (this.#signaling.isHere(this.seat)) this.#connect()
    })
    this.#negotiation.begin(lane)
  }

  /** The one thing to do if nothing changes until then. @param {number} pause @param {() => void} work */
  #later(pause, work) {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(work, pause)
  }

  /** A new connection for lane 0 in the place of the old one. */
  #renew() {
    const old = this.#main
    const lane = new Lane(0, this.#configuration(), this.#window)
    this.#main = lane
    old?.close()
    lane.listen({
      candidate: (candidate) => lane === this.#main && this.#negotiation.sendCandidate(candidate),
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
    this.met = true
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

  /** Our network is another one: our end of every way is gone, which shows only seconds later. */
  #moved() {
    if (this.#offers) return this.open ? this.#findAnother() : this.#meet()
    this.#signaling.send('ready', { to: this.seat, webrtc: true, ...(this.open && { moved: true }) })
  }

  /** Another way for the lanes that are open, which lose nothing by it. */
  #findAnother() {
    this.#heartbeat.doubt()
    this.#lanes.doubt()
    this.#restart()
  }

  #restart() {
    if (!this.#main) return this.#connect()
    this.#later(this.#health.restartWithin, () => this.#connect())
    this.#negotiation.restart(this.#main)
  }

  #becomeSteady() {
    if (!this.#main?.open) return
    clearTimeout(this.#timer)
    this.#health.recover()
    this.#lanes.restart()
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
