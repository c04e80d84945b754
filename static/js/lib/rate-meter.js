/** Measures how fast bytes move, over the last few seconds, so that the figure is calm but not stale. Pure: the clock is passed in. */

const WINDOW = 6000

export class RateMeter {
  /** @type {{ at: number, bytes: number }[]} */
  #samples = []

  /**
   * @param {number} bytes done so far, in all
   * @param {number} now milliseconds
   */
  add(bytes, now) {
    const last = this.#samples.at(-1)
    if (last && bytes < last.bytes) this.#samples = []
    this.#samples.push({ at: now, bytes })
    while (this.#samples.length > 2 && now - this.#samples[0].at > WINDOW) this.#samples.shift()
  }

  /** Bytes a second, 0 while unknown. */
  get rate() {
    const first = this.#samples[0]
    const last = this.#samples.at(-1)
    if (!first || !last || last.at - first.at < 500) return 0
    return ((last.bytes - first.bytes) * 1000) / (last.at - first.at)
  }

  /** Forget: after a pause the old speed means nothing. */
  reset() {
    this.#samples = []
  }
}
