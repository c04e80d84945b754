/** Says a beat when nothing else was said for a while, and notices when the other side has gone silent. */

import { Emitter } from './emitter.js'

const BEAT = 2_000
const SILENCE = 5_000

/**
 * Events: `silent`, and `heard` for the first sign of life after it.
 * @extends {Emitter<{ silent: void, heard: void }>}
 */
export class Heartbeat extends Emitter {
  #said = 0
  #heard = 0
  #silent = false
  #timer = 0
  #say

  /** @param {() => void} say a beat */
  constructor(say) {
    super()
    this.#say = say
  }

  start() {
    this.stop()
    this.#said = this.#heard = performance.now()
    this.#timer = setInterval(() => this.#look(performance.now()), BEAT / 2)
  }

  stop() {
    clearInterval(this.#timer)
    this.#silent = false
  }

  said() {
    this.#said = performance.now()
  }

  heard() {
    this.#heard = performance.now()
    if (!this.#silent) return
    this.#silent = false
    this.emit('heard')
  }

  /** @param {number} now */
  #look(now) {
    if (now - this.#said >= BEAT) this.#say()
    if (this.#silent || now - this.#heard < SILENCE) return
    this.#silent = true
    this.emit('silent')
  }
}
