/** The frames of live transfers: bytes and acknowledgements as they lie in a message. PROTOCOL.md, "The transfer". Pure. */

import { OWN_MESSAGES, RECORD } from '../../crypto/record-stream.js'

/** A file is cut into blocks of this many bytes; its last one is shorter. */
export const BLOCK = 1024 * 1024
/** The largest payload of one frame. */
export const FRAME = 128 * 1024
export const DIGEST_BYTES = 32
/** Bytes that may be handed out and not yet written by the receiver. */
export const CREDIT = 32 * 1024 * 1024
/** Whole records make a block, so that each is sealed and opened on its own. */
export const RECORDS_IN_BLOCK = BLOCK / RECORD

const HEADER = 16
const ACK_BYTES = 12
const BYTES_KIND = 1
const ACK_KIND = 2
const LAST_FLAG = 1

/** @typedef {{ kind: 'bytes', file: number, block: number, offset: number, payload: Uint8Array, digest: Uint8Array | null }} BytesFrame */
/** @typedef {{ kind: 'ack', received: number }} AckFrame received: bytes of whole messages on this lane so far */

// Memory of blocks that were sent, for the next ones: a fresh MiB each time cost a sixth of the sending page's processor time.
const MOST_SPARE = 8
/** The most that carries a block. */
const MOST_CARRIED = carriedLength(BLOCK, OWN_MESSAGES)
const FULL_BYTES = HEADER + MOST_CARRIED + DIGEST_BYTES
/** @type {ArrayBuffer[]} */
const spare = []

/**
 * A block on its way out, in one buffer with room for a header and the digest. Frames are cut from it in order and without copying: the header of each
 * takes the place of bytes before it, which were sent. So a block is sent once; for another time it is read again.
 */
export class OutgoingBlock {
  #buffer

  /**
   * @param {Uint8Array[]} parts what carries the block
   * @param {Uint8Array} digest of the file's own bytes in it
   */
  constructor(parts, digest) {
    this.length = parts.reduce((sum, { length }) => sum + length, 0)
    this.digest = digest
    this.#buffer = spare.pop() ?? new ArrayBuffer(this.length < BLOCK ? HEADER + this.length + DIGEST_BYTES : FULL_BYTES)
    let at = HEADER
    for (const part of [...parts, digest]) {
      new Uint8Array(this.#buffer, at).set(part)
      at += part.length
    }
  }

  /** What carries the block, until its first frame is cut. */
  get bytes() {
    return new Uint8Array(this.#buffer, HEADER, this.length)
  }

  /** All of it was sent: another block may have its memory. */
  release() {
    if (this.#buffer.byteLength === FULL_BYTES && spare.length < MOST_SPARE) spare.push(this.#buffer)
    this.#buffer = new ArrayBuffer(0)
  }

  /**
   * The frame with the bytes from `offset` to `end`; with the last of them goes the digest. To be sent before the next one is cut.
   * @param {{ n: number, block: number }} block which it is
   * @param {number} offset
   * @param {number} end
   */
  frame({ n, block }, offset, end) {
    const last = end === this.length
    const view = new DataView(this.#buffer, offset, HEADER)
    view.setUint8(0, BYTES_KIND)
    view.setUint8(1, last ? LAST_FLAG : 0)
    view.setUint16(2, 0)
    view.setUint32(4, n)
    view.setUint32(8, block)
    view.setUint32(12, offset)
    return new Uint8Array(this.#buffer, offset, HEADER + end - offset + (last ? DIGEST_BYTES : 0))
  }
}

/** @param {number} received */
export function encodeAck(received) {
  const buffer = new ArrayBuffer(ACK_BYTES)
  const view = new DataView(buffer)
  view.setUint8(0, ACK_KIND)
  view.setBigUint64(4, BigInt(received))
  return buffer
}

/**
 * Read a message of the other side; throws on everything that is not a frame.
 * @param {ArrayBuffer} buffer
 * @returns {BytesFrame | AckFrame}
 */
export function decodeFrame(buffer) {
  if (buffer.byteLength < ACK_BYTES) throw malformed('is too short')
  const view = new DataView(buffer)
  const kind = view.getUint8(0)
  if (view.getUint16(2) !== 0) throw malformed('has reserved bits')
  if (kind === ACK_KIND) return decodeAck(view)
  if (kind === BYTES_KIND) return decodeBytes(view)
  throw malformed(`is of an unknown kind (${kind})`)
}

/** @param {DataView} view @returns {AckFrame} */
function decodeAck(view) {
  const received = Number(view.getBigUint64(4))
  if (view.byteLength !== ACK_BYTES || view.getUint8(1) !== 0) throw malformed('is no acknowledgement')
  if (!Number.isSafeInteger(received)) throw malformed('acknowledges more than there can be')
  return { kind: 'ack', received }
}

/** @param {DataView} view @returns {BytesFrame} */
function decodeBytes(view) {
  const flags = view.getUint8(1)
  if (flags & ~LAST_FLAG) throw malformed('has unknown flags')
  const tail = flags & LAST_FLAG ? DIGEST_BYTES : 0
  const length = view.byteLength - HEADER - tail
  const offset = view.byteLength < HEADER ? 0 : view.getUint32(12)
  if (length < 1 || length > FRAME || offset + length > MOST_CARRIED) throw malformed('has no possible length')
  return {
    kind: 'bytes',
    file: view.getUint32(4),
    block: view.getUint32(8),
    offset,
    payload: new Uint8Array(view.buffer, HEADER, length),
    digest: tail ? new Uint8Array(view.buffer, HEADER + length, DIGEST_BYTES) : null,
  }
}

/** @param {string} what */
function malformed(what) {
  return new Error(`The other side sent a frame that ${what}.`)
}

/** How many blocks a file of this many bytes has. @param {number} size */
export function blocksOf(size) {
  return Math.ceil(size / BLOCK)
}

/**
 * The bytes of one block of a file.
 * @param {number} size of the file
 * @param {number} block
 */
export function blockLength(size, block) {
  return Math.min(BLOCK, size - block * BLOCK)
}

/**
 * The bytes that carry a block: its own, or its sealed records.
 * @param {number} length of the block
 * @param {import('../../crypto/record-stream.js').Layout | null} layout null: not sealed
 */
export function carriedLength(length, layout) {
  return layout ? length + layout.more * Math.ceil(length / RECORD) : length
}
