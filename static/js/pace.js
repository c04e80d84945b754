/**
 * How much may be on its way, and over how many lanes. Pure: the clock (milliseconds) is passed in.
 *
 * Why: one data channel overshoots the queue of an ordinary line in its slow start and then crawls (40 ms, 40 Mbit/s, 50 ms
 * of queue: 0.2 of 4.8 MiB/s possible). A window of our own, acknowledged by the receiving page, keeps it from that
 * (4.0 MiB/s with 256 KiB); a window that doubled at the start did worse than none.
 */

import { FRAME } from './wire.js'

const KIB = 1024
const LEAST_WINDOW = 64 * KIB
// Chromium throws at 16 MiB queued on one channel, and Firefox takes everything: this stays far below.
const MOST_WINDOW = 2048 * KIB
// What all lanes begin with together, and the most that one of them adds in a round trip.
const START = 512 * KIB
const STEP = 64 * KIB
// A round trip this much longer than the shortest one shows a queue that we filled; below the slack it is only jitter.
const CALM = 1.5
const SLACK = 10
const LOWER = 0.8
const MEMORY = 15_000

/** What the lanes between two browsers share: the shortest round trip of a message in the last 15 to 30 s. */
export class Path {
  #older = Infinity
  #newer = Infinity
  #since = -Infinity

  /** @param {number} trip @param {number} now */
  saw(trip, now) {
    if (now - this.#since > MEMORY) {
      this.#older = this.#newer
      this.#newer = Infinity
      this.#since = now
    }
    this.#newer = Math.min(this.#newer, trip)
  }

  get shortest() {
    return Math.min(this.#older, this.#newer)
  }

  /** From this round trip on a queue is building up. */
  get crowded() {
    return this.shortest * CALM + SLACK
  }
}

/** One lane's window: how many bytes may be sent and not yet acknowledged by the other page. */
export class Pace {
  window
  #path
  #sent = 0
  #acked = 0
  /** @type {{ end: number, at: number }[]} frames on their way, oldest first */
  #frames = []
  #roundEnd = 0
  #calmest = Infinity
  #limited = false

  /**
   * @param {Path} path
   * @param {number} lanes how many share the path
   */
  constructor(path, lanes) {
    this.#path = path
    this.window = Math.max(LEAST_WINDOW, Math.floor(START / lanes))
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

  /** The payload of a frame: small enough that several fit into the window and keep it moving. */
  get frame() {
    return Math.min(FRAME, Math.max(16 * KIB, Math.floor(this.window / 4)))
  }

  /** @param {number} bytes */
  allows(bytes) {
    const fits = this.inFlight === 0 || this.inFlight + bytes <= this.window
    if (!fits) this.#limited = true
    return fits
  }

  /** @param {number} bytes @param {number} now */
  sent(bytes, now) {
    this.#sent += bytes
    this.#frames.push({ end: this.#sent, at: now })
  }

  /**
   * The other page has these many bytes of this lane. Throws when it cannot have.
   * @param {number} total
   * @param {number} now
   */
  arrived(total, now) {
    if (total > this.#sent || total < this.#acked) throw new Error('The other side acknowledged what was never sent.')
    this.#acked = total
    while (this.#frames.length && this.#frames[0].end <= total) {
      const trip = now - this.#frames[0].at
      this.#frames.shift()
      this.#path.saw(trip, now)
      this.#calmest = Math.min(this.#calmest, trip)
    }
    if (total >= this.#roundEnd) this.#nextRound()
  }

  #nextRound() {
    if (this.#calmest > this.#path.crowded) this.window = Math.max(LEAST_WINDOW, Math.floor(this.window * LOWER))
    else if (this.#limited) this.window = Math.min(MOST_WINDOW, this.window + STEP)
    this.#roundEnd = this.#sent
    this.#calmest = Infinity
    this.#limited = false
  }
}

const MOST_LANES = 8
const FIRST_LANES = 4
const MEASURED = 3000
const RISE = 1.1

/**
 * Decides how many lanes there should be: two more while goodput still rises by a tenth, back where it did not.
 * Fewer than four are never tried: on long lines that would cost half the speed for a measurement.
 */
export class LaneCount {
  wanted = FIRST_LANES
  #settled = false
  #before = 0
  #bytes = 0
  #since = 0
  #trial = false

  /**
   * Bytes have come in, over so many lanes.
   * @param {number} bytes
   * @param {number} lanes open now
   * @param {number} now
   * @returns {boolean} true when `wanted` has changed
   */
  moved(bytes, lanes, now) {
    if (this.#settled || lanes !== this.wanted) {
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
    if (this.#trial && goodput < this.#before * RISE) {
      this.wanted -= 2
      this.#settled = true
      return true
    }
    this.#before = goodput
    this.#trial = true
    if (this.wanted >= MOST_LANES) {
      this.#settled = true
      return false
    }
    this.wanted += 2
    return true
  }

  /** @param {number} now */
  #restart(now) {
    this.#since = now
    this.#bytes = 0
  }
}
