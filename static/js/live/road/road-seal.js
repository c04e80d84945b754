/** Seals what pages say on a road: each direction by a key of this lane alone, each envelope under its number. PROTOCOL.md, "The road". Pure. */

import { envelopeHead } from './stretches.js'

export const ID_BYTES = 16
export const CONTROL = 0
export const FRAME = 1
const TAG_BYTES = 16
const VERSION = 1
const HELLO_BYTES = 4 + ID_BYTES

/** @typedef {import('../../crypto/keys.js').Keys} Keys */
/** @typedef {{ seat: number, id: Uint8Array }} End one side of a lane */

/** @param {Uint8Array} id @returns {Uint8Array<ArrayBuffer>} */
export function hello(id) {
  const bytes = new Uint8Array(HELLO_BYTES)
  new DataView(bytes.buffer).setUint32(0, VERSION)
  bytes.set(id, 4)
  return bytes
}

/** The other side's id. Throws on what is no hello of this version. @param {Uint8Array<ArrayBuffer>} bytes */
export function parseHello(bytes) {
  const known = bytes.length === HELLO_BYTES && new DataView(bytes.buffer, bytes.byteOffset).getUint32(0) === VERSION
  if (!known) throw new Error('The other side\'s page is of another version. Reload both pages.')
  return bytes.slice(4)
}

export class RoadSeal {
  #ours
  #theirs
  #sent = 0n
  #opened = 0n

  /** @param {CryptoKey} ours for what we say @param {CryptoKey} theirs */
  constructor(ours, theirs) {
    this.#ours = ours
    this.#theirs = theirs
  }

  /**
   * @param {Keys} keys of the session
   * @param {End} own
   * @param {End} other
   */
  static async of(keys, own, other) {
    return new RoadSeal(await keys.road(own, other), await keys.road(other, own))
  }

  /**
   * An envelope. The message is copied before this returns, and the number is the order of the calls.
   * @param {number} kind
   * @param {Uint8Array<ArrayBuffer>} message
   * @returns {Promise<Uint8Array<ArrayBuffer>[]>} its parts, in order
   */
  async seal(kind, message) {
    const head = envelopeHead(kind, message.length + TAG_BYTES)
    const sealed = crypto.subtle.encrypt({ name: 'AES-GCM', iv: nonce(this.#sent++), additionalData: head }, this.#ours, message)
    return [head, new Uint8Array(await sealed)]
  }

  /**
   * What is in the next envelope. Rejects when anything of it was changed, or it is not the next one.
   * @param {{ head: Uint8Array<ArrayBuffer>, sealed: Uint8Array<ArrayBuffer> }} envelope
   * @returns {Promise<{ kind: number, message: ArrayBuffer }>}
   */
  async open({ head, sealed }) {
    const iv = nonce(this.#opened++)
    try {
      return { kind: head[0], message: await crypto.subtle.decrypt({ name: 'AES-GCM', iv, additionalData: head }, this.#theirs, sealed) }
    } catch {
      throw new Error('What came through the server was changed on its way.')
    }
  }
}

/** @param {bigint} number @returns {Uint8Array<ArrayBuffer>} */
function nonce(number) {
  const bytes = new Uint8Array(12)
  new DataView(bytes.buffer).setBigUint64(4, number)
  return bytes
}
