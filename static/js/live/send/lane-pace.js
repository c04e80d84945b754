/** How many lanes may carry blocks at once: a slow line is not shared among so many that none is soon whole. Pure: the clock (ms) is passed in. */

import { BLOCK } from '../lanes/frames.js'

// A block shall be whole within about so many seconds; lines that lose packets get twice the lanes that this means, as each brings more there.
const WHOLE_WITHIN = 8
const BOLDLY = 2
// The first estimate needs so many bytes, or so many milliseconds; later ones look back so far.
const ENOUGH_BYTES = 256 * 1024
const ENOUGH_TIME = 1_000
const LOOK_BACK = 2_000
const SAMPLE_EVERY = 200

export class LanePace {
  #bytes = 0
  /** @type {{ at: number, bytes: number }[]} */
  #samples = []
  #rate = 0

  /** A block begins. @param {number} now */
  begin(now) {
    if (!this.#samples.length) this.#samples.push({ at: now, bytes: 0 })
  }

  /** The other side has so many more bytes. @param {number} bytes @param {number} now */
  noteAcknowledged(bytes, now) {
    this.#bytes += bytes
    const [first] = this.#samples
    const last = this.#samples.at(-1)
    if (!first || !last || now - first.at < 1) return
    const enough = this.#bytes - first.bytes >= ENOUGH_BYTES || now - first.at >= ENOUGH_TIME
    if (enough) this.#rate = ((this.#bytes - first.bytes) * 1000) / (now - first.at)
    if (now - last.at >= SAMPLE_EVERY) this.#samples.push({ at: now, bytes: this.#bytes })
    while (this.#samples.length > 2 && now - this.#samples[1].at >= LOOK_BACK) this.#samples.shift()
  }

  /** Lanes; one while nothing is known. */
  get most() {
    return Math.max(1, BOLDLY * Math.floor((this.#rate * WHOLE_WITHIN) / BLOCK))
  }
}
