/** What one lane carries: blocks handed to it and not yet acknowledged whole. */

import { DIGEST_BYTES } from '../lanes/frames.js'

/** @typedef {import('./block-queue.js').Block} Block */

export class LaneQueue {
  #lane
  /** @type {Map<Block, number>} where on the lane each ends; Infinity while it is not whole on it */
  #ends = new Map()

  /** @param {import('../road/either-way.js').AnyLane} lane */
  constructor(lane) {
    this.#lane = lane
  }

  /** @returns {Block[]} */
  get unacknowledged() {
    return [...this.#ends].filter(([, end]) => end > this.#lane.flow.acked).map(([block]) => block)
  }

  /** @param {Block} block */
  enqueue(block) {
    this.#ends.set(block, Infinity)
  }

  /** @param {Block} block */
  forget(block) {
    this.#ends.delete(block)
  }

  /**
   * Put a block on the lane, frame by frame, as its window opens. Rejects when the lane dies or the transfer is given up.
   * @param {Block} block
   * @param {import('../lanes/frames.js').OutgoingBlock} read
   * @param {AbortSignal} signal
   */
  async carry(block, read, signal) {
    const { flow } = this.#lane
    for (let offset = 0; offset < read.length;) {
      const end = Math.min(offset + flow.frame, read.length)
      await this.#lane.untilRoom(end - offset + DIGEST_BYTES)
      signal.throwIfAborted() // another transfer may have this lane now
      this.#lane.send(read.frame(block, offset, end))
      offset = end
    }
    read.release()
    this.#ends.set(block, flow.sentTotal)
    this.#dropAcknowledged()
  }

  /** Forget the blocks that the other page has whole. */
  #dropAcknowledged() {
    for (const [block, end] of this.#ends) if (end <= this.#lane.flow.acked) this.#ends.delete(block)
  }
}
