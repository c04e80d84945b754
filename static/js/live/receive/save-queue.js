/** The accepted files on their way into their sinks, one after the other: when each is asked for, filled and saved. */

import { Emitter } from '../../lib/emitter.js'
import { fill, reasonOf } from './fill-sink.js'

/** @typedef {import('./incoming-file.js').IncomingFile} IncomingFile */

/**
 * Events: `want` (the sender shall begin or go on with a file), `want-all` (with all that are open), `written` (a block is in its
 * sink), `saved`, `failed` (with the code for the other side, and a sentence).
 * @extends {Emitter<{ want: IncomingFile, 'want-all': void, written: void, saved: IncomingFile, failed: { file: IncomingFile, code: string, message: string } }>}
 */
export class SaveQueue extends Emitter {
  #files
  #sinks
  #arrived
  #askedForAll = false

  /**
   * @param {import('./incoming-files.js').IncomingFiles} files
   * @param {Sinks} sinks
   * @param {import('../../lib/condition.js').Condition} arrived notifies when a block, a root or a file's end has come
   */
  constructor(files, sinks, arrived) {
    super()
    this.#files = files
    this.#sinks = sinks
    this.#arrived = arrived
  }

  /** Resolves when no open file is left to do, or somebody gave up. @param {AbortSignal} signal */
  async saveAll(signal) {
    this.#askedForAll = false
    for (let file = this.#files.next; file && !signal.aborted; file = this.#files.next) {
      try {
        if (this.#askedForAll || this.#sinks.keep()) await this.#askAfterOpening(file, signal)
        else await this.#askAtOnce(file, signal)
        await fill(file, this.#arrived, signal, () => this.emit('written'))
        if (this.#sinks.whole()) file.packed = true
        else this.emit('saved', file)
      } catch (error) {
        if (!signal.aborted && file.open) this.emit('failed', { file, ...reasonOf(error, file.path) })
      }
    }
    await this.#saveTogether(signal)
  }

  /** Ask the sender for every file that is open. */
  askForAll() {
    this.emit('want-all')
    this.#askedForAll = true
  }

  /** The sink may have kept what came before a reload, so it is opened before anything is asked for. @param {IncomingFile} file @param {AbortSignal} signal */
  async #askAfterOpening(file, signal) {
    await this.#openSink(file, signal)
    if (!this.#askedForAll) this.askForAll()
    else if (file.next) this.emit('want', file)
  }

  /** No sink keeps anything: bytes come while the first one opens, as far as the credit goes. @param {IncomingFile} file @param {AbortSignal} signal */
  async #askAtOnce(file, signal) {
    this.askForAll()
    await this.#openSink(file, signal)
    if (file.next) this.emit('want', file)
  }

  /** @param {IncomingFile} file @param {AbortSignal} signal */
  async #openSink(file, signal) {
    if (!file.sink) file.use(await this.#sinks.open(file.description, signal))
  }

  /** Files in one place are saved when it is, and not before. @param {AbortSignal} signal */
  async #saveTogether(signal) {
    const packed = this.#files.open.filter((file) => file.packed)
    if (!packed.length || signal.aborted) return
    try {
      await Promise.race([this.#sinks.whole(), aborted(signal)])
      for (const file of packed) this.emit('saved', file)
    } catch (error) {
      if (!signal.aborted) this.emit('failed', { file: packed[0], ...reasonOf(error, packed[0].path) })
    }
  }
}

/** Rejects when the signal is aborted. @param {AbortSignal} signal @returns {Promise<never>} */
function aborted(signal) {
  return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }))
}
