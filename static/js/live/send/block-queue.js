/** Which block goes next, within the receiver's credit. Pure. */

import { BLOCK, blockLength, blocksOf, CREDIT } from '../lanes/frames.js'

/** @typedef {{ n: number, block: number }} Block */
/** @typedef {{ size: number, count: number, next: number, skip: Set<number>, handed: number }} Wish handed: bytes that the receiver has or will have */

export class BlockQueue {
  /** @type {Map<number, Wish>} in the order they are sent */
  #wishes = new Map()
  /** @type {Block[]} to be sent again, before anything else */
  #returned = []
  #written = 0
  #handed = 0
  /** @type {Set<number>} files with blocks that were never handed out, in their order */
  #pending = new Set()

  /**
   * The receiver wants this file from a block on; it may say so again at any time.
   * @param {number} n
   * @param {number} size
   * @param {number} from
   * @param {Iterable<number>} have later blocks that it has, or that are on their way
   */
  want(n, size, from, have = []) {
    const count = blocksOf(size)
    const skip = new Set([...have].filter((block) => block >= from && block < count))
    let handed = Math.min(size, from * BLOCK)
    for (const block of skip) handed += blockLength(size, block)
    this.#forget(n)
    this.#handed += handed
    this.#wishes.set(n, { size, count, next: from, skip, handed })
    this.#pending.add(n)
  }

  /** Nothing more of this file; the receiver counts it as written. @param {number} n */
  drop(n) {
    const wish = this.#wishes.get(n)
    this.#forget(n)
    if (!wish) return
    Object.assign(wish, { next: wish.count, handed: wish.size })
    this.#handed += wish.size
  }

  /** @param {number} n */
  #forget(n) {
    this.#returned = this.#returned.filter((block) => block.n !== n)
    this.#handed -= this.#wishes.get(n)?.handed ?? 0
    this.#pending.delete(n)
  }

  /** The next block to send; null when there is none, or no credit for it. @returns {Block | null} */
  next() {
    const again = this.#returned.shift()
    if (again) return again
    for (const n of this.#pending) {
      const wish = /** @type {Wish} */ (this.#wishes.get(n))
      if (this.#exhausted(wish)) {
        this.#pending.delete(n)
        continue
      }
      const length = blockLength(wish.size, wish.next)
      if (this.unwritten > 0 && this.unwritten + length > CREDIT) return null
      this.#count(wish, length)
      return { n, block: wish.next++ }
    }
    return null
  }

  /** @param {Wish} wish */
  #exhausted(wish) {
    while (wish.skip.has(wish.next)) wish.next += 1
    return wish.next >= wish.count
  }

  /** @param {Wish} wish @param {number} bytes */
  #count(wish, bytes) {
    wish.handed += bytes
    this.#handed += bytes
  }

  /** It did not arrive, or not whole: send it again. @param {Block} block */
  giveBack({ n, block }) {
    const wish = this.#wishes.get(n)
    if (wish && block < wish.next) this.#returned.push({ n, block })
    else if (wish?.skip.delete(block)) this.#count(wish, -blockLength(wish.size, block))
  }

  /** Every block of it was handed out at least once. @param {number} n */
  allHanded(n) {
    const wish = this.#wishes.get(n)
    return Boolean(wish && this.#exhausted(wish)) && !this.#returned.some((block) => block.n === n)
  }

  /** @param {number} bytes in all that the receiver has written */
  noteWritten(bytes) {
    this.#written = bytes
  }

  get written() {
    return this.#written
  }

  /** Bytes handed out and not yet written. */
  get unwritten() {
    return this.#handed - this.#written
  }
}
