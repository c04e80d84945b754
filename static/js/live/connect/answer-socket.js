/** A seat's signals over HTTP, for where no WebSocket can be opened: has what `Signaling` asks of a WebSocket. PROTOCOL.md, "Over HTTP". */

import { FlowingAnswers, pageName } from '../../lib/flowing-answers.js'

const CONNECTING = 0
const OPEN = 1
const CLOSED = 3
const MOST_LINES = 16
const LEFT = 1000
const BROKEN = 1006
// The next answer of this page has taken the place of the last one.
const REPLACED = 4011
/** The close codes of a WebSocket that stand for the server's refusals. @type {Record<string, number>} */
const CODES = { 'not-owner': 4003, elsewhere: 4009, 'session-ended': 4010, unavailable: 1013 }

/** Why the server takes nothing, or says nothing. */
class Refused extends Error {
  /** @param {number} code @param {string} message */
  constructor(code, message) {
    super(message)
    this.code = code
  }
}

export class AnswerSocket {
  readyState = CONNECTING
  /** @type {(() => void) | null} */
  onopen = null
  /** @type {((event: { data: string }) => void) | null} */
  onmessage = null
  /** @type {((event: { code: number, reason: string }) => void) | null} */
  onclose = null
  #url
  #tab
  #page = pageName()
  /** @type {Record<string, unknown> | null} */
  #hello = null
  #last = 0
  #welcomed = false
  #replaced = false
  #rest = ''
  #decoder = new TextDecoder()
  /** @type {string[]} */
  #waiting = []
  #sending = false
  #life = new AbortController()
  #answers = new FlowingAnswers((signal) => this.#ask(signal))

  /** @param {URL} url @param {string} tab that of the hello */
  constructor(url, tab) {
    this.#url = url
    this.#tab = tab
    this.#answers.listen({
      bytes: (bytes) => this.#read(bytes),
      next: () => this.#goOn(),
      silent: () => this.#end(BROKEN),
      broken: (error) => (error instanceof Refused ? this.#end(error.code, error.message) : this.#end(BROKEN)),
    })
    const { signal } = this.#life
    addEventListener('pagehide', () => (this.#leave(), this.#end(BROKEN)), { signal })
    queueMicrotask(() => {
      if (signal.aborted) return
      this.readyState = OPEN
      this.onopen?.()
    })
  }

  /** The first text is the hello. @param {string} text */
  send(text) {
    if (this.readyState !== OPEN) return
    if (this.#hello) {
      this.#waiting.push(text)
      this.#flush()
      return
    }
    this.#hello = JSON.parse(text)
    this.#last = Number(this.#hello?.last)
    this.#answers.open()
  }

  /** @param {number} [code] */
  close(code) {
    if (this.readyState === CLOSED) return
    if (code === LEFT) this.#leave()
    this.#stop()
  }

  #stop() {
    this.readyState = CLOSED
    this.#life.abort()
    this.#answers.close()
  }

  /** @param {number} code @param {string} [reason] */
  #end(code, reason = '') {
    if (this.readyState === CLOSED) return
    this.#stop()
    this.onclose?.({ code, reason })
  }

  /** Our seat is free. */
  #leave() {
    if (this.#hello) this.#fetch('DELETE', `page=${this.#page}`, null, true).catch(() => undefined) // the server finds out by itself
  }

  /** @param {AbortSignal} signal */
  async #ask(signal) {
    const hello = JSON.stringify({ ...this.#hello, last: this.#last, take: this.#welcomed ? undefined : this.#hello?.take })
    return this.#fetch('POST', `page=${this.#page}`, hello, false, signal)
  }

  /** What the server says, or takes. Rejects with Refused. @param {string} method @param {string} query @param {string | null} body @param {boolean} keepalive @param {AbortSignal} [signal] */
  async #fetch(method, query, body, keepalive, signal) {
    const answer = await fetch(`${this.#url}?${query}`, { method, body, keepalive, signal, cache: 'no-store' })
    if (answer.ok) return answer
    const { code = '', message = '' } = await answer.json().catch(() => ({}))
    throw new Refused(CODES[code] ?? BROKEN, message)
  }

  async #flush() {
    if (this.#sending) return
    this.#sending = true
    try {
      while (this.#waiting.length && this.readyState === OPEN) await this.#sendNext()
    } catch (error) {
      this.#end(error instanceof Refused ? error.code : BROKEN)
    } finally {
      this.#sending = false
    }
  }

  async #sendNext() {
    const lines = this.#waiting.splice(0, MOST_LINES).join('\n')
    const answer = await this.#fetch('PUT', `tab=${this.#tab}`, lines, false, this.#life.signal)
    const said = (await answer.text()).split('\n')
    for (const line of said) if (line) this.onmessage?.({ data: line })
  }

  /** @param {Uint8Array} bytes */
  #read(bytes) {
    const lines = (this.#rest + this.#decoder.decode(bytes, { stream: true })).split('\n')
    this.#rest = lines.pop() ?? ''
    for (const line of lines) if (line) this.#hear(line)
  }

  /** @param {string} line */
  #hear(line) {
    const message = JSON.parse(line)
    if (message.type === 'closed') {
      this.#replaced = message.code === REPLACED
      if (!this.#replaced) this.#end(message.code, message.reason)
      return
    }
    if (message.type === 'welcome') {
      if (this.#welcomed) return // all since then was heard
      this.#welcomed = true
    } else if (message.n !== undefined) {
      if (message.n <= this.#last) return // it was in the answer before
      this.#last = message.n
    }
    this.onmessage?.({ data: line })
  }

  /** The answer has ended. Where another page's took its place, or it broke off, what was said meanwhile is not here. */
  #goOn() {
    if (!this.#replaced) this.#end(BROKEN)
    this.#replaced = false
    this.#rest = ''
  }
}
