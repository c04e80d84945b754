/** The road's bodies: envelopes gathered while others are on their way, as many as go up in about half a second. */

import { Condition } from '../../lib/condition.js'
import { Emitter } from '../../lib/emitter.js'
import { refusal, RoadClosed } from './road-down.js'
import { MOST_AHEAD } from './stretches.js'

const KIB = 1024
// While one is answered, the others keep the line full.
const MOST_BODIES = 3
const LEAST = 64 * KIB
const MOST = 4 * 1024 * KIB
const FIRST = 256 * KIB
// A body that took less time (ms) is followed by one of twice the size, one that took more by one of half of it.
const QUICK = 400
const SLOW = 1500
// A hello that nobody took is said again after so long, and then after twice as long.
const HELLO_AGAIN = 250
const HELLO_AGAIN_LAST = 2_000

/**
 * Events: `room` (something has left), `broken` (RoadClosed; nothing goes after it).
 * @extends {Emitter<{ room: void, broken: RoadClosed }>}
 */
export class RoadUp extends Emitter {
  #url
  /** Of what follows the hello: that of the pair, once the other side is known. */
  lane = 0
  #n = 1
  /** Bodies that wait for a turn, or are on their way. */
  #going = 0
  /** The numbers of those on their way, in order. @type {Set<number>} */
  #unanswered = new Set()
  #greeted = false
  #target = FIRST
  /** @type {Uint8Array<ArrayBuffer>[][]} whole envelopes */
  #waiting = []
  #bytes = 0
  #due = false
  #life = new AbortController()
  #roads
  #listens = new Condition()

  /** @param {import('./page-roads.js').PageRoads} roads @param {number} seat the other one */
  constructor(roads, seat) {
    super()
    this.#roads = roads
    this.#url = roads.urlTo(seat)
  }

  /** Bytes that wait here. */
  get waiting() {
    return this.#bytes
  }

  /** How many bytes the next body holds at most. */
  get target() {
    return this.#target
  }

  close() {
    this.#life.abort()
    this.#waiting = []
  }

  /** Body 0, on a lane of its own, again and again until somebody listens. @param {number} lane @param {Uint8Array<ArrayBuffer>} bytes */
  async greet(lane, bytes) {
    const { signal } = this.#life
    try {
      for (let pause = HELLO_AGAIN; ; pause = Math.min(HELLO_AGAIN_LAST, 2 * pause)) {
        const refused = await this.#inTurn(() => this.#put(new Blob([bytes]), lane, 0))
        if (!refused) break
        if (refused.final) return this.#break(refused)
        const timer = setTimeout(() => this.#listens.notify(), pause)
        await this.#listens.changed(signal)
        clearTimeout(timer)
      }
    } catch {
      return // closed meanwhile
    }
    this.#greeted = true
    this.#send()
  }

  /** They were heard: they listen, so that a hello need not wait. */
  noteHeard() {
    this.#listens.notify()
  }

  /** True once our hello was taken. */
  get greeted() {
    return this.#greeted
  }

  /** @param {Uint8Array<ArrayBuffer>[]} envelope its parts */
  add(envelope) {
    this.#waiting.push(envelope)
    for (const { length } of envelope) this.#bytes += length
    if (this.#due) return
    this.#due = true
    queueMicrotask(() => {
      this.#due = false
      this.#send()
    })
  }

  #send() {
    const most = this.#roads.single ? MOST_BODIES : 1 // several share what a page may have on its way
    while (this.#greeted && this.#going < most && !this.#isAhead && this.#waiting.length && !this.#life.signal.aborted) this.#sendOne()
  }

  /** Whether the next body would come to the other page too long before its turn. */
  get #isAhead() {
    const [oldest = this.#n] = this.#unanswered
    return this.#n + this.#going - this.#unanswered.size - oldest >= MOST_AHEAD
  }

  /** Whole envelopes up to the target, at least one if there is any. A blob: bytes that are given as such cost the browser's main process much. */
  #gather() {
    const parts = []
    let length = 0
    while (this.#waiting.length) {
      const envelope = this.#waiting[0].reduce((sum, part) => sum + part.length, 0)
      if (length && length + envelope > this.#target) break
      parts.push(.../** @type {Uint8Array<ArrayBuffer>[]} */ (this.#waiting.shift()))
      length += envelope
    }
    this.#bytes -= length
    return new Blob(parts)
  }

  async #sendOne() {
    this.#going += 1
    try {
      const refused = await this.#inTurn(() => this.#sendGathered())
      if (refused) return this.#break(refused)
    } catch {
      return // closed meanwhile
    } finally {
      this.#going -= 1
    }
    this.#send()
  }

  /** What waits by now. */
  async #sendGathered() {
    const body = this.#gather()
    if (!body.size) return null
    const begun = performance.now()
    this.emit('room')
    const n = this.#n++
    this.#unanswered.add(n)
    const refused = await this.#put(body, this.lane, n)
    this.#unanswered.delete(n)
    if (!refused) this.#learn(body.size, performance.now() - begun)
    return refused
  }

  /**
   * As one of the bodies that the page may have on their way. Throws when it is closed before.
   * @template T
   * @param {() => Promise<T>} put
   * @returns {Promise<T>}
   */
  async #inTurn(put) {
    const { turns } = this.#roads
    await turns.begin(this.#life.signal)
    try {
      return await put()
    } finally {
      turns.end()
    }
  }

  /** What did not fill its body says nothing. @param {number} length @param {number} took */
  #learn(length, took) {
    if (took > SLOW) this.#target = Math.max(LEAST, this.#target / 2)
    else if (took < QUICK && length > this.#target / 2) this.#target = Math.min(MOST, this.#target * 2)
    this.emit('room')
  }

  /** @param {Blob} body @param {number} lane @param {number} n @returns {Promise<RoadClosed | null>} why it did not arrive */
  async #put(body, lane, n) {
    try {
      const answer = await fetch(`${this.#url}?lane=${lane}&n=${n}`, { method: 'PUT', body, signal: this.#life.signal })
      return answer.ok ? null : await refusal(answer)
    } catch (error) {
      return new RoadClosed(String(error), false)
    }
  }

  /** @param {RoadClosed} why */
  #break(why) {
    if (this.#life.signal.aborted) return
    this.close()
    this.emit('broken', why)
  }
}
