/**
 * Seals and opens a file of which each record is a message of its own, by a salt that follows from its bytes: however often and whenever a file is read, no two
 * different texts share a key and a nonce. PROTOCOL.md, "Sealed: Stream". Pure.
 */

import { toBase64url } from './base64url.js'
import { openMessage, OWN_MESSAGES, Seal } from './record-stream.js'

/** A record holds other bytes than when it was sealed before. */
export class FileChanged extends Error {}

/** @typedef {import('./record-stream.js').FileSeal} FileSeal */

/** @implements {FileSeal} */
export class RecordMessages {
  layout = OWN_MESSAGES
  #name
  #derive
  /** What was sealed so far: of each record's digest as much as a number holds, since files may have millions. @type {number[]} */
  #sealed = []

  /**
   * @param {string} name of the file, for its keys
   * @param {(label: string, bytes: number) => Promise<Uint8Array>} derive
   */
  constructor(name, derive) {
    this.#name = name
    this.#derive = derive
  }

  /**
   * The message of a record: its header, and the rest. Rejects with FileChanged.
   * @param {number} record its number
   * @param {Uint8Array} bytes
   * @param {boolean} [_last] which the file's size tells
   * @param {Uint8Array} [digest]
   */
  async seal(record, bytes, _last, digest) {
    const own = digest ?? await sha256(bytes)
    this.#compare(record, own)
    const label = this.#label(record)
    const [material, salt] = await Promise.all([this.#derive(label, 32), this.#derive(`salt ${toBase64url(own)} ${label}`, 16)])
    const seal = await Seal.of(material, salt)
    return [seal.header(), ...(await seal.seal(0, bytes, true))]
  }

  /** @param {number} record @param {Uint8Array} digest */
  #compare(record, digest) {
    const mark = digest.subarray(0, 6).reduce((number, byte) => number * 256 + byte, 0)
    if ((this.#sealed[record] ??= mark) !== mark) throw new FileChanged('The file was changed.')
  }

  /**
   * Rejects with SealBroken unless it is exactly that record.
   * @param {number} record its number
   * @param {Uint8Array} message
   */
  async open(record, message) {
    return openMessage(await this.#derive(this.#label(record), 32), message)
  }

  /** @param {number} record */
  #label(record) {
    return `${this.#name} record ${record}`
  }
}

/** @param {Uint8Array} bytes */
async function sha256(bytes) {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', /** @type {BufferSource} */ (bytes)))
}
