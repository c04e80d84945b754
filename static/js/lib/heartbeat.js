/** Says a beat when nothing else was said for a while, and notices when the other side has gone silent. */

import { Emitter } from './emitter.js'

const BEAT = 2_000
const SILENCE = 5_000

/**
 * Events: `silent`, and `received` for the first sign of life after it, or after a doubt.
 * @extends {Emitter<{ silent: void, received: void }>}
 */
export class Heartbeat extends Emitter {
  #sentAt = 0
  #receivedAt = 0
  #silent = false
  #doubted = false
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
    this.#silent = this.#doubted = false
  }

  /** Whether the other side can be heard shows with its next sign of life. */
  doubt() {
    this.#doubted = true
  }

  noteSent() {
    this.#sentAt = performance.now()
  }

  noteReceived() {
    this.#receivedAt = performance.now()
    if (!this.#silent && !this.#doubted) return
    this.#silent = this.#doubted = false
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
