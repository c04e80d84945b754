/** One file, or all of them as a zip, on its way into a sink. Saved whole, or not at all. Knows no page. */

import { Emitter } from '../lib/emitter.js'
import { SinkRefused } from '../lib/errors.js'
import { SealBroken } from '../crypto/record-stream.js'
import { openSink } from '../sinks/open-sink.js'

/** @typedef {'moving' | 'dropped' | 'saved' | 'failed' | 'cancelled'} FileDownloadState */

/** @extends {Emitter<{ change: void }>} */
export class FileDownload extends Emitter {
  /** @type {FileDownloadState} */
  state = 'moving'
  /** Why it failed, in a sentence. */
  message = ''
  /** Bytes that the sink has taken. */
  done = 0
  #life = new AbortController()
  #sink
  #sinkOptions

  /**
   * @param {SinkFile} file
   * @param {{ sink: Sink, done: number } | null} [half] its sink, where a live session has filled it so far
   * @param {SinkOptions} [sinkOptions] where it is to be saved otherwise
   */
  constructor(file, half = null, sinkOptions = {}) {
    super()
    this.#sinkOptions = sinkOptions
    this.file = file
    this.#sink = half?.sink ?? null
    this.done = half?.done ?? 0
  }

  /** Aborted when somebody gives up. */
  get signal() {
    return this.#life.signal
  }

  get active() {
    return this.state === 'moving' || this.state === 'dropped'
  }

  cancel() {
    this.#become('cancelled')
    this.#life.abort(new Error('Cancelled.'))
  }

  /** The connection broke; the bytes go on by themselves. */
  dropped() {
    if (this.active) this.#become('dropped')
  }

  /** Never rejects: how it ended is its state. @param {AsyncIterable<Uint8Array>} pieces */
  async run(pieces) {
    try {
      const sink = this.#sink ?? (await openSink(this.file, this.#sinkOptions, this.signal))
      await this.#fill(sink, pieces).catch((error) => sink.abort().then(() => { throw error }))
      this.#become('saved')
    } catch (error) {
      this.#fail(error)
    }
  }

  /** @param {Sink} sink @param {AsyncIterable<Uint8Array>} pieces */
  async #fill(sink, pieces) {
    for await (const bytes of pieces) {
      this.signal.throwIfAborted()
      if (this.state === 'dropped') this.#become('moving')
      const { length } = bytes
      if (length) await sink.write(bytes)
      this.done += length
    }
    await sink.close()
  }

  /** @param {unknown} error */
  #fail(error) {
    if (this.state === 'cancelled') return
    if (error instanceof SinkRefused) return this.#become('cancelled') // in the browser's own list of downloads
    this.message = reason(error, this.file.name)
    this.#become('failed')
  }

  /** It came another way. */
  settle() {
    this.done = this.file.size
    this.#become('saved')
  }

  /** @param {FileDownloadState} state */
  #become(state) {
    this.state = state
    this.emit('change')
  }
}

/** @param {unknown} error @param {string} name */
function reason(error, name) {
  const { name: kind = '', message = '' } = error instanceof Error ? error : {}
  if (error instanceof SealBroken) return `${name} was refused and nothing of it was kept: it is not what the sender sealed. ${message}`
  if (kind === 'QuotaExceededError') return `There is no room left on this device for ${name}.`
  return `${name} could not be saved. ${message}`
}
