/** Puts blocks together from the frames of many lanes. A lane brings its frames in order, one block after the other. Pure. */

/** @typedef {import('../lanes/frames.js').BytesFrame} BytesFrame */

export class BlockAssembly {
  /** @type {Map<object, LaneBlock>} */
  #ofLane = new Map()

  /** Bytes of blocks that are not whole yet. */
  get bytes() {
    return [...this.#ofLane.values()].reduce((sum, { missing, filled }) => sum + (missing ? filled : 0), 0)
  }

  /** What a lane brought in part is lost with it. @param {object} lane */
  forget(lane) {
    this.#ofLane.delete(lane)
  }

  /**
   * @param {object} lane that brought the frame
   * @param {BytesFrame} frame
   * @param {number} length of its block
   * @returns {Uint8Array | null} the block, with its last frame. Throws on frames that fit nowhere.
   */
  add(lane, frame, length) {
    const block = this.#ofLane.get(lane) ?? new LaneBlock()
    this.#ofLane.set(lane, block)
    return block.add(frame, length)
  }
}

/** The block that one lane is bringing. */
class LaneBlock {
  #n = -1
  #block = -1
  filled = 0
  #bytes = new Uint8Array(0)

  get missing() {
    return this.#bytes.length - this.filled
  }

  /**
   * @param {BytesFrame} frame
   * @param {number} length of its block
   * @returns {Uint8Array | null} the block, with its last frame. Throws on frames that fit nowhere.
   */
  add({ file, block, offset, payload, digest }, length) {
    if (offset && this.#n < 0) return null // the rest of a block from before an earlier try was given up
    if (offset === 0) {
      this.#n = file
      this.#block = block
      this.filled = 0
      this.#bytes = new Uint8Array(length)
    }
    const end = offset + payload.length
    const fits = file === this.#n && block === this.#block && offset === this.filled && end <= this.#bytes.length
    if (!fits || Boolean(digest) !== (end === this.#bytes.length)) throw new Error('The other side sent a frame that fits nowhere.')
    this.#bytes.set(payload, offset)
    this.filled = end
    return digest ? this.#bytes : null
  }
}
