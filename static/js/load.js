/** What one lane carries: blocks handed to it and not yet acknowledged whole. */

import { DIGEST_BYTES, encodeFrame } from './wire.js'

/** @typedef {import('./blocks.js').Block} Block */

export class Load {
  #lane
  /** @type {Map<Block, number>} where on the lane each ends; Infinity while it is not whole on it */
  #ends = new Map()

  /** @param {import('./lane.js').Lane} lane */
  constructor(lane) {
    this.#lane = lane
  }

  /** @returns {Block[]} */
  get unacknowledged() {
    for (const [block, end] of this.#ends) if (end <= this.#lane.pace.acked) this.#ends.delete(block)
    return [...this.#ends.keys()]
  }

  /** @param {Block} block */
  take(block) {
    this.#ends.set(block, Infinity)
  }

  /** @param {Block} block */
  forget(block) {
    this.#ends.delete(block)
  }

  /**
   * Put a block on the lane, frame by frame, as its window opens. Rejects when the lane dies or the transfer is given up.
   * @param {Block} block
   * @param {import('./reader.js').ReadBlock} read
   * @param {AbortSignal} signal
   */
  async carry(block, { bytes, digest }, signal) {
    const { pace } = this.#lane
    for (let offset = 0; offset < bytes.length;) {
      const payload = bytes.subarray(offset, offset + pace.frame)
      const last = offset + payload.length === bytes.length
      await this.#lane.untilRoom(payload.length + DIGEST_BYTES)
      signal.throwIfAborted() // another transfer may have this lane now
      this.#lane.send(encodeFrame({ file: block.n, block: block.block, offset, payload, digest: last ? digest : null }))
      offset += payload.length
    }
    this.#ends.set(block, pace.sentTotal)
    this.#prune()
  }

  #prune() {
    void this.unacknowledged
  }
}
