/** So many at once: who wants a turn waits for it, in the order of asking. Pure. */
export class Turns {
  #free
  /** @type {Set<() => void>} */
  #waiting = new Set()

  /** @param {number} most at once */
  constructor(most) {
    this.#free = most
  }

  /**
   * Until it is our turn, which `end` ends. Rejects with the signal's reason when it is aborted before.
   * @param {AbortSignal} signal
   * @returns {Promise<void>}
   */
  begin(signal) {
    signal.throwIfAborted()
    if (this.#free) {
      this.#free -= 1
      return Promise.resolve()
    }
    return new Promise((resolve, reject) => {
      const stop = () => {
        this.#waiting.delete(go)
        reject(signal.reason)
      }
      const go = () => {
        signal.removeEventListener('abort', stop)
        resolve()
      }
      this.#waiting.add(go)
      signal.addEventListener('abort', stop, { once: true })
    })
  }

  end() {
    const [next] = this.#waiting
    this.#waiting.delete(next)
    if (next) next()
    else this.#free += 1
  }
}
