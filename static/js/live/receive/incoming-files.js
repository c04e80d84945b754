/** The files of a transfer on their way in: which there are, by which numbers, and what is left to do. */

import { IncomingFile, pairs } from './incoming-file.js'

export class IncomingFiles {
  /** @type {IncomingFile[]} */
  all = []
  /** Counts what all of them hold in memory. */
  hold = { bytes: 0 }
  /** @type {Map<number, IncomingFile>} */
  #byNumber = new Map()
  #keys

  /** @param {import('../../crypto/keys.js').Keys | null} keys null: their blocks come plain */
  constructor(keys) {
    this.#keys = keys
  }

  /** @param {number} n */
  get(n) {
    return this.#byNumber.get(n)
  }

  /** Those that somebody waits for. */
  get open() {
    return this.all.filter(({ open }) => open)
  }

  /** The first one that its sink does not have whole. */
  get next() {
    return this.open.find(({ packed }) => !packed)
  }

  /** Whether one of them lacks bytes. */
  get hungry() {
    return this.open.some(({ next, count }) => next < count)
  }

  get written() {
    return this.all.reduce((sum, { written }) => sum + written, 0)
  }

  /** @param {number} partial bytes of blocks that are not whole yet @returns {Progress} */
  progress(partial) {
    const wanted = this.all.filter(({ state }) => state !== 'offered' && state !== 'refused')
    const total = wanted.reduce((sum, { size }) => sum + size, 0)
    const done = wanted.reduce((sum, { state, written }) => sum + (state === 'failed' ? 0 : written), 0)
    return { done, arrived: Math.min(total, done + this.hold.bytes + partial), total, perFile: this.shown }
  }

  /** @returns {FileProgress[]} */
  get shown() {
    return this.all.map(({ shown }) => shown)
  }

  /** Others take their place. @param {ManifestFile[]} offered */
  replace(offered) {
    for (const file of this.all.filter(({ state }) => state !== 'saved')) {
      file.fail('source', '') // whoever waits for its bytes stops
      file.abandon()
    }
    this.#set(offered.map((entry) => new IncomingFile(entry, this.hold, this.#keys)))
  }

  /**
   * The same files again, perhaps chosen in another order.
   * @param {ManifestFile[]} offered
   * @returns {IncomingFile[] | null} those that are not offered any more; null when none is the same
   */
  meetAgain(offered) {
    const same = pairs(this.all, offered)
    if (!same.size) return null
    for (const [file, entry] of same) file.meet(entry)
    const gone = this.all.filter((file) => !same.has(file))
    this.#set(this.all.filter((file) => same.has(file)))
    return gone
  }

  /** @param {IncomingFile[]} files */
  #set(files) {
    this.all = files
    this.#byNumber = new Map(files.map((file) => [file.n, file]))
  }
}
