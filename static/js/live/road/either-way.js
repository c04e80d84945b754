/** The browser on another seat, by whichever way is open: straight to it, or by the road. Decides which of them carries blocks. PROTOCOL.md, "The road". */

import { Emitter } from '../../lib/emitter.js'
import { guarded } from '../../lib/guarded.js'
import { onNetworkChange } from '../../lib/network-changes.js'
import { parseControl } from '../connect/control-messages.js'
import { Peer } from '../connect/peer.js'
import { Heartbeat } from '../../lib/heartbeat.js'
import { BothWays } from './both-ways.js'
import { DirectSigns } from './direct-signs.js'
import { pageRoads } from './page-roads.js'
import { Road } from './road.js'
import { RoadLane } from './road-lane.js'

// A direct lane may open for so long before the road carries blocks; how often it is looked at. Milliseconds.
const DIRECT_WITHIN = 300
const LOOK = 250

/** @typedef {import('../lanes/lane.js').Lane | RoadLane} AnyLane */
/**
 * @typedef {{ signaling: import('../connect/signaling.js').Signaling, seat: number, keys?: import('../connect/signed-signals.js').SeatKeys | null, relayOnly?: boolean,
 *   roadUrl?: string, directOnly?: boolean }} WayOptions roadUrl: of all roads of the session, '' where there are none
 */

/**
 * Has the interface and the events of `Peer`; its `route` may be `server` too. Besides: `no-road` (there is no way from now on: neither a road nor WebRTC), `gathered` (somebody on this page's way to the server gathers its answers).
 * @extends {Emitter<Omit<import('../connect/peer.js').PeerEvents, 'route' | 'lane' | 'lane-lost' | 'frame'> & { route: Route, lane: AnyLane, 'lane-lost': AnyLane,
 *   frame: { lane: object, frame: import('../lanes/frames.js').BytesFrame }, 'no-road': void, gathered: void }>}
 */
export class EitherWay extends Emitter {
  /** @type {Route} */
  route = ''
  /** True once there was a way. */
  met = false
  seat
  #signaling
  /** @type {Peer | null} */
  #direct = null
  /** @type {Road | null} */
  #road = null
  /** @type {RoadLane | null} what carries our blocks by the road now */
  #roadLane = null
  /** Which of them says what we say. @type {'' | 'direct' | 'road'} */
  #voice = ''
  #life = new AbortController()
  #heartbeat = new Heartbeat(() => this.send({ t: 'beat' }))
  #roadUrl
  #allowed
  /** @type {import('../../crypto/keys.js').Keys | null} */
  #roadKeys = null
  #timer = 0
  #look = 0
  #signs = new DirectSigns()
  #both = new BothWays()
  #relayOnly

  /** @param {WayOptions} options */
  constructor({ signaling, seat, keys = null, relayOnly = false, roadUrl = '', directOnly = false }) {
    super()
    this.seat = seat
    this.#signaling = signaling
    this.#relayOnly = relayOnly
    this.#roadUrl = roadUrl
    this.#allowed = !directOnly
    const { signal } = this.#life
    if (globalThis.RTCPeerConnection) this.#listenToDirect((this.#direct = new Peer({ signaling, seat, keys, relayOnly })), signal)
    signaling.listen({ welcome: () => this.#meet(), present: () => this.#meet(), elsewhere: () => this.#road?.rest() }, signal)
    addEventListener('pagehide', () => this.close(), { signal })
    onNetworkChange({ changed: () => this.#signs.noteMove(performance.now()), doubtful() {} }, signal)
    this.#look = setInterval(() => this.#lookAtDirect(performance.now()), LOOK)
  }

  /** True while control messages reach the other side. */
  get open() {
    return Boolean(this.#direct?.open || this.#road?.open)
  }

  /** Open, and heard of lately. */
  get well() {
    return Boolean(this.#direct?.well || this.#road?.open)
  }

  /** The lanes that are open to blocks. @returns {AnyLane[]} */
  get lanes() {
    return [...(this.#direct?.lanes ?? []), ...(this.#roadLane ? [this.#roadLane] : [])]
  }

  /** @param {Control} control @returns {boolean} false when it could not be said */
  send(control) {
    this.#heartbeat.noteSent()
    if (this.#voice === 'road' && this.#road?.sendControl(JSON.stringify(control))) return true
    if (this.#direct?.open || !this.#road?.open) return this.#direct?.send(control) ?? false
    return this.#road.sendControl(JSON.stringify(control))
  }

  /** Ask the other side, over the server, to look for a way at once instead of at its next try. */
  call() {
    this.#meet()
    this.#direct?.call()
  }

  /** Say what is offered before there is a way. Only who has the keys can read it. @param {string} sealed */
  sendManifest(sealed) {
    this.#direct?.sendManifest(sealed)
  }

  /** Leave: the other side is told, and every connection closed. */
  close() {
    if (this.#life.signal.aborted) return
    if (!this.#direct?.open) this.#road?.sendControl(JSON.stringify({ t: 'leaving' }))
    clearTimeout(this.#timer)
    clearInterval(this.#look)
    this.#heartbeat.stop()
    this.#life.abort()
    this.#direct?.close()
    this.#road?.close()
  }

  /** By relays only from now on, or by any way: direct connections are made anew. @param {boolean} only */
  relayOnly(only) {
    this.#relayOnly = only
    this.#direct?.relayOnly(only)
  }

  /** Straight from browser to browser only from now on, or by the road too. @param {boolean} only */
  directOnly(only) {
    this.#allowed = !only
    if (!only) return this.#openRoad()
    this.#road?.close()
    this.#roadLost()
    this.#road = null
  }

  /** From now on the road may be taken, as what goes there can be sealed. @param {import('../../crypto/keys.js').Keys | null} keys of the session; null: it is plain */
  openRoad(keys) {
    this.#roadKeys = keys
    this.#openRoad()
  }

  #openRoad() {
    const keys = this.#roadKeys
    if (this.#road || !keys || !this.#roadUrl || !this.#allowed || this.#life.signal.aborted) return
    const road = new Road({ roads: pageRoads(this.#roadUrl), own: this.#signaling.welcome?.seat ?? 0, other: this.seat, keys })
    this.#road = road
    road.listen({
      open: () => this.#roadOpened(),
      lost: () => this.#roadLost(),
      gathered: () => this.emit('gathered'),
      closed: (why) => road === this.#road && this.#roadClosed(why),
      control: (text) => guarded(() => this.#control(text), (error) => this.emit('fault', error)),
      frame: (frame) => {
        this.#heartbeat.noteReceived()
        if (!this.#signs.bringsFrames(performance.now())) this.#show('server')
        this.emit('frame', { lane: road, frame })
      },
      ack: () => this.#heartbeat.noteReceived(),
    }, this.#life.signal)
    this.#meet()
  }

  /** The other page may be there. */
  #meet() {
    if (this.#signaling.isHere(this.seat)) this.#road?.begin()
  }

  #roadOpened() {
    this.met = true
    this.#timer = setTimeout(() => this.#carryByRoad(), DIRECT_WITHIN)
    this.#heartbeat.start()
    if (this.#voice) return
    this.#voice = 'road'
    this.emit('open')
    if (!this.#direct) this.#carryByRoad()
  }

  /** What was on its way by the road is gone. */
  #roadLost() {
    clearTimeout(this.#timer)
    this.#heartbeat.stop()
    const lane = this.#roadLane
    this.#roadLane = null
    lane?.close()
    if (lane) this.emit('lane-lost', lane)
    if (this.#voice !== 'road') return
    this.#voice = this.#direct?.open ? 'direct' : ''
    if (this.#voice) this.emit('open')
    else this.emit('lost')
  }

  /** @param {import('./road-down.js').RoadClosed} why */
  #roadClosed(why) {
    this.#road = null
    this.#allowed = false
    if (this.#direct) return
    if (why.code === 'fault') this.emit('fault', why)
    else this.emit('no-road')
  }

  /** @param {string} text */
  #control(text) {
    this.#heartbeat.noteReceived()
    // They gave the direct way up, which is as silent here: what we said there would be lost.
    if (this.#signs.isSilent(performance.now())) this.#voice = 'road'
    const control = parseControl(text)
    if (!control || control.t === 'beat') return
    if (control.t === 'leaving') this.#roadLost()
    else this.emit('control', control)
  }

  /** Blocks go by the road now: unless there is a direct lane, or beside it. */
  #carryByRoad() {
    const direct = Boolean(this.#direct?.lanes.length)
    if ((this.#roadLane && !this.#roadLane.draining) || !this.#road?.open || (direct && !this.#both.on)) return
    const lane = new RoadLane(this.#road)
    this.#roadLane = lane
    lane.listen({ dead: () => this.#roadLane === lane && (this.#roadLane = null, this.#both.end()) })
    if (!direct) this.#show('server')
    this.emit('lane', lane)
  }

  /** @param {Peer} direct @param {AbortSignal} signal */
  #listenToDirect(direct, signal) {
    direct.listen({
      open: () => this.#directOpened(),
      lane: (lane) => {
        lane.listen({ ack: () => this.#signs.noteAcknowledged(performance.now()) })
        if (!this.#both.on) this.#roadLane?.drain() // what is on it finishes there
        this.emit('lane', lane)
      },
      'lane-lost': (lane) => this.emit('lane-lost', lane),
      control: (control) => {
        this.#signs.noteReceived(performance.now())
        this.emit('control', control)
      },
      frame: ({ lane, frame }) => {
        this.#signs.noteFrame(performance.now())
        if (direct.route) this.#show(direct.route)
        this.emit('frame', { lane, frame })
      },
      answered: () => this.emit('answered'),
      manifest: (sealed) => this.emit('manifest', sealed),
      route: (route) => this.#show(route),
      shaky: () => this.#road?.open || this.emit('shaky'),
      steady: () => this.#road?.open || this.emit('steady'),
      lost: () => this.#directLost(),
      fault: (error) => this.emit('fault', error),
      tampered: (how) => this.emit('tampered', how),
    }, signal)
  }

  #directOpened() {
    this.met = true
    const before = this.#voice
    this.#voice = 'direct'
    this.#signs.noteReceived(performance.now())
    if (!before || before === 'direct') this.emit('open')
  }

  #directLost() {
    if (!this.#road?.open) {
      this.#voice = ''
      this.emit('lost')
      return
    }
    // What was said on the way that broke may be lost: both begin from what the other has.
    const begin = this.#voice === 'direct'
    this.#voice = 'road'
    if (begin) this.emit('open')
    this.#carryByRoad()
  }

  /** Blocks are on direct lanes, and nothing comes back: they go by the road. @param {number} now */
  #lookAtDirect(now) {
    const lanes = this.#direct?.lanes ?? []
    const busy = lanes.some(({ flow }) => flow.inFlight)
    if (!busy || !this.#road?.open) this.#signs.noteIdle(now)
    else if (this.#signs.stalls(now)) this.#direct?.relayOnly(this.#relayOnly)
    const direct = lanes.reduce((sum, { flow }) => sum + flow.acked, 0)
    const next = this.#both.look(now, busy && Boolean(this.#road?.open), direct, this.#roadLane?.flow.acked ?? 0)
    if (next === 'begin') this.#carryByRoad()
    else if (next === 'end') this.#roadLane?.drain()
  }

  /** @param {Route} route */
  #show(route) {
    if (this.route === route) return
    this.route = route
    this.emit('route', route)
  }
}
