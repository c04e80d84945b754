/** Says a beat when nothing else was said for a while, and notices when the other side has gone silent. */

import { Emitter } from './emitter.js'

const BEAT = 2_000
const SILENCE = 5_000

/**
 * Events: `silent`, and `received` for the first sign of life after it.
 * @extends {Emitter<{ silent: void, received: void }>}
 */
export class Heartbeat extends Emitter {
  #sentAt = 0
  #receivedAt = 0
  #silent = false
  #timer = 0
  #beat

  /** @param {() => void} say a beat */
  constructor(say) {
    super()
    this.#beat = say
  }

  start() {
    this.stop()
    this.#sentAt = this.#receivedAt = performance.now()
    this.#timer = setInterval(() => this.#look(performance.now()), BEAT / 2)
  }

  stop() {
    clearInterval(this.#timer)
    this.#silent = false
  }

  noteSent() {
    this.#sentAt = performance.now()
  }

  noteReceived() {
    this.#receivedAt = performance.now()
    if (!this.#silent) return
    this.#silent = false
    this.emit('received')
  }

  /** @param {number} now */
  #look(now) {
    if (now - this.#sentAt >= BEAT) this.#beat()
    if (this.#silent || now - this.#receivedAt < SILENCE) return
    this.#silent = true
    this.emit('silent')
  }
}
