/**
 * How much may be on its way, and over how many lanes. Pure: the clock (milliseconds) is passed in.
 *
 * Why: one data channel overshoots the queue of an ordinary line in its slow start and then crawls (40 ms, 40 Mbit/s, 50 ms
 * of queue: 0.2 of 4.8 MiB/s possible). So all lanes between two browsers share one window of bytes that the receiving page
 * has not acknowledged. It follows what the path delivers: rate x shortest round trip, and a little more to see whether there is
 * more (BBR's idea, on top of the channel). A window that doubled at the start was measured to be worse than none, and so was
 * one for each lane by its own round trips: SCTP's delayed acknowledgements look like a queue, and the windows shrank to nothing.
 */

import { Bell } from './bell.js'
import { FRAME } from './wire.js'

const KIB = 1024
const START = 384 * KIB
const LEAST_WINDOW = 256 * KIB
// Chromium throws at 16 MiB queued on one channel, and Firefox takes everything: this stays below with all on one lane.
const MOST_WINDOW = 8192 * KIB
// What the window grows by at most in a round trip, and how far it goes beyond what is delivered.
const STEP = 64 * KIB
const GAIN = 1.25
const SPARE = 192 * KIB
// The rate is the best of the last rounds; shorter rounds took bursts after a repaired loss for speed.
const ROUND = 200
const ROUNDS = 8
// While a larger window brings a better round, it goes on growing: SCTP's own slow growth hides what a long path can do.
const BETTER = 1.05
const MORE = 128 * KIB
const LESS = 32 * KIB
// Round trips are remembered for 15 to 30 s: people move from one network to another.
const MEMORY = 15_000
// A lane may always have so much on its way, so that one that is stuck does not starve the others.
const LEAST_LANE = 32 * KIB

/** What the lanes between two browsers share: the window, what fills it, and what the path has shown. */
export class Path {
  window = START
  inFlight = 0
  /** Rings whenever there is more room. */
  room = new Bell()
  #older = Infinity
  #newer = Infinity
  #since = -Infinity
  /** @type {number[]} bytes a millisecond, of the last rounds */
  #rates = []
  #delivered = 0
  #roundAt = 0
  #limited = false
  /** What the window has beyond the formula, because growing has paid. */
  #extra = 0

  get shortest() {
    return Math.min(this.#older, this.#newer)
  }

  /** @param {number} bytes */
  allows(bytes) {
    const fits = this.inFlight + bytes <= this.window
    if (!fits) this.#limited = true
    return fits
  }

  /**
   * @param {number} bytes acknowledged now
   * @param {number} trip how long the newest of them took
   * @param {number} now
   */
  delivered(bytes, trip, now) {
    this.inFlight -= bytes
    this.#remember(trip, now)
    this.#delivered += bytes
    if (!this.#roundAt) this.#roundAt = now - trip
    if (now - this.#roundAt >= Math.max(ROUND, this.shortest)) this.#nextRound(now)
    this.room.ring()
  }

  /** @param {number} trip @param {number} now */
  #remember(trip, now) {
    if (now - this.#since > MEMORY) {
      this.#older = this.#newer
      this.#newer = Infinity
      this.#since = now
    }
    this.#newer = Math.min(this.#newer, trip)
  }

  /** @param {number} now */
  #nextRound(now) {
    const took = now - this.#roundAt
    const rate = this.#delivered / took
    if (rate > Math.max(...this.#rates) * BETTER && this.#limited) this.#extra += MORE
    else this.#extra = Math.max(0, this.#extra - LESS)
    this.#rates.push(rate)
    if (this.#rates.length > ROUNDS) this.#rates.shift()
    const wanted = Math.max(...this.#rates) * this.shortest * GAIN + SPARE + this.#extra
    const most = this.#limited ? this.window + STEP * Math.max(1, took / this.shortest) : this.window
    this.window = Math.round(Math.min(MOST_WINDOW, most, Math.max(LEAST_WINDOW, wanted)))
    this.#roundAt = now
    this.#delivered = 0
    this.#limited = false
  }

  /** These will never be acknowledged: their lane is gone. @param {number} bytes */
  lost(bytes) {
    this.inFlight -= bytes
    this.room.ring()
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

  get acked() {
    return this.#acked
  }

  get sentTotal() {
    return this.#sent
  }

  /** The payload of a frame: small enough that several lanes have some in the window. */
  get frame() {
    return Math.min(FRAME, Math.max(16 * KIB, Math.floor(this.#path.window / 8)))
  }

  /** @param {number} bytes */
  allows(bytes) {
    return this.inFlight + bytes <= LEAST_LANE || this.#path.allows(bytes)
  }

  /** @param {number} bytes @param {number} now */
  sent(bytes, now) {
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
    this.#path.lost(this.inFlight)
    this.#frames = []
  }
}

const FIRST_LANES = 4
const MOST_LANES = 8
const MEASURED = 2000
const RISE = 1.1

/**
 * Decides how many lanes there should be: twice as many as at first are tried, and kept when goodput rose by a tenth.
 * Several lanes add up on long and lossy lines (0.5 % loss: four bring 1.7 MiB/s, eight 2.7), and cost nothing on short ones.
 * Fewer than four are never tried: on long lines that would cost half the speed for a measurement.
 */
export class LaneCount {
  wanted = FIRST_LANES
  /** @type {'first' | 'trial' | 'settled'} */
  #stage = 'first'
  #before = 0
  #bytes = 0
  #since = 0

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
