/** A page's answers: one is open at any time, and the next one before it ends. Knows nothing of what they carry. */

import { Emitter } from '../../lib/emitter.js'
import { StretchReader } from './stretches.js'

// The server ends an answer when the next one is open, and after 28 s by all means.
const NEXT_AFTER = 15_000
const NEXT_BYTES = 48 * 1024 * 1024
// The server shows a sign of life after 5 s. The first one comes at once, unless somebody on the way gathers answers.
const SILENCE = 12_000
const FIRST_WITHIN = 6_000

/** Why there is no road: for good, or for now. */
export class RoadClosed extends Error {
  /** @param {string} message @param {boolean} final @param {string} [code] the server's word for it */
  constructor(message, final, code = '') {
    super(message)
    this.final = final
    this.code = code
  }
}

/** What the server's refusal means for us. @param {Response} answer */
export async function refusal(answer) {
  const { code = '', message = '' } = await answer.json().catch(() => ({}))
  return new RoadClosed(message, ['road-off', 'not-owner', 'no-session', 'session-ended', 'cross-site'].includes(code), code)
}

/**
 * Events: `open` (the first sign of life), `part` (Part of a body), `broken` (RoadClosed; nothing comes after it).
 * @extends {Emitter<{ open: void, part: import('./stretches.js').Part, broken: RoadClosed }>}
 */
export class RoadDown extends Emitter {
  #url
  #life = new AbortController()
  #timer = 0

  /** @param {string} url */
  constructor(url) {
    super()
    const page = crypto.getRandomValues(new Uint32Array(2)).join('-')
    this.#url = `${url}?page=${page}`
  }

  open() {
    this.#read()
  }

  close() {
    clearTimeout(this.#timer)
    this.#life.abort()
  }

  async #read() {
    try {
      for (let answer = await this.#ask(); ;) answer = (await this.#readOne(answer)) ?? (await this.#ask())
    } catch (error) {
      if (this.#life.signal.aborted) return
      this.close()
      this.emit('broken', error instanceof RoadClosed ? error : new RoadClosed(String(error), false))
    }
  }

  /** @returns {Promise<Response>} */
  async #ask() {
    const answer = await fetch(this.#url, { signal: this.#life.signal, cache: 'no-store' })
    if (!answer.ok) throw await refusal(answer)
    return answer
  }

  /** To its end. @param {Response} answer @returns {Promise<Response | null>} the next one, if it was asked for */
  async #readOne(answer) {
    const begun = performance.now()
    const stretches = new StretchReader()
    const reader = /** @type {ReadableStream<Uint8Array>} */ (answer.body).getReader()
    let next = null
    this.#watch(FIRST_WITHIN, 'buffered')
    for (let bytes = 0, first = true; ; first = false) {
      const { done, value } = await reader.read()
      if (done) return next
      this.#watch(SILENCE, 'silent')
      if (first) this.emit('open')
      for (const part of stretches.read(value)) this.emit('part', part)
      bytes += value.length
      if (!next && (bytes > NEXT_BYTES || performance.now() - begun > NEXT_AFTER)) {
        next = this.#ask()
        next.catch(() => undefined) // looked at when its turn comes
      }
    }
  }

  /** Nothing may come for so long. @param {number} pause @param {'buffered' | 'silent'} code */
  #watch(pause, code) {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => {
      this.close()
      const buffered = code === 'buffered'
      this.emit('broken', new RoadClosed(buffered ? 'Something between this page and the server gathers answers.' : 'The server is silent.', false, code))
    }, pause)
  }
}
