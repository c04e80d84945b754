/** Over how many lanes a transfer goes. Pure: the clock (milliseconds) is passed in. */

const FIRST_LANES = 4
const MOST_LANES = 8
const FAR = 15
const MEASURED = 2000
const RISE = 1.1

/**
 * Decides how many lanes there should be: eight on a long path; on a short one four, and eight are tried and kept when goodput
 * rose by a tenth. Several lanes add up on long and lossy lines (40 ms, 0.5 % loss: one brings 0.45 MiB/s, four 1.7, eight 2.5; 100 ms,
 * 40 Mbit/s: four 2.1, eight 3.2), and cost nothing on short ones.
 */
export class LaneCount {
  wanted = FIRST_LANES
  /** @type {'first' | 'trial' | 'settled'} */
  #stage = 'first'
  #before = 0
  #bytes = 0
  #since = 0

  /** The path's round trip is known. @param {number} trip milliseconds @returns {boolean} true when `wanted` has changed */
  measured(trip) {
    if (trip < FAR || this.#stage !== 'first') return false
    this.#stage = 'settled'
    this.wanted = MOST_LANES
    return true
  }

  /**
   * Bytes have come in, over so many lanes.
   * @param {number} bytes
   * @param {number} lanes open now
   * @param {number} now
   * @returns {boolean} true when `wanted` has changed
   */
  noteReceived(bytes, lanes, now) {
    if (this.#stage === 'settled') return false
    if (!this.#since || lanes !== this.wanted) {
      this.#restart(now)
      return false
    }
    this.#bytes += bytes
    const took = now - this.#since
    if (took < MEASURED) return false
    const goodput = this.#bytes / took
    this.#restart(now)
    return this.#decide(goodput)
  }

  /** @param {number} goodput */
  #decide(goodput) {
    if (this.#stage === 'trial') {
      this.#stage = 'settled'
      if (goodput >= this.#before * RISE) return false
      this.wanted = FIRST_LANES
      return true
    }
    this.#stage = 'trial'
    this.#before = goodput
    this.wanted = MOST_LANES
    return true
  }

  /** @param {number} now */
  #restart(now) {
    this.#since = now
    this.#bytes = 0
  }
}
