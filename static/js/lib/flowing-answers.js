/** Answers of the server that flow for long: one is open at any time, and the next one before it ends. Knows no page. */

import { Emitter } from './emitter.js'

// The server ends an answer when the next one is open, and after 28 s by all means.
const NEXT_AFTER = 15_000
// The server shows a sign of life after 5 s. The first one comes at once, unless somebody on the way gathers answers.
const SILENCE = 12_000
const FIRST_WITHIN = 6_000

/** Tells the answers of this page from those of the next one at the same seat. */
export function pageName() {
  return crypto.getRandomValues(new Uint32Array(2)).join('-')
}

/**
 * Events: `bytes` (the next ones), `next` (what comes from now on is of another answer), `silent` (nothing comes, or is kept back from the beginning:
 * `buffered`; it is over then), `broken` (what an answer, or asking for one, failed with; it is over then).
 * @extends {Emitter<{ bytes: Uint8Array, next: void, silent: 'silent' | 'buffered', broken: unknown }>}
 */
export class FlowingAnswers extends Emitter {
  #ask
  #mostBytes
  #life = new AbortController()
  #timer = 0

  /**
   * @param {(signal: AbortSignal) => Promise<Response>} ask for the next one. Rejects where there is none
   * @param {number} [mostBytes] of an answer, before the next one is asked for
   */
  constructor(ask, mostBytes = Infinity) {
    super()
    this.#ask = ask
    this.#mostBytes = mostBytes
  }

  async open() {
    const { signal } = this.#life
    try {
      for (/** @type {Response | null} */ let next = null; ; this.emit('next')) {
        this.#expect(FIRST_WITHIN, 'buffered') // who gathers answers holds back their heads too
        next = await this.#readOne(await (next ?? this.#ask(signal)), signal)
      }
    } catch (error) {
      if (signal.aborted) return
      this.close()
      this.emit('broken', error)
    }
  }

  close() {
    clearTimeout(this.#timer)
    this.#life.abort()
  }

  /** To its end. @param {Response} answer @param {AbortSignal} signal @returns {Promise<Response | null>} the next one, if it was asked for */
  async #readOne(answer, signal) {
    const begun = performance.now()
    const reader = /** @type {ReadableStream<Uint8Array>} */ (answer.body).getReader()
    let next = null
    for (let bytes = 0; ;) {
      const { done, value } = await reader.read()
      if (done) return next
      this.#expect(SILENCE, 'silent')
      this.emit('bytes', value)
      bytes += value.length
      if (!next && (bytes > this.#mostBytes || performance.now() - begun > NEXT_AFTER)) {
        next = this.#ask(signal)
        next.catch(() => undefined) // looked at when its turn comes
      }
    }
  }

  /** Something must come within so long. @param {number} within @param {'buffered' | 'silent'} else_ */
  #expect(within, else_) {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => {
      this.close()
      this.emit('silent', else_)
    }, within)
  }
}
