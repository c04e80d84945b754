/** When the road carries blocks beside a direct way that is slow. All times are `performance.now()`, told by the caller. Pure. */

// Bytes a second and milliseconds: so slow, for so long; how long the road is tried; how much better it must be; when it is tried again.
const SLOW = 1024 * 1024
const PATIENCE = 10_000
const TRIAL = 4_000
const PLAINLY = 2
const AGAIN = 60_000

export class BothWays {
  /** True while the road carries blocks beside the direct way. */
  on = false
  /** Since when it is watched, or the road is tried, and what both had carried then. */
  #since = { at: -Infinity, direct: 0, road: 0 }
  #watching = false
  #lastDirect = 0
  /** How fast the direct way was before the trial. */
  #before = 0
  #decided = false
  #notBefore = 0

  /** The road's lane is gone. */
  end() {
    this.on = this.#watching = this.#decided = false
  }

  /**
   * @param {number} now
   * @param {boolean} busy blocks are on the direct way, and there is a road
   * @param {number} direct bytes that its open lanes have carried
   * @param {number} road the same of the road's
   * @returns {'begin' | 'end' | null} what the road is to do from now on
   */
  look(now, busy, direct, road) {
    const fewer = direct < this.#lastDirect // lanes are gone
    this.#lastDirect = direct
    if (this.on) return this.#decided || now - this.#since.at < TRIAL ? null : this.#decide(now, road)
    if (!busy || !this.#watching || now < this.#notBefore || fewer) {
      this.#since = { at: now, direct, road }
      this.#watching = busy
      return null
    }
    if (now - this.#since.at < PATIENCE) return null
    this.#before = ((direct - this.#since.direct) * 1000) / (now - this.#since.at)
    this.#since = { at: now, direct, road }
    if (this.#before > SLOW) return null
    this.on = true
    return 'begin'
  }

  /** @param {number} now @param {number} road */
  #decide(now, road) {
    const rate = ((road - this.#since.road) * 1000) / (now - this.#since.at)
    this.#decided = rate >= PLAINLY * this.#before
    if (this.#decided) return null
    this.end()
    this.#notBefore = now + AGAIN
    return 'end'
  }
}
