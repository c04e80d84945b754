/** Opens a sealed file while it arrives, in pieces as the network cuts them. Pure. */

import { recordLength, recordsOf, SealBroken } from './record-stream.js'

/** @typedef {import('./record-stream.js').FileSeal} FileSeal */

/**
 * Opens a file's sealed records as their bytes come, in pieces of any length, and gives the file's bytes record by record. Throws SealBroken;
 * ends early, without a word, where the pieces do: whoever asked compares.
 * @param {AsyncIterable<Uint8Array>} pieces from the start of record `first` on
 * @param {FileSeal} seal
 * @param {number} size of the whole file
 * @param {number} [first]
 */
export async function* openedRecords(pieces, seal, size, first = 0) {
  const count = recordsOf(size)
  const { more } = seal.layout
  const filling = new Filling()
  let record = first
  for await (const piece of pieces) {
    filling.add(piece)
    while (record < count && filling.length >= recordLength(size, record) + more) {
      const sealed = filling.dequeue(recordLength(size, record) + more)
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
