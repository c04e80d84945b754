/** Puts together what a road's answers carry: stretches of bodies, bodies in their order, envelopes. PROTOCOL.md, "The road". Pure. */

const HEAD = 16
const MOST_CONTENT = 0xffffff
const ENVELOPE_HEAD = 4
/** The largest envelope's sealed part. */
const MOST_SEALED = 256 * 1024
// Bodies that may come before their turn: the other side has four on their way at most.
export const MOST_AHEAD = 4
const MOST_BODY = 4 * 1024 * 1024

/** @typedef {{ seat: number, lane: number, n: number, left: number, bytes: Uint8Array, last: boolean }} Part a part of a body of that seat; `last`: the body ends with it */

/** Gathers so many bytes from parts that come as they like. */
class Gatherer {
  #bytes = new Uint8Array(0)
  #filled = 0

  /** @param {number} length */
  begin(length) {
    this.#bytes = new Uint8Array(length)
    this.#filled = 0
  }

  /** @param {Uint8Array} bytes @returns {number} how many of them were needed */
  add(bytes) {
    const used = Math.min(bytes.length, this.#bytes.length - this.#filled)
    this.#bytes.set(used === bytes.length ? bytes : bytes.subarray(0, used), this.#filled)
    this.#filled += used
    return used
  }

  get whole() {
    return this.#filled === this.#bytes.length
  }

  get bytes() {
    return this.#bytes
  }
}

/** Reads the stretches of one answer as its bytes come. */
export class StretchReader {
  #head = new Gatherer()
  #seat = 0
  #lane = 0
  #n = 0
  #content = 0
  #left = 0

  constructor() {
    this.#head.begin(HEAD)
  }

  /**
   * The next bytes of the answer. Signs of life give nothing. Throws on what is no stretch.
   * @param {Uint8Array} bytes
   * @returns {Part[]}
   */
  read(bytes) {
    const parts = []
    for (let at = 0; at < bytes.length;) {
      if (!this.#content) at += this.#readHead(bytes.subarray(at))
      const part = bytes.subarray(at, at + this.#content)
      at += part.length
      this.#content -= part.length
      if (part.length) parts.push({ seat: this.#seat, lane: this.#lane, n: this.#n, left: this.#left + this.#content, bytes: part, last: !this.#left && !this.#content })
    }
    return parts
  }

  /** @param {Uint8Array} bytes */
  #readHead(bytes) {
    const used = this.#head.add(bytes)
    if (!this.#head.whole) return used
    const view = new DataView(this.#head.bytes.buffer)
    this.#head.begin(HEAD)
    const [lane, n, seatAndContent, left] = [0, 4, 8, 12].map((at) => view.getUint32(at))
    const content = seatAndContent & MOST_CONTENT
    if (content + left > MOST_BODY) throw new Error('The road brought a body that is longer than it may be.')
    this.#seat = seatAndContent >>> 24
    this.#lane = lane
    this.#n = n
    this.#content = content
    this.#left = left
    return used
  }
}

/** Gives the parts of a lane's bodies in the order of their numbers, whatever the order they come in. Body 0, the hello, is not among them. */
export class BodyOrder {
  #next = 1
  /** @type {Map<number, Part[]>} */
  #ahead = new Map()

  /** @param {Part} part @returns {Part[]} those whose turn it is now. Throws when too many come ahead */
  accept(part) {
    if (part.n < this.#next || part.n > this.#next + MOST_AHEAD) throw new Error('The road lost a part of what was said.')
    if (part.n > this.#next) {
      const held = this.#ahead.get(part.n) ?? []
      this.#ahead.set(part.n, held)
      held.push({ ...part, bytes: part.bytes.slice() })
      return []
    }
    const parts = [part]
    while (parts[parts.length - 1].last && parts[parts.length - 1].n === this.#next) {
      this.#next += 1
      const held = this.#ahead.get(this.#next)
      if (!held) break
      this.#ahead.delete(this.#next)
      parts.push(...held)
    }
    return parts
  }
}

/** Cuts bodies into their envelopes. */
export class EnvelopeReader {
  #head = new Gatherer()
  #sealed = new Gatherer()
  #inside = false

  constructor() {
    this.#head.begin(ENVELOPE_HEAD)
  }

  /**
   * The next part of a body. Throws on an envelope that is too long, and on one that the body's end cuts.
   * @param {Part} part
   * @returns {{ head: Uint8Array<ArrayBuffer>, sealed: Uint8Array<ArrayBuffer> }[]}
   */
  read({ bytes, last }) {
    const whole = []
    let begun = this.#inside
    for (let at = 0; at < bytes.length;) {
      begun = true
      if (!this.#inside) {
        at += this.#head.add(bytes.subarray(at))
        if (!this.#head.whole) continue
        this.#sealed.begin(sealedLength(this.#head.bytes))
        this.#inside = true
      }
      at += this.#sealed.add(bytes.subarray(at))
      if (!this.#sealed.whole) continue
      whole.push({ head: /** @type {Uint8Array<ArrayBuffer>} */ (this.#head.bytes), sealed: /** @type {Uint8Array<ArrayBuffer>} */ (this.#sealed.bytes) })
      this.#head.begin(ENVELOPE_HEAD)
      this.#inside = begun = false
    }
    if (last && begun) throw new Error('The road brought half of what was said.')
    return whole
  }
}

/** @param {Uint8Array} head */
function sealedLength(head) {
  const length = (head[1] << 16) | (head[2] << 8) | head[3]
  if (!length || length > MOST_SEALED) throw new Error('The road brought something that is longer than it may be.')
  return length
}

/**
 * An envelope's head: what is in it, and how long its sealed part is.
 * @param {number} kind
 * @param {number} length
 * @returns {Uint8Array<ArrayBuffer>}
 */
export function envelopeHead(kind, length) {
  return new Uint8Array([kind, length >> 16, length >> 8, length])
}
