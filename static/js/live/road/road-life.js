/** A pair of pages on a road, from our hello to its break: the other side's hello, the keys of both, and the order of what is said. */

import { Emitter } from '../../lib/emitter.js'
import { toBase64url } from '../../crypto/base64url.js'
import { CONTROL, hello, ID_BYTES, parseHello, RoadSeal } from './road-seal.js'
import { RoadUp } from './road-up.js'
import { BodyOrder, EnvelopeReader } from './stretches.js'

/** @typedef {import('./stretches.js').Part} Part */
/** @typedef {{ lane: number, id: Uint8Array<ArrayBuffer> }} Hello */
/** @typedef {Hello & { met: Set<string>, within: number }} Self what we say hello with, the ids that we have met with it (none of them twice, since a pair has its keys once), and how many milliseconds nothing may be opened after a hello */
/** @typedef {{ own: number, other: number, keys: import('../../crypto/keys.js').Keys }} Ends */

const HELLO_BYTES = 4 + ID_BYTES
// What shows the other side that we have the keys. It means nothing else.
const PROOF = new TextEncoder().encode(JSON.stringify({ t: 'beat' }))

/**
 * Events: `open` (the other side has the keys), `message` (kind and bytes, in order), `room`, `stranger` (Hello of another page than the one that was met), `missed` (we have
 * no use of what they say: only a hello of ours helps), `fault` (Error: the other
 * side or the server broke the rules), `broken` (RoadClosed).
 * @extends {Emitter<{ open: void, message: { kind: number, message: ArrayBuffer }, room: void, stranger: Hello, missed: void, fault: Error, broken: import('./road-down.js').RoadClosed }>}
 */
export class RoadLife extends Emitter {
  #self
  #up
  #ends
  /** @type {Hello | null} the other side's */
  #met = null
  /** @type {Promise<RoadSeal> | null} */
  #sealing = null
  /** @type {RoadSeal | null} */
  #seal = null
  #order = new BodyOrder()
  #envelopes = new EnvelopeReader()
  /** @type {number[]} of a hello that comes in parts */
  #helloBytes = []
  /** @type {Promise<unknown>} */
  #outgoing = Promise.resolve()
  /** @type {Promise<unknown>} */
  #incoming = Promise.resolve()
  #pending = 0
  #over = false
  /** A message of the other side could be opened. Hellos prove nothing: anybody can say one. */
  #proven = false
  #timer = 0

  /** @param {import('./page-roads.js').PageRoads} roads @param {Ends} ends @param {Self} self */
  constructor(roads, ends, self) {
    super()
    this.#ends = ends
    this.#self = self
    this.#up = new RoadUp(roads, ends.other)
    this.#up.listen({ room: () => this.emit('room'), broken: (why) => this.emit('broken', why) })
  }

  get open() {
    return !this.#over && this.#proven
  }

  /** Bytes that were said and have not left. */
  get waiting() {
    return this.#up.waiting + this.#pending
  }

  get stride() {
    return this.#up.target
  }

  begin() {
    this.#up.greet(this.#self.lane, hello(this.#self.id))
  }

  close() {
    this.#over = true
    clearTimeout(this.#timer)
    this.#up.close()
  }

  /** A part of a body of the other side. Throws where that cannot be. @param {Part} part */
  accept(part) {
    if (part.n === 0) this.#gatherHello(part)
    else if (!this.#met && this.#up.greeted) this.emit('missed')
    else if (this.#met && part.lane === this.#up.lane) {
      for (const next of this.#order.accept(part)) for (const envelope of this.#envelopes.read(next)) this.#unseal(envelope)
    }
  }

  /** @param {Part} part */
  #gatherHello({ lane, bytes, last }) {
    this.#helloBytes.push(...bytes.subarray(0, HELLO_BYTES + 1))
    if (!last) return
    const id = parseHello(new Uint8Array(this.#helloBytes.splice(0)))
    this.#up.noteHeard()
    if (this.#self.met.has(toBase64url(id))) return // said again, or late
    if (this.#met) this.emit('stranger', { lane, id })
    else this.meet({ lane, id })
  }

  /** The other side's hello has come. @param {Hello} met */
  async meet(met) {
    this.#met = met
    this.#self.met.add(toBase64url(met.id))
    this.#up.lane = (this.#self.lane ^ met.lane) >>> 0
    this.#timer = setTimeout(() => this.emit('missed'), this.#self.within)
    const { own, other, keys } = this.#ends
    this.#sealing = RoadSeal.of(keys, { seat: own, id: this.#self.id }, { seat: other, id: met.id })
    const seal = await this.#sealing
    if (this.#over) return
    this.#seal = seal
    this.send(CONTROL, PROOF)
  }

  /** @param {number} kind @param {Uint8Array<ArrayBuffer>} message */
  send(kind, message) {
    const sealed = /** @type {RoadSeal} */ (this.#seal).seal(kind, message)
    this.#pending += message.length
    this.#outgoing = Promise.all([sealed, this.#outgoing]).then(([envelope]) => {
      this.#pending -= message.length
      if (!this.#over) this.#up.add(envelope)
    })
  }

  /** @param {{ kind: number, message: ArrayBuffer }} message */
  #opened(message) {
    if (!this.#proven) {
      this.#proven = true
      clearTimeout(this.#timer)
      this.emit('open')
    }
    this.emit('message', message)
  }

  /** @param {{ head: Uint8Array<ArrayBuffer>, sealed: Uint8Array<ArrayBuffer> }} envelope */
  #unseal(envelope) {
    const opened = /** @type {Promise<RoadSeal>} */ (this.#sealing).then((seal) => seal.open(envelope))
    this.#incoming = Promise.all([opened, this.#incoming]).then(
      ([message]) => this.#over || this.#opened(message),
      (error) => this.#over || this.emit('fault', error),
    )
  }
}

/** A new one. @param {number} within @returns {Self} */
export function newSelf(within) {
  return { lane: crypto.getRandomValues(new Uint32Array(1))[0], id: crypto.getRandomValues(new Uint8Array(ID_BYTES)), met: new Set(), within }
}
