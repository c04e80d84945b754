/** Seals and opens bytes in messages of RFC 8188 (aes128gcm), whose records are reached by their numbers. PROTOCOL.md, "Sealed". Pure. */

/** Bytes of the file in one record: AES-GCM was fastest at this size (1,190 MiB/s, 850 at 64 KiB, 550 at 1 MiB). */
export const RECORD = 256 * 1024
/** A message's first bytes: salt, record size, an empty key id. */
const HEADER_BYTES = 21
/** What sealing adds to a record: the delimiter and the tag. */
const OVERHEAD = 17

/** How a sealed file is laid out: bytes before its first record, and what each record has more than the file. @typedef {{ head: number, more: number }} Layout */
/** A message for each record. @type {Layout} */
export const OWN_MESSAGES = { head: 0, more: HEADER_BYTES + OVERHEAD }
/** One message with all records, as until release 0.2. @type {Layout} */
export const ONE_MESSAGE = { head: HEADER_BYTES, more: OVERHEAD }

const SALT_BYTES = 16
const SEALED_RECORD = RECORD + OVERHEAD
const MORE = 1
const LAST = 2

/** Sealed bytes are not what the sender sealed, or the secret is another one; nothing of them may be saved. */
export class SealBroken extends Error {}

/** How many records a file has; an empty file has one. @param {number} size in bytes */
export function recordsOf(size) {
  return Math.max(1, Math.ceil(size / RECORD))
}

/** @param {number} size of the file, in bytes @param {Layout} [layout] @returns {number} of it sealed */
export function sealedSize(size, { head, more } = OWN_MESSAGES) {
  return head + size + more * recordsOf(size)
}

/** Where a record begins in the sealed file. @param {number} record @param {Layout} layout */
export function sealedOffset(record, { head, more }) {
  return head + record * (RECORD + more)
}

/** The record in which a byte of the sealed file lies; what stands before the first one counts as its own. @param {number} offset @param {Layout} layout */
export function recordAt(offset, { head, more }) {
  return Math.max(0, Math.floor((offset - head) / (RECORD + more)))
}

/** How many of the file's bytes lie in the first `sealed` bytes. @param {number} sealed @param {number} size of the file @param {Layout} [layout] */
export function openedBytes(sealed, size, layout = OWN_MESSAGES) {
  const record = recordAt(sealed, layout)
  return Math.min(size, record * RECORD + Math.min(RECORD, Math.max(0, sealed - sealedOffset(record, layout))))
}

/** Bytes of the file in one of its records. @param {number} size @param {number} record */
export function recordLength(size, record) {
  return Math.min(RECORD, size - record * RECORD)
}

/**
 * Bytes cut into records; none are one empty record.
 * @param {Uint8Array} bytes from a record's start on
 * @param {number} [length] of a record, in bytes
 */
export function cutRecords(bytes, length = RECORD) {
  return Array.from({ length: Math.max(1, Math.ceil(bytes.length / length)) }, (_, at) => bytes.subarray(at * length, (at + 1) * length))
}

/**
 * What seals and opens the records of a file. `seal` gives the parts of the sealed record; `digest` is the SHA-256 of its bytes, where it is known.
 * @typedef {{ layout: Layout, seal(record: number, bytes: Uint8Array, last: boolean, digest?: Uint8Array): Promise<Uint8Array<ArrayBuffer>[]>, open(record: number, sealed: Uint8Array, last: boolean): Promise<Uint8Array> }} FileSeal
 */

/** The key and the nonces of one message, by its keying material and its salt. @implements {FileSeal} */
export class Seal {
  layout = ONE_MESSAGE
  #key
  #nonce

  /** @param {CryptoKey} key @param {Uint8Array} nonce @param {Uint8Array} salt */
  constructor(key, nonce, salt) {
    this.#key = key
    this.#nonce = nonce
    this.salt = salt
  }

  /**
   * RFC 8188 section 2.2 and 2.3.
   * @param {Uint8Array} material
   * @param {Uint8Array} salt
   */
  static async of(material, salt) {
    const from = await crypto.subtle.importKey('raw', view(material), 'HKDF', false, ['deriveBits'])
    const part = (/** @type {string} */ info, /** @type {number} */ bytes) =>
      crypto.subtle.deriveBits({ name: 'HKDF', hash: 'SHA-256', salt: view(salt), info: new TextEncoder().encode(`${info}\0`) }, from, bytes * 8)
    const raw = await part('Content-Encoding: aes128gcm', 16)
    const key = await crypto.subtle.importKey('raw', raw, 'AES-GCM', false, ['encrypt', 'decrypt'])
    return new Seal(key, new Uint8Array(await part('Content-Encoding: nonce', 12)), salt)
  }

  /** @returns {Uint8Array<ArrayBuffer>} */
  header() {
    const bytes = new Uint8Array(HEADER_BYTES)
    bytes.set(this.salt)
    new DataView(bytes.buffer).setUint32(SALT_BYTES, SEALED_RECORD)
    return bytes
  }

  /**
   * @param {number} record its number
   * @param {Uint8Array} bytes
   * @param {boolean} last
   */
  async seal(record, bytes, last) {
    return [new Uint8Array(await delimited(bytes, last ? LAST : MORE, (padded) => crypto.subtle.encrypt(this.#algorithm(record), this.#key, padded)))]
  }

  /**
   * Rejects with SealBroken unless it is exactly that record.
   * @param {number} record its number
   * @param {Uint8Array} sealed
   * @param {boolean} last
   */
  async open(record, sealed, last) {
    const padded = await crypto.subtle.decrypt(this.#algorithm(record), this.#key, view(sealed)).catch(() => new ArrayBuffer(0))
    const bytes = new Uint8Array(padded)
    if (bytes.at(-1) !== (last ? LAST : MORE)) throw new SealBroken('The sealed bytes were changed on their way, or the secret is not theirs.')
    return bytes.subarray(0, -1)
  }

  /** @param {number} record */
  #algorithm(record) {
    const iv = this.#nonce.slice()
    const tail = new DataView(iv.buffer, 8)
    tail.setUint32(0, tail.getUint32(0) ^ record)
    return { name: 'AES-GCM', iv }
  }
}

/**
 * The sealed records of some whole records of a file, in parts.
 * @param {FileSeal} seal
 * @param {number} first the number of the first record
 * @param {Uint8Array} bytes of the file, from that record's start
 * @param {number} size of the whole file
 * @param {Uint8Array[]} [digests] of these records, where they are known
 */
export async function sealRecords(seal, first, bytes, size, digests = []) {
  const last = recordsOf(size) - 1
  const sealed = await Promise.all(cutRecords(bytes).map((record, at) => seal.seal(first + at, record, first + at === last, digests[at])))
  return sealed.flat()
}

/**
 * The other way round: the file's bytes, in the memory of the sealed ones, which are no more. Rejects with SealBroken.
 * @param {FileSeal} seal
 * @param {number} first
 * @param {Uint8Array} sealed whole records
 * @param {number} size of the whole file
 */
export async function openRecords(seal, first, sealed, size) {
  const cut = cutRecords(sealed, RECORD + seal.layout.more)
  const parts = await Promise.all(cut.map((record, at) => seal.open(first + at, record, first + at === recordsOf(size) - 1)))
  return joined(parts, sealed)
}

/** A whole message of something small. @param {Seal} seal @param {Uint8Array} bytes */
export async function sealMessage(seal, bytes) {
  return joined([seal.header(), ...(await sealRecords(seal, 0, bytes, bytes.length))], new Uint8Array(sealedSize(bytes.length, ONE_MESSAGE)))
}

/**
 * Rejects with SealBroken.
 * @param {Uint8Array} material
 * @param {Uint8Array} message
 */
export async function openMessage(material, message) {
  const seal = await Seal.of(material, saltOf(message))
  const sealed = message.subarray(HEADER_BYTES)
  const count = Math.max(1, Math.ceil(sealed.length / SEALED_RECORD))
  return openRecords(seal, 0, sealed, Math.max(0, sealed.length - count * OVERHEAD))
}

/** Throws SealBroken when the message does not begin as ours do. @param {Uint8Array} message at least its header */
export function saltOf(message) {
  const head = new DataView(message.buffer, message.byteOffset, message.byteLength)
  const ours = message.length >= HEADER_BYTES && head.getUint32(SALT_BYTES) === SEALED_RECORD && head.getUint8(HEADER_BYTES - 1) === 0
  if (!ours) throw new SealBroken('These bytes were not sealed by Packet Post.')
  return message.slice(0, SALT_BYTES)
}

/**
 * Work on bytes with the delimiter behind them. Where their memory goes on it lies there for a moment, which spares a copy: WebCrypto has taken its own
 * before it returns its promise (Web Cryptography API, 14.3.1, "a copy of the bytes held by data").
 * @template T
 * @param {Uint8Array} bytes
 * @param {number} delimiter
 * @param {(padded: Uint8Array<ArrayBuffer>) => T} work
 */
function delimited(bytes, delimiter, work) {
  const { length, byteOffset, buffer } = view(bytes)
  if (byteOffset + length === buffer.byteLength) {
    const copy = new Uint8Array(length + 1)
    copy.set(bytes)
    copy[length] = delimiter
    return work(copy)
  }
  const padded = new Uint8Array(buffer, byteOffset, length + 1)
  const borrowed = padded[length]
  padded[length] = delimiter
  try {
    return work(padded)
  } finally {
    padded[length] = borrowed
  }
}

/** The parts one behind the other, in the memory of `place`. @param {Uint8Array[]} parts @param {Uint8Array} place */
function joined(parts, place) {
  let at = 0
  for (const part of parts) {
    place.set(part, at)
    at += part.length
  }
  return place.subarray(0, at)
}

/** What WebCrypto's types want. @param {Uint8Array} bytes */
function view(bytes) {
  return /** @type {Uint8Array<ArrayBuffer>} */ (bytes)
}
