/** By what a page hears and says its signals: a WebSocket, or HTTP where none can be opened. Pure. */

// What has worked is tried so often before the other one is.
const PATIENCE = 3
// How long a WebSocket may take that nobody knows to work, and any other try. Milliseconds.
const UNKNOWN_WITHIN = 3_000
const OPEN_WITHIN = 12_000

export class SocketChoice {
  /** @type {'' | 'socket' | 'http'} */
  #worked = ''
  #failed = 0

  /** What to try now. @returns {'socket' | 'http'} */
  get kind() {
    const first = this.#worked || 'socket'
    const over = this.#failed - (this.#worked ? PATIENCE : 0)
    if (over <= 0 || over % 2 === 0) return first
    return first === 'socket' ? 'http' : 'socket'
  }

  /** For how many milliseconds to try it. */
  get within() {
    return this.kind === 'socket' && !this.#worked ? UNKNOWN_WITHIN : OPEN_WITHIN
  }

  /** A welcome came by what was tried. */
  noteWelcome() {
    this.#worked = this.kind
    this.#failed = 0
  }

  /** None came. */
  noteFailed() {
    this.#failed += 1
  }

  /** The browser has another network. */
  forget() {
    this.#worked = ''
    this.#failed = 0
  }
}
