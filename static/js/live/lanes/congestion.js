/**
 * How much may be on its way between two browsers. Pure: the clock (milliseconds) is passed in.
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

/** What the lanes between two browsers share: the window, what fills it, and what the path has shown. */
export class CongestionWindow {
  bytes = START
  inFlight = 0
  /** How many lanes have carried something and live. */
  lanes = 0
  /** Notifies whenever there is more room. */
  room = new Condition()
  /** The shortest round trip, of this path and of this round. */
  #shortest = Infinity
  #quickest = Infinity
  #roundAt = 0
  #limited = false

  /** @param {number} bytes */
  allows(bytes) {
    const fits = this.inFlight + bytes <= this.bytes
    if (!fits) this.#limited = true
    return fits
  }

  /** Each lane's part of the window. */
  get share() {
    return this.bytes / Math.max(1, this.lanes)
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
    if (this.#quickest < this.#shortest * 1.1 + 20) this.bytes = Math.min(MOST_WINDOW, this.bytes + (this.near ? NEAR_STEP : STEP))
    else if (this.#quickest > this.#shortest * 1.5 + 50) this.bytes = Math.max(START, this.bytes * SHRINK)
  }

  /** A lane is gone, and these will never be acknowledged. @param {number} bytes */
  lost(bytes) {
    this.inFlight -= bytes
    this.lanes -= 1
    this.room.notify()
  }
}
