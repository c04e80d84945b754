/**
 * How much may be on its way, and over how many lanes. Pure: the clock (milliseconds) is passed in.
 *
 * Why: one data channel overshoots the queue of an ordinary line in its slow start and then crawls (40 ms, 40 Mbit/s, 50 ms
 * of queue: as little as 0.2 of 4.8 MiB/s). So all lanes between two browsers share one window of bytes that the receiving page
 * has not acknowledged. It starts where an ordinary line is full but not its queue, and grows as long as the quickest frame of a
 * while takes hardly longer than the path itself, as ICE and the quickest frame ever have shown it.
 *
 * Measured and rejected (Chromium 156): a window that doubles at the start (overshoots at once); rate x round trip, as BBR does it, and
 * windows by mean round trips (the browsers' own 20 to 60 ms look like a queue, and the window shrinks to its least).
 */

import { Condition } from '../../lib/condition.js'
import { FRAME } from './frames.js'

const KIB = 1024
// 40 ms x 40 Mbit/s, its queue of 50 ms, and a little that waits in the browsers.
const START = 448 * KIB
// Chromium throws at 16 MiB queued on one channel, and Firefox takes everything: this stays below with all on one lane.
const MOST_WINDOW = 8192 * KIB
// The window is looked at this often, or every two round trips; it grows by a step at most (by an eighth overshot at 100 ms).
const ROUND = 250
const STEP = 64 * KIB
// In one house or one machine the window is soon too small, and a step too far is soon made good.
const NEAR = 8
const NEAR_STEP = 256 * KIB
const SHRINK = 0.9
// A lane that runs empty takes about three round trips for its next 32 KiB, as if Chromium sent only a few packets for each `send` and each
// acknowledgement. With four frames of each lane on their way it never runs empty (40 ms, 40 Mbit/s, 8 lanes: 1.4 MiB/s with one, 3.7 with four).
const FRAMES_A_LANE = 4
const LEAST_FRAME = 8 * KIB
// No lane holds more than this many times its part, so that one that is stuck does not starve the others.
const LANE_SHARE = 1.5

/** What the lanes between two browsers share: the window, what fills it, and what the path has shown. */
export class Path {
  window = START
  inFlight = 0
  /** How many lanes have carried something and live. */
  lanes = 0
  /** Rings whenever there is more room. */
  room = new Condition()
  /** The shortest round trip, of this path and of this round. */
  #shortest = Infinity
  #quickest = Infinity
  #roundAt = 0
  #limited = false

  /** @param {number} bytes */
  allows(bytes) {
    const fits = this.inFlight + bytes <= this.window
    if (!fits) this.#limited = true
    return fits
  }

  /** Each lane's part of the window. */
  get part() {
    return this.window / Math.max(1, this.lanes)
  }

  /** Whether both are in one house or one machine. */
  get near() {
    return this.#shortest < NEAR
  }

  /** ICE has found a way, perhaps a longer one than before. @param {number} trip its round trip in milliseconds */
  found(trip) {
    this.#shortest = trip
  }

  /**
   * @param {number} bytes acknowledged now
   * @param {number} trip how long the newest of them took
   * @param {number} now
   */
  delivered(bytes, trip, now) {
    this.inFlight -= bytes
    this.#shortest = Math.min(this.#shortest, trip)
    this.#quickest = Math.min(this.#quickest, trip)
    if (now - this.#roundAt >= Math.max(ROUND, 2 * this.#shortest)) this.#nextRound(now)
    this.room.notify()
  }

  /** @param {number} now */
  #nextRound(now) {
    // What did not fill the window says nothing about it.
    if (this.#limited) this.#adjust()
    this.#roundAt = now
    this.#quickest = Infinity
    this.#limited = false
  }

  #adjust() {
    if (this.#quickest < this.#shortest * 1.1 + 20) this.window = Math.min(MOST_WINDOW, this.window + (this.near ? NEAR_STEP : STEP))
    else if (this.#quickest > this.#shortest * 1.5 + 50) this.window = Math.max(START, this.window * SHRINK)
  }

  /** A lane is gone, and these will never be acknowledged. @param {number} bytes */
  lost(bytes) {
    this.inFlight -= bytes
    this.lanes -= 1
    this.room.notify()
  }
}

/** One lane's part of what is on its way. */
export class Pace {
  #path
  #sent = 0
  #acked = 0
  /** @type {{ end: number, at: number }[]} frames on their way, oldest first */
  #frames = []

  /** @param {Path} path */
  constructor(path) {
    this.#path = path
  }

  get inFlight() {
    return this.#sent - this.#acked
  }

  get near() {
    return this.#path.near
  }

  get acked() {
    return this.#acked
  }

  get sentTotal() {
    return this.#sent
  }

  /** The payload of a frame. */
  get frame() {
    return Math.min(FRAME, Math.max(LEAST_FRAME, Math.floor(this.#path.part / FRAMES_A_LANE)))
  }

  /** @param {number} bytes */
  allows(bytes) {
    if (!this.inFlight) return true
    return this.#path.allows(bytes) && this.inFlight + bytes <= this.#path.part * LANE_SHARE
  }

  /** @param {number} bytes @param {number} now */
  sent(bytes, now) {
    if (!this.#sent) this.#path.lanes += 1
    this.#sent += bytes
    this.#path.inFlight += bytes
    this.#frames.push({ end: this.#sent, at: now })
  }

  /**
   * The other page has these many bytes of this lane. Throws when it cannot have.
   * @param {number} total
   * @param {number} now
   */
  arrived(total, now) {
    if (total > this.#sent || total < this.#acked) throw new Error('The other side acknowledged what was never sent.')
    const bytes = total - this.#acked
    this.#acked = total
    let trip = Infinity
    while (this.#frames.length && this.#frames[0].end <= total) trip = now - /** @type {any} */ (this.#frames.shift()).at
    if (bytes) this.#path.delivered(bytes, trip, now)
  }

  /** The lane is dead. */
  end() {
    if (this.#sent) this.#path.lost(this.inFlight)
    this.#frames = []
  }
}

const FIRST_LANES = 4
const MOST_LANES = 8
const FAR = 15
const MEASURED = 2000
const RISE = 1.1

/**
 * Decides how many lanes there should be: eight on a long path; on a short one four, and eight are tried and kept when goodput
 * rose by a tenth. Several lanes add up on long and lossy lines (40 ms, 0.5 % loss: one brings 0.45 MiB/s, four 1.7, eight 2.5; 100 ms,
 * 40 Mbit/s: four 2.1, eight 3.2), and cost nothing on short ones.
 */
export class LaneCount {
  wanted = FIRST_LANES
  /** @type {'first' | 'trial' | 'settled'} */
  #stage = 'first'
  #before = 0
  #bytes = 0
  #since = 0

  /** The path's round trip is known. @param {number} trip milliseconds @returns {boolean} true when `wanted` has changed */
  measured(trip) {
    if (trip < FAR || this.#stage !== 'first') return false
    this.#stage = 'settled'
    this.wanted = MOST_LANES
    return true
  }

  /**
   * Bytes have come in, over so many lanes.
   * @param {number} bytes
   * @param {number} lanes open now
   * @param {number} now
   * @returns {boolean} true when `wanted` has changed
   */
  moved(bytes, lanes, now) {
    if (this.#stage === 'settled') return false
    if (!this.#since || lanes !== this.wanted) {
      this.#restart(now)
      return false
    }
    this.#bytes += bytes
    const took = now - this.#since
    if (took < MEASURED) return false
    const goodput = this.#bytes / took
    this.#restart(now)
    return this.#decide(goodput)
  }

  /** @param {number} goodput */
  #decide(goodput) {
    if (this.#stage === 'trial') {
      this.#stage = 'settled'
      if (goodput >= this.#before * RISE) return false
      this.wanted = FIRST_LANES
      return true
    }
    this.#stage = 'trial'
    this.#before = goodput
    this.wanted = MOST_LANES
    return true
  }

  /** @param {number} now */
  #restart(now) {
    this.#since = now
    this.#bytes = 0
  }
}
