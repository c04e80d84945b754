/** When the direct way last showed that it carries something. All times are `performance.now()`, told by the caller. Pure. */

// It may acknowledge nothing of what is on it for so long. Milliseconds, as all of these.
const STALLED = 2000
// And for so long where this side has another network than before, which is believed for some seconds.
const STALLED_AFTER_MOVE = 1500
const MOVE_LASTS = 5000
// Less than the other side waits before it gives the direct way up.
const SILENT = 1000
// Frames that come by both ways for a while do not change what is shown all the time.
const ROUTE_KEPT = 1000

export class DirectSigns {
  #moved = 0
  #lastReceived = 0
  #frame = -ROUTE_KEPT
  #movesUntil = 0

  /** The other side has more of what we said there. @param {number} now */
  noteAcknowledged(now) {
    this.#moved = this.#lastReceived = now
  }

  /** Nothing of ours is on it, so that nothing can come back. @param {number} now */
  noteIdle(now) {
    this.#moved = now
  }

  /** This side has another network: the direct way is probably gone. @param {number} now */
  noteMove(now) {
    this.#movesUntil = now + MOVE_LASTS
  }

  /** Something came over it. @param {number} now */
  noteReceived(now) {
    this.#lastReceived = now
  }

  /** A frame came over it. @param {number} now */
  noteFrame(now) {
    this.#frame = this.#lastReceived = now
  }

  /** What is on it does not arrive. @param {number} now */
  stalls(now) {
    return now - this.#moved > (now < this.#movesUntil ? STALLED_AFTER_MOVE : STALLED)
  }

  /** Nothing comes over it. @param {number} now */
  isSilent(now) {
    return now - this.#lastReceived > SILENT
  }

  /** Frames come over it, or did a moment ago. @param {number} now */
  bringsFrames(now) {
    return now - this.#frame <= ROUTE_KEPT
  }
}
