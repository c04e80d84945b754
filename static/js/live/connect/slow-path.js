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
  #since = 0
  #asked = false

  /**
   * @param {string} url that takes bytes and throws them away
   * @param {AbortSignal} signal
   */
  constructor(url, signal) {
    this.#url = url
    this.#signal = signal
  }

  /**
   * Bytes move. Asks the server once, when it has been slow for long enough.
   * @param {number} rate bytes a second, 0 while unknown
   * @param {number} left bytes
   * @param {number} now milliseconds
   * @returns {Promise<string>} a sentence for people, '' when there is nothing to say
   */
  async look(rate, left, now) {
    this.#since ||= now
    if (this.#asked || !rate || rate > SLOW || left / rate < LONG || now - this.#since < PATIENCE) return ''
    this.#asked = true
    const times = Math.floor((await this.#probe()) / rate)
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
