/** Notices that the way between two browsers is slow where the server would plainly be faster. People decide. */

import { filesize } from '../../lib/format.js'

// Only what goes on for a while is worth a thought (milliseconds, bytes a second, seconds left).
const PATIENCE = 10_000
const SLOW = 1024 * 1024
const LONG = 60
// So many times as fast, to make up for what the link costs: up first, then down.
const PLAINLY = 3
const PROBE = 512 * 1024
const PROBE_WITHIN = 15_000

export class SlowPath {
  #url
  #signal
  #notice
  /** What was said last. */
  #told = ''
  #since = 0
  /** @type {Promise<number> | null} */
  #asked = null

  /**
   * @param {string} url that takes bytes and throws them away
   * @param {AbortSignal} signal
   * @param {(sentence: string) => void} notice '' when it is over
   */
  constructor(url, signal, notice) {
    this.#url = url
    this.#signal = signal
    this.#notice = notice
  }

  /**
   * Bytes move. Asks the server once, when it has been slow for long enough; says something for as long as it is so.
   * @param {number} rate bytes a second, 0 while unknown
   * @param {number} left bytes
   * @param {number} now milliseconds
   */
  async look(rate, left, now) {
    const sentence = await this.#judge(rate, left, now)
    if (sentence !== this.#told) this.#notice((this.#told = sentence))
  }

  /** Bytes do not move any more. */
  end() {
    if (this.#told) this.#notice((this.#told = ''))
  }

  /** @param {number} rate @param {number} left @param {number} now */
  async #judge(rate, left, now) {
    this.#since ||= now
    if (!rate || now - this.#since < PATIENCE || (!this.#asked && (rate > SLOW || left / rate < LONG))) return ''
    this.#asked ??= this.#probe()
    const times = Math.floor((await this.#asked) / rate)
    if (times < PLAINLY) return ''
    return `The way between you is slow (${filesize(Math.round(rate))}/s). The server takes your files ${times} times as fast: a link would probably be quicker.`
  }

  /** Bytes a second that the server takes from here, beside what moves already. 0 when it could not be asked. */
  async #probe() {
    const body = new Uint8Array(PROBE)
    const begun = performance.now()
    const signal = AbortSignal.any([this.#signal, AbortSignal.timeout(PROBE_WITHIN)])
    const answer = await fetch(this.#url, { method: 'POST', body, signal }).catch(() => null)
    return answer?.ok ? (1000 * PROBE) / (performance.now() - begun) : 0
  }
}
