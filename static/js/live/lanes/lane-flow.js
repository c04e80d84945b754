/** How much one lane may have on its way, within the window that all lanes share. Pure: the clock (milliseconds) is passed in. */

import { FRAME } from './frames.js'

/** @typedef {import('./congestion.js').CongestionWindow} CongestionWindow */

// A lane that runs empty takes about three round trips for its next 32 KiB, as if Chromium sent only a few packets for each `send` and each
// acknowledgement. With four frames of each lane on their way it never runs empty (40 ms, 40 Mbit/s, 8 lanes: 1.4 MiB/s with one, 3.7 with four).
const FRAMES_A_LANE = 4
const LEAST_FRAME = 8 * 1024
// No lane holds more than this many times its part, so that one that is stuck does not starve the others.
const LANE_SHARE = 1.5

/** One lane's part of what is on its way. */
export class LaneFlow {
  #window
  #sent = 0
  #acked = 0
  /** @type {{ end: number, at: number }[]} frames on their way, oldest first */
  #frames = []

  /** @param {CongestionWindow} window */
  constructor(window) {
    this.#window = window
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

  /** The payload of a frame. */
  get frame() {
    return Math.min(FRAME, Math.max(LEAST_FRAME, Math.floor(this.#window.share / FRAMES_A_LANE)))
  }

  /** @param {number} bytes */
  allows(bytes) {
    if (!this.inFlight) return true
    return this.#window.allows(bytes) && this.inFlight + bytes <= this.#window.share * LANE_SHARE
  }

  /** @param {number} bytes @param {number} now */
  sent(bytes, now) {
    if (!this.#sent) this.#window.lanes += 1
    this.#sent += bytes
    this.#window.inFlight += bytes
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
    if (bytes) this.#window.delivered(bytes, trip, now)
  }

  /** The lane is dead. */
  end() {
    if (this.#sent) this.#window.lost(this.inFlight)
    this.#frames = []
  }
}
