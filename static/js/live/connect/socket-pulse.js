/** Whether the server still hears a socket, and we it: a socket on an address that is gone stays open for minutes. Knows no page. */

import { Emitter } from '../../lib/emitter.js'

// Milliseconds: between beats when nothing is said; until what was said is asked after; that an answer may take, and where it is doubted.
const IDLE = 20_000
const ASK_AFTER = 1_000
const ANSWER_WITHIN = 6_000
const DOUBTED_WITHIN = 2_000

/**
 * Events: `beat` (say one) and `dead` (nothing came back; it stops then).
 * @extends {Emitter<{ beat: void, dead: void }>}
 */
export class SocketPulse extends Emitter {
  #next = 0
  #deadline = 0
  #asking = false

  /** A socket is open. */
  start() {
    this.stop()
    this.#beatIn(IDLE)
  }

  stop() {
    clearTimeout(this.#next)
    this.#forgetDeadline()
    this.#asking = false
  }

  /** Something must come within so many milliseconds. @param {number} within */
  expect(within) {
    clearTimeout(this.#deadline)
    this.#deadline = setTimeout(() => {
      this.stop()
      this.emit('dead')
    }, within)
  }

  /** Something was said that must not be lost. */
  noteSent() {
    if (this.#asking) return
    this.#asking = true
    this.#beatIn(ASK_AFTER)
  }

  /** Something came, which is no answer yet: that may take as long again. */
  noteReceived() {
    if (this.#deadline) this.expect(ANSWER_WITHIN)
  }

  /** Everything said is with the server, or not. @param {boolean} all */
  noteAnswered(all) {
    this.#forgetDeadline()
    this.#asking = !all
    this.#beatIn(all ? IDLE : ASK_AFTER)
  }

  /** The network may be another one: ask at once. */
  doubt() {
    this.#beat(DOUBTED_WITHIN)
  }

  #forgetDeadline() {
    clearTimeout(this.#deadline)
    this.#deadline = 0
  }

  /** @param {number} pause */
  #beatIn(pause) {
    clearTimeout(this.#next)
    this.#next = setTimeout(() => this.#beat(ANSWER_WITHIN), pause)
  }

  /** @param {number} within */
  #beat(within) {
    clearTimeout(this.#next)
    this.expect(within)
    this.emit('beat')
  }
}
