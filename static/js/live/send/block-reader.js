/** Reads one chosen file in blocks with their digests, and seals them where the transfer is sealed: big slices ahead (64 KiB slices were seven times slower). */

import { overDigests, recordDigests, same } from '../block-digest.js'
import { SEAL } from '../../crypto/keys.js'
import { sealRecords } from '../../crypto/record-stream.js'
import { BLOCK, blockLength, blocksOf, OutgoingBlock, RECORDS_IN_BLOCK } from '../lanes/frames.js'

const GROUP = 4
// Digests and seals are made by other threads, and a lane that waited for them would stand still: so many blocks are ready before they are asked for.
const READY = 3

/** @typedef {(seal: number) => Promise<import('../../crypto/record-stream.js').FileSeal>} SealOf by how the receiver can open it */

export class BlockReader {
  #file
  #sealOf
  /** @type {Promise<import('../../crypto/record-stream.js').FileSeal> | null} */
  #seal = null
  #how = SEAL
  #groups
  /** The group that reading in order comes to next; what lies before it is read again one block at a time. */
  #ahead = 0
  /** @type {Map<number, Promise<Uint8Array>>} the group in use and the one after it */
  #kept = new Map()
  /** @type {Map<number, Promise<OutgoingBlock>>} made ready, each given out once */
  #ready = new Map()
  /** @type {(Uint8Array | undefined)[]} */
  digests

  /** @param {File} file @param {SealOf | null} [sealOf] null: its blocks travel plain */
  constructor(file, sealOf = null) {
    this.#file = file
    this.#sealOf = sealOf
    const blocks = blocksOf(file.size)
    this.#groups = Math.ceil(blocks / GROUP)
    this.digests = Array(blocks).fill(undefined)
  }

  /** How to seal it from now on: as the receiver can open it. @param {number} how */
  use(how) {
    if (!this.#sealOf || how === this.#how) return
    this.#how = how
    this.#seal = null
    this.#ready.clear()
  }

  /**
   * Rejects when the file has changed or gone.
   * @param {number} block
   * @returns {Promise<OutgoingBlock>}
   */
  async read(block) {
    const read = this.#ready.get(block) ?? this.#make(block)
    this.#ready.delete(block)
    for (const old of this.#ready.keys()) if (old < block - READY) this.#ready.delete(old)
    for (let next = block + 1; next <= block + READY && next < this.digests.length; next += 1) this.#prepare(next)
    return read
  }

  /** Make the first block ready: somebody may ask for it soon. */
  warm() {
    if (this.digests.length) this.#prepare(0)
  }

  /** @param {number} block */
  #prepare(block) {
    if (this.#ready.has(block) || this.digests[block]) return
    const read = this.#make(block)
    read.catch(() => this.#ready.delete(block)) // whoever asks for it tries again, and hears why
    this.#ready.set(block, read)
  }

  /** @param {number} block @returns {Promise<OutgoingBlock>} */
  async #make(block) {
    const bytes = await this.#bytes(block)
    if (bytes.length !== blockLength(this.#file.size, block)) throw new Error('The file has become shorter.')
    const digests = await recordDigests(bytes)
    const [digest, parts] = await Promise.all([overDigests(digests), this.#sealed(block, bytes, digests)])
    if (!same(this.digests[block] ?? digest, digest)) throw new Error('The file was changed.')
    this.digests[block] = digest
    return new OutgoingBlock(parts, digest)
  }

  /** @param {number} block @param {Uint8Array} bytes @param {Uint8Array[]} digests of its records */
  async #sealed(block, bytes, digests) {
    this.#seal ??= this.#sealOf?.(this.#how) ?? null
    return this.#seal ? sealRecords(await this.#seal, block * RECORDS_IN_BLOCK, bytes, this.#file.size, digests) : [bytes]
  }

  /** Forget what was read ahead. */
  rest() {
    this.#kept.clear()
    this.#ready.clear()
  }

  /** @param {number} block */
  async #bytes(block) {
    const group = Math.floor(block / GROUP)
    if (!this.#kept.has(group) && group < this.#ahead) return this.#slice(block * BLOCK, BLOCK)
    const whole = this.#group(group)
    if (group + 1 < this.#groups) this.#group(group + 1)
    const at = (block % GROUP) * BLOCK
    return (await whole).subarray(at, at + BLOCK)
  }

  /** @param {number} group */
  #group(group) {
    const reading = this.#kept.get(group) ?? this.#slice(group * GROUP * BLOCK, GROUP * BLOCK)
    reading.catch(() => this.#kept.delete(group))
    this.#kept.set(group, reading)
    this.#ahead = Math.max(this.#ahead, group + 1)
    for (const old of this.#kept.keys()) if (old < group - 2) this.#kept.delete(old)
    return reading
  }

  /** @param {number} from @param {number} length */
  async #slice(from, length) {
    return new Uint8Array(await this.#file.slice(from, from + length).arrayBuffer())
  }
}
