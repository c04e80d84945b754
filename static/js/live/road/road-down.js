/** What all other pages say by the road, as it comes in a page's answers. Knows nothing of what it means. */

import { Emitter } from '../../lib/emitter.js'
import { FlowingAnswers, pageName } from '../../lib/flowing-answers.js'
import { StretchReader } from './stretches.js'

const MOST_BYTES = 48 * 1024 * 1024
// How long the server may take to answer at all (ms).
const ANSWERS_WITHIN = 5_000

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
  #stretches = new StretchReader()
  #opened = false
  #answers = new FlowingAnswers((signal) => this.#ask(signal), MOST_BYTES)

  /** @param {string} url */
  constructor(url) {
    super()
    this.#url = `${url}?page=${pageName()}`
    this.#answers.listen({
      bytes: (bytes) => this.#read(bytes),
      next: () => (this.#stretches = new StretchReader()),
      silent: (how) => (how === 'buffered' ? this.#lookWhy() : this.#break('The server is silent.', how)),
      broken: (error) => (error instanceof RoadClosed ? this.emit('broken', error) : this.#break(String(error))),
    })
  }

  open() {
    this.#answers.open()
  }

  close() {
    this.#answers.close()
  }

  /** @param {AbortSignal} signal */
  async #ask(signal) {
    const answer = await fetch(this.#url, { signal, cache: 'no-store' })
    if (!answer.ok) throw await refusal(answer)
    return answer
  }

  /** @param {Uint8Array} bytes */
  #read(bytes) {
    if (!this.#opened) this.emit('open')
    this.#opened = true
    for (const part of this.#stretches.read(bytes)) this.emit('part', part)
  }

  /** The first sign of life does not come: somebody gathers it, if the server says what has an end. */
  async #lookWhy() {
    const asked = fetch(this.#url, { method: 'HEAD', signal: AbortSignal.timeout(ANSWERS_WITHIN), cache: 'no-store' })
    if (await asked.then(({ ok }) => ok, () => false)) this.#break('Something between this page and the server gathers answers.', 'gathered')
    else this.#break('The server is silent.', 'silent')
  }

  /** @param {string} message @param {string} [code] */
  #break(message, code) {
    this.emit('broken', new RoadClosed(message, false, code))
  }
}
