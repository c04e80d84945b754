/** Which uploads of a link run now: a few side by side, the others wait their turn. Knows neither page nor htmx. */

const SIDE_BY_SIDE = 3

export class UploadQueue {
  #tus
  #requestBytes
  #paused = false

  /**
   * @param {import('./tus-upload.js').Upload[]} uploads
   * @param {Tus} tus
   * @param {number} requestBytes
   */
  constructor(uploads, tus, requestBytes) {
    this.uploads = uploads
    this.#tus = tus
    this.#requestBytes = requestBytes
    for (const upload of uploads) upload.listen({ change: () => this.next() })
  }

  get paused() {
    return this.#paused
  }

  /** Start what may start. */
  next() {
    if (this.#paused) return
    const running = this.uploads.filter(({ state }) => state === 'uploading' || state === 'retrying').length
    const waiting = this.uploads.filter(({ state }) => state === 'queued')
    for (const upload of waiting.slice(0, Math.max(0, SIDE_BY_SIDE - running))) {
      if (upload.state === 'queued') upload.start(this.#tus, this.#requestBytes)
    }
  }

  pause() {
    this.#paused = true
    for (const upload of this.uploads) if (upload.active) upload.pause()
  }

  resume() {
    this.#paused = false
    for (const upload of this.uploads) if (upload.state === 'paused') upload.become('queued')
  }

  /** @param {import('./tus-upload.js').Upload} upload */
  cancel(upload) {
    return upload.cancel(this.#tus)
  }
}
