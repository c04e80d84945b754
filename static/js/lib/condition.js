/** Wakes everybody who waits for something to change; who woke looks again whether it is what was waited for. Pure. */
export class Condition {
  /** @type {Set<() => void>} */
  #waiting = new Set()

  notify() {
    const waiting = [...this.#waiting]
    this.#waiting.clear()
    for (const wake of waiting) wake()
  }

  /**
   * Until the next ring. Rejects with the signal's reason when it is aborted.
   * @param {AbortSignal} signal
   * @returns {Promise<void>}
   */
  changed(signal) {
    signal.throwIfAborted()
    return new Promise((resolve, reject) => {
      const stop = () => {
        this.#waiting.delete(wake)
        reject(signal.reason)
      }
      const wake = () => {
        signal.removeEventListener('abort', stop)
        resolve()
      }
      this.#waiting.add(wake)
      signal.addEventListener('abort', stop, { once: true })
    })
  }
}
