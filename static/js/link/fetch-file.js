/** Fetches one file's own bytes from the server, opening sealed ones as they come, and goes on by itself after a dropped connection. No page. */

import { openedRecords } from '../crypto/opened-records.js'
import { RECORD, recordsOf, Seal, SealBroken, sealedOffset, sealedSize } from '../crypto/record-stream.js'

// A few quick tries, then one every ten seconds for about an hour; each new byte starts over.
const DELAYS = [0, 500, 1000, 2000, 4000, 8000]
const LATER = 10_000
const TRIES = 360
// An answer that ends early without a word may be a proxy's fault; again and again at the same place it is the file that lacks bytes.
const SHORT_TRIES = 3

/** The connection broke; whoever asked may ask again from where they are. */
class Dropped extends Error {}
/** The answer ended as if it were whole, and was not. */
class Short extends Dropped {}

/**
 * A file's bytes, from record `first` on (records of 256 KiB, of plain files too), in pieces as they come; those of a sealed file record by record, each
 * opened and therefore exactly what the sender sealed. Throws SealBroken, or an Error whose message a person can act on.
 * @param {string} url
 * @param {number} size of the file itself, in bytes
 * @param {{ seal?: import('../crypto/record-stream.js').FileSeal | null, first?: number, signal?: AbortSignal, dropped?: () => void }} [options]
 *   dropped is called when a connection broke and another will be tried
 */
export async function* fetchOpened(url, size, { seal = null, first = 0, signal, dropped } = {}) {
  const source = new Source(url, carriedSize(seal, size), signal)
  const step = seal ? 1 : RECORD
  const whole = seal ? recordsOf(size) : size
  let at = Math.min(first * step, whole)
  if (at && at >= whole) return
  for (let failures = 0; ;) {
    try {
      for await (const bytes of opened(source, seal, size, at)) {
        failures = 0
        at += seal ? 1 : bytes.length
        yield bytes
      }
      if (at >= whole) return
      throw new Short()
    } catch (error) {
      failures += 1
      throwFinal(error, failures, Boolean(seal))
      dropped?.()
      await pause(DELAYS[failures - 1] ?? LATER, signal)
    }
  }
}

/** @param {import('../crypto/record-stream.js').FileSeal | null} seal @param {number} size */
const carriedSize = (seal, size) => (seal ? sealedSize(size, seal.layout) : size)

/**
 * Throws what another try would not mend.
 * @param {unknown} error
 * @param {number} failures in a row, this one too
 * @param {boolean} sealed
 */
function throwFinal(error, failures, sealed) {
  if (!(error instanceof Dropped)) throw error
  if (sealed && error instanceof Short && failures >= SHORT_TRIES) throw new SealBroken('The file ends before its last sealed byte.')
  if (failures > TRIES) throw new Error('The server could not be reached for a long time. Check the connection and try again.')
}

/**
 * One answer's worth of the file.
 * @param {Source} source
 * @param {import('../crypto/record-stream.js').FileSeal | null} seal
 * @param {number} size
 * @param {number} at the record to begin with, of a plain file the byte
 * @returns {AsyncIterable<Uint8Array>}
 */
function opened(source, seal, size, at) {
  if (!seal) return source.from(at)
  if (at === 0 && seal instanceof Seal) return openedRecords(behindHeader(source.from(0), seal), seal, size)
  return openedRecords(source.from(sealedOffset(at, seal.layout)), seal, size, at)
}

/** What release 0.2 sealed. @param {AsyncIterable<Uint8Array>} pieces @param {Seal} seal */
async function* behindHeader(pieces, seal) {
  const expected = seal.header()
  let seen = 0
  for await (const piece of pieces) {
    const head = piece.subarray(0, expected.length - seen)
    const at = seen
    if (head.some((byte, n) => byte !== expected[at + n])) throw new SealBroken('This is not the file that the sender sealed.')
    seen += head.length
    if (piece.length > head.length) yield piece.subarray(head.length)
  }
}

/** One address, its strong ETag once it is known, and how long the answer to it must be. */
class Source {
  #url
  #size
  #signal
  #etag = ''

  /** @param {string} url @param {number} size of what the server holds @param {AbortSignal} [signal] */
  constructor(url, size, signal) {
    this.#url = url
    this.#size = size
    this.#signal = signal
  }

  /** The bytes from `start` to the end. Throws Dropped when the connection breaks. @param {number} start */
  async* from(start) {
    const response = await this.#ask(start)
    this.#etag ||= response.headers.get('ETag') ?? ''
    const reader = /** @type {ReadableStream<Uint8Array>} */ (response.body).getReader()
    try {
      for (;;) {
        const { value, done } = await reader.read().catch((error) => this.#broken(error))
        if (done) return
        yield value
      }
    } finally {
      reader.cancel().catch(() => undefined)
    }
  }

  /** @param {number} start */
  async #ask(start) {
    /** @type {Record<string, string>} */
    const headers = start ? { Range: `bytes=${start}-`, ...(this.#etag && { 'If-Range': this.#etag }) } : {}
    const response = await fetch(this.#url, { headers, signal: this.#signal, cache: 'no-store' }).catch((error) => this.#broken(error))
    if (!response.ok) throw await refusal(response)
    if (start ? response.status !== 206 : response.status !== 200) throw new Error('The file is not the same as before. Reload the page and download it again.')
    if (this.#lengthOf(response, start) !== this.#size) throw new SealBroken('The file on the server is not as long as what was sent.')
    return response
  }

  /** The whole length that an answer implies; the expected one where it implies none. @param {Response} response @param {number} start */
  #lengthOf({ headers }, start) {
    if (start) return Number(/^bytes \d+-\d+\/(\d+)$/.exec(headers.get('Content-Range') ?? '')?.[1] ?? this.#size)
    const length = headers.get('Content-Length')
    return length === null || headers.has('Content-Encoding') ? this.#size : Number(length)
  }

  /** @param {unknown} error @returns {never} */
  #broken(error) {
    this.#signal?.throwIfAborted()
    throw new Dropped(String(error))
  }
}

/**
 * What an answer that brings no bytes means: worth another try, or a sentence for people.
 * @param {Response} response
 */
async function refusal(response) {
  const { status } = response
  if (status === 408 || status === 425 || status === 429 || (status >= 500 && status !== 507)) return new Dropped(String(status))
  const { message = '' } = await response.json().catch(() => ({}))
  if (message) return new Error(message)
  if (status === 404 || status === 410) return new Error('The link has ended: it has expired, was deleted, or its downloads are used up.')
  return new Error(`The server refused it (${status}). Reload the page and try again.`)
}

/** Until the time is over or the network is back. Rejects when the signal is aborted. @param {number} wait milliseconds @param {AbortSignal} [signal] */
function pause(wait, signal) {
  return new Promise((resolve, reject) => {
    const over = new AbortController()
    const end = (/** @type {() => void} */ settle) => {
      over.abort()
      clearTimeout(timer)
      settle()
    }
    const timer = setTimeout(() => end(() => resolve(null)), wait)
    addEventListener('online', () => end(() => resolve(null)), { signal: over.signal })
    signal?.addEventListener('abort', () => end(() => reject(signal.reason)), { signal: over.signal })
    if (signal?.aborted) end(() => reject(signal.reason))
  })
}
