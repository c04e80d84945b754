/** One file on its way to its upload address, sealed or plain, in as many tries as it takes. Knows the tus library, not the page. */

import { Emitter } from '../lib/emitter.js'
import { FileChanged } from '../crypto/record-messages.js'
import { openedBytes } from '../crypto/record-stream.js'
import { PART, SealedSource } from '../crypto/sealed-source.js'

// Six quick tries, then one every ten seconds for about an hour; the library starts over after each stored byte.
const RETRY_DELAYS = [0, 500, 1000, 2000, 4000, 8000, ...Array(360).fill(10_000)]
const STALLED = 45_000
export const CHANGED = 'This file was changed since the upload began, so its parts would not fit together. Delete the link and send it again.'

/**
 * @extends {Emitter<{ change: void }>}
 * @implements {Row}
 */
export class Upload extends Emitter {
  /** @type {UploadState} */
  state
  /** Why it failed, in a sentence. */
  message = ''
  /** @type {File | null} */
  file = null
  /** One for all tries: it notices when they read other bytes. @type {Promise<import('../crypto/record-stream.js').FileSeal> | null} */
  #seal = null
  /** @type {TusUpload | null} */
  #sending = null
  #movedAt = 0

  /** @param {Row} row */
  constructor({ path, name, size, offset, url, ready, sealed }) {
    super()
    this.path = path
    this.name = name
    this.size = size
    this.offset = offset
    this.url = url
    this.sealed = sealed
    this.state = ready ? 'ready' : 'missing'
  }

  get ready() {
    return this.state === 'ready'
  }

  /** True while a closed tab would interrupt it. */
  get active() {
    return ['queued', 'uploading', 'retrying', 'paused'].includes(this.state)
  }

  /** @param {File} file @param {Promise<import('../crypto/record-stream.js').FileSeal> | null} [seal] of a sealed link; the first one stays */
  accept(file, seal = null) {
    this.file = file
    this.#seal ??= seal
    this.become('queued')
  }

  /**
   * Ask for the offset and send the rest.
   * @param {Tus} tus
   * @param {number} requestBytes the largest body of one request
   */
  start(tus, requestBytes) {
    if (!this.file) return
    this.#movedAt = performance.now()
    this.#sending ??= new tus.Upload(this.file, {
      uploadUrl: this.url,
      ...this.#reading(this.file, requestBytes),
      retryDelays: RETRY_DELAYS,
      storeFingerprintForResuming: false,
      onProgress: (sent) => this.#move(sent),
      onSuccess: () => {
        this.offset = this.size
        this.become('ready')
      },
      onError: (error) => this.fail(reason(error)),
      onShouldRetry: (error) => this.#tryAgain(error),
    })
    this.become('uploading')
    this.#sending.start()
  }

  /** @param {File} file @param {number} requestBytes */
  #reading(file, requestBytes) {
    const seal = this.#seal
    if (!seal) return { chunkSize: requestBytes }
    return { chunkSize: Math.min(requestBytes, PART), fileReader: { openFile: async () => new SealedSource(file, await seal) } }
  }

  pause() {
    this.#sending?.abort()
    this.become('paused')
  }

  /** Try now instead of later: the network is back. */
  hurry() {
    if (this.state !== 'retrying') return
    this.#sending?.abort()
    this.#sending?.start()
  }

  /**
   * Begin a new request where nothing has moved for long: the connection is dead and nobody said so.
   * @param {number} now
   */
  unstick(now) {
    if (this.state !== 'uploading' || now - this.#movedAt < STALLED) return
    this.#movedAt = now
    this.#sending?.abort()
    this.#sending?.start()
  }

  /**
   * End it and free what the server holds.
   * @param {Tus} tus
   */
  async cancel(tus) {
    this.#sending?.abort()
    this.become('paused')
    await tus.Upload.terminate(this.url, { retryDelays: [500, 1000, 2000] })
    this.become('cancelled')
  }

  /** Stop without a word: the card has left the page. */
  abandon() {
    this.#sending?.abort()
  }

  /** @param {string} message */
  fail(message) {
    this.#sending?.abort()
    this.#sending = null
    this.message = message
    this.become('failed')
  }

  /** @param {UploadState} state */
  become(state) {
    this.state = state
    this.emit('change')
  }

  /** @param {number} sent bytes of what travels */
  #move(sent) {
    const offset = this.sealed ? openedBytes(sent, this.size) : sent
    if (offset !== this.offset) this.#movedAt = performance.now()
    this.offset = offset
    if (this.state === 'retrying') this.become('uploading')
  }

  /** @param {TusError} error */
  #tryAgain(error) {
    if (error.causingError instanceof FileChanged) return false
    const status = error.originalResponse?.getStatus() ?? 0
    const passing = status === 0 || [408, 409, 423, 425, 429].includes(status) || (status >= 500 && status !== 507)
    if (!passing) return false
    this.become('retrying')
    if (status === 0) this.#checkReadable()
    return true
  }

  /** A file that was changed or removed looks like a broken connection. */
  async #checkReadable() {
    try {
      await this.file?.slice(0, 1).arrayBuffer()
    } catch {
      this.fail('The file was changed, moved or deleted. Choose it again.')
    }
  }
}

/**
 * Why the server does not want more of a file, in a sentence.
 * @param {TusError} error
 */
function reason(error) {
  if (error.causingError instanceof FileChanged) return CHANGED
  const status = error.originalResponse?.getStatus() ?? 0
  const said = error.originalResponse?.getBody().trim() ?? ''
  if (status === 404 || status === 410 || status === 403) return 'Its link has expired or was deleted.'
  if (said && said.length < 200 && !/^[<{]/.test(said)) return said
  if (status === 507) return 'The server has no room for it right now. Try again later.'
  if (status === 413) return 'The server does not take a file of this size.'
  return status ? `The server refused it (${status}).` : 'The server could not be reached.'
}
