/** What a seat says: kept until the server is known to have it, and said again where nobody knows. Pure. */

/** A beat's answer comes after everything that was said before the beat. The other page passes over what it heard twice. */
export class Outbox {
  /** @type {string[]} said over this socket, and not known to have arrived */
  #unconfirmed = []
  /** @type {string[]} */
  #waiting = []
  /** @type {number[]} how many of those said each beat on its way stands for */
  #beats = []
  #most

  /** @param {number} most messages that are kept; the oldest fall out */
  constructor(most) {
    this.#most = most
  }

  /** True while something may be lost. */
  get doubtful() {
    return this.#unconfirmed.length > 0
  }

  /** @param {string} text */
  add(text) {
    this.#waiting.push(text)
    const over = this.#unconfirmed.length + this.#waiting.length - this.#most
    if (over <= 0) return
    const said = Math.min(over, this.#unconfirmed.length)
    this.#unconfirmed.splice(0, said)
    this.#beats = this.#beats.map((count) => Math.max(0, count - said))
    this.#waiting.splice(0, over - said)
  }

  /** What is to be said now, oldest first. */
  dequeue() {
    const texts = this.#waiting
    this.#waiting = []
    this.#unconfirmed.push(...texts)
    return texts
  }

  /** A beat was said. */
  noteBeat() {
    this.#beats.push(this.#unconfirmed.length)
  }

  /** A beat was answered: what was said before it is with the server. */
  confirm() {
    const count = this.#beats.shift() ?? 0
    this.#unconfirmed.splice(0, count)
    this.#beats = this.#beats.map((later) => later - count)
  }

  /** The socket is gone: all that may be lost is to be said again. */
  again() {
    this.#waiting.unshift(...this.#unconfirmed)
    this.#unconfirmed = []
    this.#beats = []
  }

  clear() {
    this.again()
    this.#waiting = []
  }
}
