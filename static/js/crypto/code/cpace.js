/**
 * CPace (draft-irtf-cfrg-cpace) over ristretto255 with SHA-512: a key from a password that both sides know, which nobody can try out afterwards.
 * Initiator and responder; the caller confirms the key. The curve is loaded when somebody types a code.
 */

const GROUP = 'CPaceRistretto255'
const HASH_BLOCK = 128
const SCALAR_BYTES = 64
export const POINT_BYTES = 32

/** @typedef {{ toBytes(): Uint8Array<ArrayBuffer>, multiply(by: bigint): Point, is0(): boolean }} Point */
/**
 * @typedef {{
 *   ristretto255: { Point: { fromBytes(bytes: Uint8Array): Point, Fn: { ORDER: bigint } } },
 *   ristretto255_hasher: { deriveToCurve(bytes: Uint8Array): Point },
 *   sha512(bytes: Uint8Array): Uint8Array<ArrayBuffer> }} Curve
 */

/** The other side's point is none, or gives nothing away that a key could be made of. */
export class PointRefused extends Error {
  constructor() {
    super('The other side said no point of the group.')
  }
}

/** One side's share of one exchange. */
export class Share {
  #curve
  #scalar
  #sid
  /** What the other side gets. */
  point

  /**
   * @param {Curve} curve
   * @param {bigint} scalar
   * @param {Uint8Array<ArrayBuffer>} point
   * @param {Uint8Array<ArrayBuffer>} sid
   */
  constructor(curve, scalar, point, sid) {
    this.#curve = curve
    this.#scalar = scalar
    this.#sid = sid
    this.point = point
  }

  /**
   * @param {{ password: Uint8Array, channel: Uint8Array, sid: Uint8Array<ArrayBuffer> }} about what both must know: the password, who they are, which session
   * @param {Uint8Array} [random] for tests with the figures of others
   */
  static async make({ password, channel, sid }, random = crypto.getRandomValues(new Uint8Array(SCALAR_BYTES))) {
    const curve = await loadCurve()
    const base = curve.ristretto255_hasher.deriveToCurve(curve.sha512(generatorString(password, channel, sid)))
    const scalar = littleEndian(random) % curve.ristretto255.Point.Fn.ORDER
    return new Share(curve, scalar, base.multiply(scalar).toBytes(), sid)
  }

  /** The session key, for whoever began. Throws PointRefused. @param {Uint8Array} other @param {Ours} [said] */
  initiated(other, { ours = none(), theirs = none() } = {}) {
    return this.#key(other, joined(lengths(this.point, ours), lengths(other, theirs)))
  }

  /** The same, for whoever answered. Throws PointRefused. @param {Uint8Array} other @param {Ours} [said] */
  answered(other, { ours = none(), theirs = none() } = {}) {
    return this.#key(other, joined(lengths(other, theirs), lengths(this.point, ours)))
  }

  /** @param {Uint8Array} other @param {Uint8Array} transcript */
  #key(other, transcript) {
    if (same(other, this.point)) throw new PointRefused() // our own, reflected
    const start = lengths(text(`${GROUP}_ISK`), this.#sid, this.#shared(other))
    return this.#curve.sha512(joined(start, transcript))
  }

  /** @param {Uint8Array} other */
  #shared(other) {
    let shared
    try {
      shared = this.#curve.ristretto255.Point.fromBytes(other).multiply(this.#scalar)
    } catch {
      throw new PointRefused()
    }
    if (shared.is0()) throw new PointRefused()
    return shared.toBytes()
  }
}

/** @typedef {{ ours?: Uint8Array, theirs?: Uint8Array }} Ours what each side says beside its point */

/** @returns {Promise<Curve>} */
function loadCurve() {
  return import(new URL('../../../vendor/noble-curves/ristretto255.js', import.meta.url).href)
}

/** Zeros fill the first block of the hash, so that its work does not depend on the password. @param {Uint8Array} password @param {Uint8Array} channel @param {Uint8Array} sid */
function generatorString(password, channel, sid) {
  const first = lengths(text(GROUP), password)
  const zeros = new Uint8Array(Math.max(0, HASH_BLOCK - first.length - 1))
  return joined(first, lengths(zeros, channel, sid))
}

/** Each part behind its length (LEB128). @param {Uint8Array[]} parts */
export function lengths(...parts) {
  return joined(...parts.flatMap((part) => [leb128(part.length), part]))
}

/** @param {number} number */
function leb128(number) {
  const bytes = []
  for (; number > 127; number >>= 7) bytes.push((number & 127) | 128)
  return new Uint8Array([...bytes, number])
}

/** @param {Uint8Array} bytes */
function littleEndian(bytes) {
  return bytes.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n)
}

/** @param {string} value */
export function text(value) {
  return new TextEncoder().encode(value)
}

function none() {
  return new Uint8Array(0)
}

/** @param {Uint8Array} one @param {Uint8Array} other */
export function same(one, other) {
  if (one.length !== other.length) return false
  return one.reduce((differs, byte, at) => differs | (byte ^ other[at]), 0) === 0
}

/** @param {Uint8Array[]} parts */
export function joined(...parts) {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}
