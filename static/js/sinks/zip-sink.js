/** One zip that the files of a live session are saved in: a sink for each of them, from which its bytes go on into the zip's own sink. Knows no page. */

import { Condition } from '../lib/condition.js'
import { SinkRefused } from '../lib/errors.js'
import { cleanOpened } from '../lib/file-names.js'
import { openSink } from './open-sink.js'
import { zipOf } from './zip-stream.js'

/** @typedef {{ changed: Condition, signal: AbortSignal, giveUp: (error: unknown) => void }} Shared what the members of a zip share; changed notifies of every change */

/**
 * Begin a zip of exactly these files, in this order. Rejects like `openSink`.
 * @param {string} name of the zip
 * @param {{ path: string, size: number, mtime?: number }[]} files
 */
export async function openArchive(name, files) {
  const life = new AbortController()
  const shared = { changed: new Condition(), signal: life.signal, giveUp: (/** @type {unknown} */ error) => life.abort(reasonOf(error)) }
  const members = files.map((file) => new Member(file, shared))
  const named = members.map((member) => ({ path: cleanOpened(member.path), size: member.size, mtime: member.mtime, member }))
  const { size, pieces } = await zipOf(named, ({ member }) => member.pieces())
  const sink = await openSink({ name, path: name, size, type: 'application/zip' })
  return new ZipSink(members, shared, sink, pieces)
}

export class ZipSink {
  #members
  #shared
  /** Resolves when the zip is saved whole; rejects when nothing of it is kept. */
  whole

  /**
   * @param {Member[]} members
   * @param {Shared} shared
   * @param {Sink} sink for the zip itself
   * @param {AsyncIterable<Uint8Array>} pieces
   */
  constructor(members, shared, sink, pieces) {
    this.#members = members
    this.#shared = shared
    this.whole = this.#pour(sink, pieces)
    this.whole.catch(() => undefined) // it is asked for later, or by nobody
  }

  /** @param {Sink} sink @param {AsyncIterable<Uint8Array>} pieces */
  async #pour(sink, pieces) {
    try {
      for await (const bytes of pieces) if (bytes.length) await sink.write(bytes)
      await sink.close()
    } catch (error) {
      await sink.abort().catch(() => undefined)
      this.#shared.giveUp(error)
      throw this.#shared.signal.reason
    }
  }

  /** Whether this file belongs into it, and still can come. @param {{ path: string, size: number }} file */
  wants(file) {
    return !this.#shared.signal.aborted && Boolean(this.#free(file))
  }

  /** @param {{ path: string, size: number }} file */
  #free({ path, size }) {
    return this.#members.find((member) => member.path === path && member.size === size && !member.taken)
  }

  /**
   * The sink of one of its files, once the zip has got that far.
   * @param {{ path: string, size: number }} file
   * @param {AbortSignal} [signal]
   * @returns {Promise<Sink>}
   */
  async open(file, signal) {
    this.#shared.signal.throwIfAborted()
    const member = this.#free(file)
    if (!member) throw new Error(`${file.path} is not among the files of this zip.`)
    await member.receive(signal)
    return member
  }

  /** Nothing of it is kept. */
  giveUp() {
    this.#shared.giveUp(new Error('It was given up.'))
  }
}

/** What everybody hears who has a part in it. @param {unknown} error */
function reasonOf(error) {
  return error instanceof SinkRefused ? error : new SinkRefused(`The zip could not be finished. ${/** @type {Error} */ (error).message}`)
}

/** @implements {Sink} */
class Member {
  /** @type {'zip'} */
  kind = 'zip'
  keeps = false
  written = 0
  taken = false
  #reached = false
  #ended = false
  /** @type {Uint8Array | null} */
  #bytes = null
  #shared

  /**
   * @param {{ path: string, size: number, mtime?: number }} file
   * @param {Shared} shared
   */
  constructor({ path, size, mtime = 0 }, shared) {
    this.path = path
    this.size = size
    this.mtime = mtime
    this.#shared = shared
  }

  /** Its bytes, for the zip, which asks for the next ones when those before are in its sink. */
  async* pieces() {
    this.#reached = true
    for (;;) {
      this.#shared.changed.notify()
      await this.#until(() => this.#bytes || this.#ended)
      if (!this.#bytes) return
      yield this.#bytes
      this.#bytes = null
    }
  }

  /** @param {AbortSignal} [signal] */
  async receive(signal) {
    this.taken = true
    try {
      await this.#until(() => this.#reached, signal)
    } catch (error) {
      this.taken = false
      throw error
    }
  }

  /** @param {() => unknown} condition @param {AbortSignal} [signal] */
  async #until(condition, signal) {
    const either = signal ? AbortSignal.any([signal, this.#shared.signal]) : this.#shared.signal
    while (!condition()) await this.#shared.changed.changed(either)
    either.throwIfAborted()
  }

  /** @param {Uint8Array} bytes */
  async write(bytes) {
    this.#bytes = bytes
    this.written += bytes.length
    this.#shared.changed.notify()
    await this.#until(() => !this.#bytes)
  }

  async close() {
    if (this.written !== this.size) throw new Error('The file is not as long as it was said to be.')
    this.#ended = true
    this.#shared.changed.notify()
  }

  /** Without it there is no zip. */
  async abort() {
    this.#shared.giveUp(new Error(`${this.path} is missing.`))
  }
}
