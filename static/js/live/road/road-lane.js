/** Frames by the road: a lane like those between browsers, for as long as the road is to carry blocks. */

import { Emitter } from '../../lib/emitter.js'
import { Condition } from '../../lib/condition.js'
import { FRAME } from '../lanes/frames.js'

const MIB = 1024 * 1024
// What may be on its way: so much as goes up in a few strides, since queues of proxies and lines hide behind the server.
const LEAST_WINDOW = MIB
const MOST_WINDOW = 24 * MIB
const STRIDES = 6

/** How much is on its way by the road, and how much of that the other page has. The lane's own count begins where the road's is. */
class RoadFlow {
  frame = FRAME
  #sent = 0
  #acked = 0

  get inFlight() {
    return this.#sent - this.#acked
  }

  get acked() {
    return this.#acked
  }

  get sentTotal() {
    return this.#sent
  }

  /** @param {number} bytes */
  sent(bytes) {
    this.#sent += bytes
  }

  /** @param {number} bytes of this lane that they have, at least */
  arrived(bytes) {
    this.#acked = Math.max(this.#acked, Math.min(bytes, this.#sent))
  }
}

/**
 * The interface of `Lane`, as far as blocks are carried over it. Events: `ack`, `drain`, `dead`.
 * @extends {Emitter<{ ack: void, drain: void, dead: void }>}
 */
export class RoadLane extends Emitter {
  draining = false
  flow = new RoadFlow()
  #road
  #carriedBefore
  #life = new AbortController()
  #room = new Condition()

  /** @param {import('./road.js').Road} road */
  constructor(road) {
    super()
    this.#road = road
    this.#carriedBefore = road.carried
    road.listen({ ack: (received) => this.#acknowledged(received), room: () => this.#room.notify(), lost: () => this.close() }, this.signal)
  }

  get open() {
    return !this.dead && this.#road.open
  }

  get dead() {
    return this.#life.signal.aborted
  }

  get signal() {
    return this.#life.signal
  }

  /** @param {Uint8Array<ArrayBuffer>} frame */
  send(frame) {
    if (!this.open) return false
    this.flow.sent(frame.length)
    return this.#road.sendFrame(frame)
  }

  /** @param {number} bytes */
  async untilRoom(bytes) {
    while (!this.#allows(bytes)) await this.#room.changed(this.signal)
    this.signal.throwIfAborted()
  }

  /** @param {number} bytes */
  #allows(bytes) {
    const { stride, waiting } = this.#road
    const window = Math.min(MOST_WINDOW, Math.max(LEAST_WINDOW, STRIDES * stride))
    return waiting < stride && this.flow.inFlight + bytes <= window
  }

  async untilEmpty() {
    while (this.flow.inFlight) await this.#room.changed(this.signal)
    this.signal.throwIfAborted()
  }

  /** The block on it is the last one. */
  drain() {
    this.draining = true
    this.emit('drain')
  }

  /** @param {number} received of all frames on this road */
  #acknowledged(received) {
    this.flow.arrived(received - this.#carriedBefore)
    this.#room.notify()
    this.emit('ack')
  }

  close() {
    if (this.dead) return
    this.#life.abort(new Error('The road to the other browser was lost.'))
    this.emit('dead')
  }
}
