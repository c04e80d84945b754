/** So many at once: who wants a turn waits for it, in the order of asking. Pure. */

import { Condition } from './condition.js'

export class Turns {
  #free
  #ended = new Condition()

  /** @param {number} most at once */
  constructor(most) {
    this.#free = most
  }

  /**
   * Until it is our turn, which `end` ends. Rejects with the signal's reason when it is aborted before.
   * @param {AbortSignal} signal
   */
  async begin(signal) {
    signal.throwIfAborted()
    while (!this.#free) await this.#ended.changed(signal)
    this.#free -= 1
  }

  end() {
    this.#free += 1
    this.#ended.notify()
  }
}
