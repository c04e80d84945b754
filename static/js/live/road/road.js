/** The road to another seat's page: what is said there goes sealed through the server's memory. Begins anew when it breaks. PROTOCOL.md, "The road". */

import { Emitter } from '../../lib/emitter.js'
import { guarded } from '../../lib/guarded.js'
import { decodeFrame, encodeAck } from '../lanes/frames.js'
import { RoadClosed } from './road-down.js'
import { CONTROL, FRAME } from './road-seal.js'
import { newSelf, RoadLife } from './road-life.js'

const FIRST_PAUSE = 250
const LONGEST_PAUSE = 4_000
const ACK_BYTES = 1024 * 1024
const ACK_WITHIN = 50
// How long nothing can be opened after a hello, and twice as long the next time.
const PROVEN_WITHIN = 3_000

/** @typedef {{ roads: import('./page-roads.js').PageRoads, own: number, other: number, keys: import('../../crypto/keys.js').Keys }} RoadOptions own, other: seats */

/**
 * Events: `open` (both pages hear each other; after a break it comes again), `lost` (what was on its way is gone; it begins anew by itself), `closed`
 * (RoadClosed: there is no road), `gathered` (somebody on the way gathers the server's answers; it is tried again), `control` (text), `frame` (BytesFrame), `ack` (bytes of our frames that they have), `room` (more may be said).
 * @extends {Emitter<{ open: void, lost: void, closed: RoadClosed, gathered: void, control: string, frame: import('../lanes/frames.js').BytesFrame, ack: number, room: void }>}
 */
export class Road extends Emitter {
  #options
  /** @type {import('./page-roads.js').RoadEnd | null} ours, while it is joined */
  #joined = null
  /** @type {RoadLife | null} */
  #life = null
  #self = newSelf(PROVEN_WITHIN)
  #pause = FIRST_PAUSE
  #timer = 0
  #ackTimer = 0
  #received = 0
  #acked = 0
  /** Bytes of frames that have gone on this lane of the road. */
  carried = 0
  #closed = false

  /** @param {RoadOptions} options */
  constructor(options) {
    super()
    this.#options = options
  }

  /** True while what is said reaches the other page. */
  get open() {
    return Boolean(this.#life?.open)
  }

  /** Bytes that wait to go up. */
  get waiting() {
    return this.#life?.waiting ?? 0
  }

  /** How many bytes go up at once. */
  get stride() {
    return this.#life?.stride ?? 0
  }

  /** The other page is there, or may be: meet it on the road, unless that is on its way already. */
  begin() {
    if (this.#closed || this.#joined) return
    clearTimeout(this.#timer)
    this.#joined = {
      noteHeard: () => (this.#pause = FIRST_PAUSE),
      accept: (part) => guarded(() => this.#life?.accept(part), (error) => this.#fault(error)),
      noteBroken: (why) => this.#break(why),
      noteMoved: () => this.#again(),
    }
    this.#meet()
    this.#options.roads.join(this.#options.other, this.#joined)
  }

  close() {
    this.#closed = true
    clearTimeout(this.#timer)
    this.#end()
  }

  /** The network is another one: what was open is dead, and no pause is needed. */
  #again() {
    this.#pause = FIRST_PAUSE
    this.rest()
    this.begin()
  }

  /** Nothing is said or heard here until it is begun again. */
  rest() {
    const open = this.open
    clearTimeout(this.#timer)
    this.#end()
    if (open) this.emit('lost')
  }

  /** @param {string} text @returns {boolean} false when it reaches nobody */
  sendControl(text) {
    return this.#send(CONTROL, new TextEncoder().encode(text))
  }

  /** @param {Uint8Array<ArrayBuffer>} frame */
  sendFrame(frame) {
    this.carried += frame.length
    return this.#send(FRAME, frame)
  }

  /** @param {number} kind @param {Uint8Array<ArrayBuffer>} message */
  #send(kind, message) {
    if (!this.open) return false
    this.#life?.send(kind, message)
    return true
  }

  /** Say hello, and wait for theirs. @param {import('./road-life.js').Self} [self] where they know ours from before */
  #meet(self = newSelf(PROVEN_WITHIN)) {
    this.#self = self
    const { roads, own, other, keys } = this.#options
    const life = new RoadLife(roads, { own, other, keys }, self)
    const ours = () => life === this.#life
    this.#life?.close()
    this.#life = life
    this.#received = this.#acked = this.carried = 0
    life.listen({
      open: () => ours() && this.emit('open'),
      // The other page has begun anew, or a third one has: it may not know us yet.
      stranger: (part) => ours() && this.#meetAgain(part),
      missed: () => ours() && this.#meet(newSelf(2 * self.within)),
      message: ({ kind, message }) => ours() && guarded(() => this.#receive(kind, message), (error) => this.#fault(error)),
      room: () => ours() && this.emit('room'),
      fault: (error) => ours() && this.#fault(error),
      broken: (why) => ours() && this.#break(why),
    })
    life.begin()
  }

  /** @param {import('./road-life.js').Hello} hello */
  #meetAgain(hello) {
    const open = this.open
    this.#meet(this.#self)
    this.#life?.meet(hello)
    if (open) this.emit('lost')
  }

  /** @param {number} kind @param {ArrayBuffer} message */
  #receive(kind, message) {
    if (kind === CONTROL) return this.emit('control', new TextDecoder().decode(message))
    if (kind !== FRAME) return // of a newer version
    const frame = decodeFrame(message)
    if (frame.kind === 'ack') return this.#acknowledged(frame.received)
    this.#received += message.byteLength
    this.emit('frame', frame)
    if (this.#received - this.#acked >= ACK_BYTES) this.#acknowledge()
    else this.#ackTimer ||= setTimeout(() => this.#acknowledge(), ACK_WITHIN)
  }

  /** @param {number} received */
  #acknowledged(received) {
    if (received > this.carried) throw new Error('The other side acknowledged what was never sent.')
    this.emit('ack', received)
  }

  #acknowledge() {
    clearTimeout(this.#ackTimer)
    this.#ackTimer = 0
    if (this.#received === this.#acked) return
    this.#acked = this.#received
    this.#send(FRAME, new Uint8Array(encodeAck(this.#received)))
  }

  /** The other side, or the server, broke the rules. @param {Error} error */
  #fault({ message }) {
    this.#giveUp(new RoadClosed(message, true, 'fault'))
  }

  /** @param {RoadClosed} why */
  #break(why) {
    if (this.#closed) return
    if (why.final) return this.#giveUp(why)
    const open = this.open
    this.#end()
    if (why.code === 'gathered') this.emit('gathered')
    this.#timer = setTimeout(() => this.begin(), this.#pause * (0.5 + Math.random()))
    this.#pause = Math.min(LONGEST_PAUSE, this.#pause * 2)
    if (open) this.emit('lost')
  }

  /** @param {RoadClosed} why */
  #giveUp(why) {
    if (this.#closed) return
    const open = this.open
    this.close()
    if (open) this.emit('lost')
    this.emit('closed', why)
  }

  #end() {
    clearTimeout(this.#ackTimer)
    this.#ackTimer = 0
    if (this.#joined) this.#options.roads.leave(this.#options.other, this.#joined)
    this.#joined = null
    this.#life?.close()
    this.#life = null
  }
}
