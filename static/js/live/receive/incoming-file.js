/** One file on its way in: blocks that arrived whole, in any order, until the sink takes them in theirs. */

import { blockDigest, rootOf, same } from '../block-digest.js'
import { layoutOf, SEAL } from '../../crypto/keys.js'
import { openRecords } from '../../crypto/record-stream.js'
import { BLOCK, blockLength, blocksOf, carriedLength, RECORDS_IN_BLOCK } from '../lanes/frames.js'

const MOST_AGAIN = 3

export class IncomingFile {
  /** @type {FileState} */
  state = 'offered'
  message = ''
  /** Why it failed, for programs. */
  code = ''
  /** All of it is in its sink, which is a part of something that is not saved yet. */
  packed = false
  /** The next block that the sink needs. */
  next = 0
  /** @type {Sink | null} */
  sink = null
  /** The sender's root, once it has read the whole file. */
  root = ''
  /** @type {Map<number, Uint8Array>} */
  #held = new Map()
  /** @type {Uint8Array[]} of the blocks in the sink and of those held */
  #digests = []
  /** @type {Map<number, number>} */
  #again = new Map()
  /** @type {Promise<import('../../crypto/record-stream.js').FileSeal> | null} */
  #seal = null
  #keys
  #hold

  /**
   * @param {ManifestFile} entry
   * @param {{ bytes: number }} hold counts what all files of a transfer hold in memory
   * @param {import('../../crypto/keys.js').Keys | null} [keys] null: its blocks come plain
   */
  constructor({ n, path, size, type, mtime, seal }, hold, keys = null) {
    this.#hold = hold
    this.#keys = keys
    this.n = n
    this.path = path
    this.size = size
    this.type = type || 'application/octet-stream'
    this.mtime = mtime ?? 0
    this.seal = seal
    this.count = blocksOf(size)
  }

  /** Bytes in the sink; a file that failed stands in nobody's way. */
  get written() {
    return this.state === 'failed' ? this.size : Math.min(this.size, this.next * BLOCK)
  }

  get open() {
    return this.state === 'moving' || this.state === 'verifying'
  }

  /** @returns {Wanted} */
  get wanted() {
    const have = [...this.#held.keys()].filter((block) => block > this.next)
    return { n: this.n, from: this.next, have, ...(this.seal === SEAL && { seal: SEAL }) }
  }

  /** @returns {SinkFile} */
  get description() {
    return { name: this.path.slice(this.path.lastIndexOf('/') + 1), path: this.path, size: this.size, type: this.type, mtime: this.mtime }
  }

  /** @returns {FileProgress} */
  get shown() {
    const { n, path, size, mtime, state, message, code } = this
    return { n, path, size, mtime, state, message, code, done: Math.min(size, this.next * BLOCK) }
  }

  /** The same file, offered under another number, by which it is sealed now. @param {ManifestFile} entry */
  meet({ n, mtime, seal }) {
    this.n = n
    this.mtime = mtime ?? 0
    this.seal = seal
    this.#seal = null
  }

  /** Take over the sink, with what an earlier page left in it. @param {Sink} sink */
  use(sink) {
    this.sink = sink
    const kept = sink.digests ?? []
    this.next = kept.length
    this.#digests.splice(0, kept.length, ...kept)
    for (const block of this.#held.keys()) if (block < this.next) this.#release(block)
  }

  /** @param {number} block */
  #release(block) {
    const bytes = this.#held.get(block)
    if (bytes) this.#hold.bytes -= bytes.length
    this.#held.delete(block)
    return bytes ?? null
  }

  #releaseAll() {
    for (const block of this.#held.keys()) this.#release(block)
  }

  /** It is wanted, for the first time or again: on from the last good block while its sink lives. */
  begin() {
    this.state = 'moving'
    this.message = this.code = ''
    this.packed = false
    this.#again.clear()
    if (!this.sink) this.next = 0
  }

  /** From the start again, as nothing is kept. */
  restart() {
    this.sink = null
    this.next = 0
    this.root = ''
    this.#releaseAll()
    this.#again.clear()
  }

  /** Give its sink up; another try begins from the start. */
  abandon() {
    this.sink?.abort().catch(() => undefined)
    this.restart()
  }

  /** What is left of it when the rest comes another way. @returns {HandedOver} */
  leave() {
    const { path, size, sink } = this
    const state = this.packed ? 'saved' : this.state
    this.#releaseAll()
    return { path, size, state, sink: state === 'saved' ? null : sink, done: Math.min(size, this.next * BLOCK) }
  }

  /** @param {number} block */
  misses(block) {
    return this.open && block >= this.next && block < this.count && !this.#held.has(block)
  }

  /** How many bytes carry a block; 0 where there is none. @param {number} block */
  lengthOf(block) {
    return block < this.count ? carriedLength(blockLength(this.size, block), this.#keys && layoutOf(this)) : 0
  }

  /**
   * A block is whole: keep it when it opens and its digest agrees.
   * @param {number} block
   * @param {Uint8Array} carried
   * @param {Uint8Array} digest the sender's
   * @returns {Promise<'kept' | 'again' | 'damaged' | 'unopened' | 'late'>}
   */
  async check(block, carried, digest) {
    if (!this.misses(block)) return 'late'
    const bytes = await this.#opened(block, carried)
    const ours = bytes && (await blockDigest(bytes))
    if (!this.misses(block)) return 'late'
    if (!ours || !same(ours, digest)) return this.#bad(block) ?? (ours ? 'damaged' : 'unopened')
    this.#digests[block] = ours
    this.#held.set(block, bytes)
    this.#hold.bytes += bytes.length
    return 'kept'
  }

  /** The file's own bytes; null when what came was not sealed by the sender. @param {number} block @param {Uint8Array} carried */
  async #opened(block, carried) {
    if (!this.#keys) return carried
    this.#seal ??= this.#keys.ofFile(this)
    return openRecords(await this.#seal, block * RECORDS_IN_BLOCK, carried, this.size).catch(() => null)
  }

  /** @param {number} block @returns {'again' | null} null when that was the last try */
  #bad(block) {
    const times = (this.#again.get(block) ?? 0) + 1
    this.#again.set(block, times)
    return times > MOST_AGAIN ? null : 'again'
  }

  /** The next block for the sink, if it is here. */
  dequeue() {
    return this.#release(this.next)
  }

  ourRoot() {
    return rootOf(this.#digests.slice(0, this.count))
  }

  /** @param {string} code @param {string} message */
  fail(code, message) {
    this.state = 'failed'
    this.code = code
    this.message = message
    this.#releaseAll()
  }
}

/**
 * Which of these files is which of those offered now: by path and size, and where these are equal in their order.
 * @param {IncomingFile[]} files
 * @param {ManifestFile[]} offered
 * @returns {Map<IncomingFile, ManifestFile>}
 */
export function pairs(files, offered) {
  /** @type {Map<string, ManifestFile[]>} */
  const free = new Map()
  for (const entry of offered) free.set(key(entry), [...(free.get(key(entry)) ?? []), entry])
  /** @type {[IncomingFile, ManifestFile | undefined][]} */
  const found = files.map((file) => [file, free.get(key(file))?.shift()])
  return new Map(/** @type {[IncomingFile, ManifestFile][]} */ (found.filter(([, entry]) => entry)))
}

/** @param {{ path: string, size: number }} file */
const key = ({ path, size }) => `${size} ${path}`
