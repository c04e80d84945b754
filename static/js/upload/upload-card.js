/**
 * Island: the card's uploads. Takes the files from `files:chosen`, sends what the server does not have yet and shows how
 * it goes. Everything it must know stands in the card's data attributes.
 */

import { match } from '../choose/read-dropped.js'
import { dropAlert, find, island, loadScript, showAlert, tell } from '../lib/dom.js'
import { count, filesize, timeLeft } from '../lib/format.js'
import { forget, marks, remember, unfinished } from '../choose/resume-store.js'
import { RateMeter } from '../lib/rate-meter.js'
import { UploadQueue } from './upload-queue.js'
import { rowOf, showProgress, showRow } from './upload-rows.js'
import { isUnsealed, openCard, stopCard } from './sealed-card.js'
import { entryOf } from '../crypto/seal-manifest.js'
import { CHANGED, Upload } from './tus-upload.js'

const TICK = 250

export function uploads() {
  island('[data-uploads]', mount)
  island('[data-card]', (card) => {
    if (card.dataset.state !== 'open') forget(card.dataset.linkId ?? '')
  })
  island('form[data-delete]', (form, signal) => {
    // Nothing worth keeping has arrived: cancelling is deleting, with the same question before it.
    document.addEventListener('uploads:cancelled', () => /** @type {HTMLFormElement} */ (form).requestSubmit(), { signal })
  })
}

/**
 * @param {HTMLElement} root
 * @param {AbortSignal} signal
 */
async function mount(root, signal) {
  if (!root.dataset.sealed) return isUnsealed(root) ? stopCard(root) : new UploadCard(root, signal, null)
  const opened = await openCard(root, signal)
  return opened && new UploadCard(root, signal, opened)
}

class UploadCard {
  /** @type {Map<Upload, HTMLElement>} */
  #rows
  /** @type {Promise<UploadQueue> | null} */
  #queue = null
  #meter = new RateMeter()
  #title = document.title
  #root
  #signal
  #opened

  /**
   * @param {HTMLElement} root
   * @param {AbortSignal} signal
   * @param {import('../link/open-sealed-link.js').Opened | null} opened what a sealed link holds
   */
  constructor(root, signal, opened) {
    this.#root = root
    this.#signal = signal
    this.#opened = opened
    const rows = /** @type {NodeListOf<HTMLElement>} */ (root.querySelectorAll('[data-row]'))
    this.#rows = new Map(Array.from(rows, (row) => [new Upload(rowOf(row)), row]))
    for (const upload of this.#uploads) upload.listen({ change: () => this.#changed(upload) })
    if (this.#uploads.every(({ ready }) => ready)) forget(root.dataset.linkId ?? '')
    else this.#begin()
  }

  #begin() {
    this.#listen()
    tell(this.#root, 'uploads:ready')
    if (!this.#uploads.some(({ active }) => active)) find(this.#root, '[data-again]').hidden = false
  }

  get #uploads() {
    return [...this.#rows.keys()]
  }

  #listen() {
    const signal = this.#signal
    this.#root.addEventListener('files:chosen', (event) => this.#acceptFiles(/** @type {CustomEvent<Handover>} */ (event).detail), { signal })
    find(this.#root, '[data-pause]').addEventListener('click', () => this.#togglePause(), { signal })
    find(this.#root, '[data-cancel]').addEventListener('click', () => this.#cancelAll(), { signal })
    addEventListener('online', () => this.#uploads.forEach((upload) => upload.hurry()), { signal })
    addEventListener('beforeunload', (event) => {
      if (this.#uploads.some(({ active }) => active)) event.preventDefault()
    }, { signal })
    const ticking = setInterval(() => this.#tick(), TICK)
    signal.addEventListener('abort', () => {
      clearInterval(ticking)
      for (const upload of this.#uploads) upload.abandon()
      document.title = this.#title
    })
  }

  /** @param {Handover} handover */
  async #acceptFiles(handover) {
    dropAlert('uploads')
    const known = unfinished().find(({ id }) => id === this.#root.dataset.linkId)?.files ?? []
    const pairs = match(this.#uploads, handover)
    for (const [upload, file] of pairs) {
      if (upload.ready || upload.active) continue
      const entry = this.#entryOf(upload)
      const changed = entry?.mtime ?? known.find(([path, size]) => path === upload.path && size === upload.size)?.[2]
      if (changed === undefined || changed === entryOf({ path: '', file }, 0).mtime) upload.accept(file, entry && this.#opened?.keys.ofFile(entry))
      else upload.fail(CHANGED)
    }
    if (pairs.size < handover.chosen.length) this.#strangers(handover, pairs.size)
    if (!this.#uploads.some(({ active }) => active)) return
    find(this.#root, '[data-again]').hidden = this.#uploads.every(({ state }) => state !== 'missing')
    this.#keep()
    await this.#start()
  }

  /** What a sealed link's contents say of an upload's file. @param {Upload} upload */
  #entryOf(upload) {
    return this.#opened?.entries[Number(this.#rows.get(upload)?.dataset.n)]
  }

  /**
   * @param {Handover} handover
   * @param {number} fitting
   */
  #strangers({ chosen }, fitting) {
    const others = chosen.length - fitting
    const what = fitting ? `${count(others, 'file')} of those ${others === 1 ? 'does' : 'do'} not belong to this link` : 'None of those files belongs to this link'
    showAlert(`${what}. Choose the files that the list below misses; their names and sizes must be the same.`, 'uploads')
  }

  /** Remember it over a reload, with the time each file was last changed. */
  #keep() {
    const { linkId = '', ownerUrl = '', expiresAt } = this.#root.dataset
    const before = new Map(unfinished().find(({ id }) => id === linkId)?.files.map((file) => [file[0], file]) ?? [])
    const files = this.#uploads.filter(({ state }) => state !== 'cancelled')
      .map(({ path, size, file }) => (file ? marks({ path, file }) : before.get(path) ?? /** @type {[string, number, number]} */ ([path, size, 0])))
    remember({ id: linkId, ownerUrl, expiresAt: Number(expiresAt), files })
  }

  async #start() {
    this.#queue ??= this.#makeQueue()
    try {
      const queue = await this.#queue
      queue.next()
    } catch (error) {
      this.#queue = null
      for (const upload of this.#uploads) if (upload.active) upload.fail(String(error instanceof Error ? error.message : error))
    }
  }

  async #makeQueue() {
    await loadScript(this.#root.dataset.tusSrc ?? '')
    if (!window.tus) throw new Error('A part of this page could not be loaded. Reload it and choose the same files again.')
    return new UploadQueue(this.#uploads, window.tus, Number(this.#root.dataset.requestBytes))
  }

  async #togglePause() {
    const queue = await this.#queue
    if (!queue) return
    if (queue.paused) queue.resume()
    else queue.pause()
    this.#meter.reset()
    find(this.#root, '[data-pause]').textContent = queue.paused ? 'Go on' : 'Pause'
    this.#show()
  }

  async #cancelAll() {
    const stored = this.#uploads.filter(({ ready }) => ready).length
    if (!stored) return tell(this.#root, 'uploads:cancelled')
    if (!confirm(`Stop and remove what is not complete? ${count(stored, 'file')} stay${stored === 1 ? 's' : ''} in the link.`)) return
    for (const upload of this.#uploads) if (!upload.ready && upload.state !== 'cancelled') await this.#cancel(upload)
  }

  /** @param {Upload} upload */
  async #cancel(upload) {
    const queue = await this.#queue
    if (this.#uploads.filter(({ state }) => state !== 'cancelled').length === 1) return tell(this.#root, 'uploads:cancelled')
    try {
      await queue?.cancel(upload)
    } catch {
      upload.fail('It could not be cancelled. Try again, or delete the link.')
    }
  }

  /** @param {Upload} upload whose state is new */
  #changed(upload) {
    const row = this.#rows.get(upload)
    if (!row) return
    if (upload.state === 'cancelled') {
      this.#rows.delete(upload)
      row.remove()
      this.#keep()
    } else {
      showRow(upload, row, { retry: () => this.#retry(upload), cancel: () => this.#cancel(upload) })
    }
    this.#show()
  }

  /** @param {Upload} upload */
  #retry(upload) {
    if (upload.file) upload.accept(upload.file)
    this.#start()
  }

  #tick() {
    const now = performance.now()
    if (!this.#uploads.some(({ state }) => state === 'uploading')) return
    this.#meter.add(this.#done, now)
    for (const upload of this.#uploads) {
      if (upload.state !== 'uploading') continue
      upload.unstick(now)
      const row = this.#rows.get(upload)
      if (row) showProgress(upload, row)
    }
    this.#show()
  }

  get #done() {
    return this.#uploads.reduce((sum, { offset }) => sum + offset, 0)
  }

  #show() {
    const total = this.#uploads.reduce((sum, { size }) => sum + size, 0)
    const done = this.#done
    const moving = this.#uploads.some(({ state }) => state === 'uploading')
    /** @type {HTMLProgressElement} */
    const progress = find(this.#root, '[data-progress]')
    progress.max = total || 1
    progress.value = total ? done : 1
    find(this.#root, '[data-bytes]').textContent = `${filesize(done)} of ${filesize(total)}`
    const rate = moving ? this.#meter.rate : 0
    find(this.#root, '[data-rate]').textContent = rate ? `${filesize(Math.round(rate))}/s, ${timeLeft((total - done) / rate)}` : ''
    this.#root.toggleAttribute('data-moving', moving)
    this.#showStatus(total ? Math.floor((100 * done) / total) : 100)
  }

  /** @param {number} percent */
  #showStatus(percent) {
    const [state, text] = summary(this.#uploads)
    const status = find(this.#root, '[data-status]')
    status.dataset.state = state
    if (status.textContent !== text) status.textContent = text // said once, not at every tick
    const busy = this.#uploads.some(({ active }) => active)
    document.title = busy ? `${percent} % · Packet Post` : state === 'completed' ? 'Sent · Packet Post' : this.#title
    for (const part of ['[data-controls]', '[data-keep-open]']) find(this.#root, part).hidden = !busy
    if (state !== 'completed') return
    forget(this.#root.dataset.linkId ?? '')
    find(this.#root, '[data-again]').hidden = true
  }
}

/**
 * What the whole comes to: a status for machines and a sentence for people.
 * @param {Upload[]} all
 */
function summary(all) {
  const number = (/** @type {UploadState} */ state) => all.filter((upload) => upload.state === state).length
  const stored = `${number('ready')} of ${count(all.length, 'file')} stored`
  if (number('ready') === all.length) return ['completed', 'All files are stored']
  if (number('uploading')) return ['transferring', all.length > 1 ? `Uploading, ${stored}` : 'Uploading']
  if (number('retrying')) return ['connecting', 'Connection lost. Trying again…']
  if (number('paused')) return ['idle', 'Paused']
  if (number('failed')) return ['failed', `${count(number('failed'), 'file')} could not be sent`]
  if (number('queued')) return ['connecting', 'Starting']
  return ['idle', 'Not all files have arrived yet']
}
