/** Opens a sealed message while it arrives, in pieces as the network cuts them. Pure. */

import { OVERHEAD, recordLength, recordsOf, SealBroken } from './record-stream.js'

/** @typedef {import('./record-stream.js').Seal} Seal */

/**
 * Opens a message's records as their bytes come, in pieces of any length, and gives the file's bytes record by record. Throws SealBroken;
 * ends early, without a word, where the pieces do: whoever asked compares.
 * @param {AsyncIterable<Uint8Array>} pieces from the start of record `first` on
 * @param {Seal} seal
 * @param {number} size of the whole file
 * @param {number} [first]
 */
export async function* openedRecords(pieces, seal, size, first = 0) {
  const count = recordsOf(size)
  const filling = new Filling()
  let record = first
  for await (const piece of pieces) {
    filling.add(piece)
    while (record < count && filling.length >= recordLength(size, record) + OVERHEAD) {
      const sealed = filling.dequeue(recordLength(size, record) + OVERHEAD)
      yield await seal.open(record, sealed, record === count - 1)
      record += 1
    }
    if (record === count && filling.length) throw new SealBroken('There is more behind the last sealed byte than was sent.')
  }
}

/** Pieces in their order, taken out in other lengths. */
class Filling {
  /** @type {Uint8Array[]} */
  #pieces = []
  length = 0

  /** @param {Uint8Array} piece */
  add(piece) {
    this.#pieces.push(piece)
    this.length += piece.length
  }

  /** @param {number} count not above the length */
  dequeue(count) {
    const taken = new Uint8Array(count)
    for (let at = 0; at < count;) {
      const piece = this.#pieces[0].subarray(0, count - at)
      taken.set(piece, at)
      at += piece.length
      if (piece.length === this.#pieces[0].length) this.#pieces.shift()
      else this.#pieces[0] = this.#pieces[0].subarray(piece.length)
    }
    this.length -= count
    return taken
  }
}
