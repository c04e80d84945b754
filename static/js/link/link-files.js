/**
 * Island: the files of a sealed link. Opens their names, and downloads them by opening their bytes in this browser, each alone or all as one zip. What the
 * server knows of them stands in the section's `data-stored-files`, which the page's polling renews; the island's own part is left alone by it.
 */

import { FileDownload } from './file-download.js'
import { find, island, showAlert, tell } from '../lib/dom.js'
import { fetchOpened } from './fetch-file.js'
import { filesize } from '../lib/format.js'
import { canSeal } from '../crypto/keys.js'
import { isSaved, handedOverSink, claimHandedOver } from './session-handover.js'
import { cleanOpened, nameIn } from '../lib/file-names.js'
import { openLink, releaseRoom } from './open-sealed-link.js'
import { LinkFilesView } from './link-files-view.js'
import { RECORD } from '../crypto/record-stream.js'
import { sinkLimit } from '../sinks/open-sink.js'
import { zipOf } from '../sinks/zip-stream.js'

/** @typedef {{ n: number, url: string, size: number, state: 'ready' | 'uploading' | 'waiting' }} StoredFile as the server knows it */
/**
 * @typedef {import('../crypto/sealed-names.js').Entry & { at: number, shown: string, name: string, url: string, state: StoredFile['state'] }} Item
 * at: its upload's number; shown: its path as people see it
 */

const TICK = 250
/** The zip's place among the deliveries, which files have by their numbers. */
const ALL = -1

export function parcel() {
  island('[data-parcel]', (root, signal) => new LinkFiles(root, signal).open())
}

class LinkFiles {
  /** @type {import('./open-sealed-link.js').Opened | null} */
  #opened = null
  /** @type {Item[]} */
  #items = []
  /** @type {Map<number, FileDownload>} the last one of each file, and of the zip */
  #deliveries = new Map()
  #root
  #section
  #signal
  #view

  /** @param {HTMLElement} root @param {AbortSignal} signal */
  constructor(root, signal) {
    this.#root = root
    this.#section = /** @type {HTMLElement} */ (root.closest('[data-sealed]'))
    this.#signal = signal
    this.#view = new LinkFilesView(root, { download: (at) => this.#download(at), cancel: (at) => this.#deliveries.get(at)?.cancel() })
  }

  async open() {
    try {
      if (!canSeal()) return this.#view.notice('These files are end-to-end encrypted, and on this page the browser cannot open them. Use a current browser and an address that begins with https.')
      this.#opened = await openLink(this.#root, this.#section.dataset.sealed ?? '', this.#signal)
    } catch (error) {
      if (!this.#signal.aborted) showAlert(`The names of these files could not be opened. ${error instanceof Error ? error.message : error}`, 'seal')
      return
    } finally {
      releaseRoom(this.#root)
    }
    this.#listen()
    this.#arrived()
    await this.#weigh()
  }

  #listen() {
    const signal = this.#signal
    document.addEventListener('htmx:after:swap', () => this.#arrived(), { signal })
    find(this.#root, '[data-all]').addEventListener('click', () => this.#downloadAll(), { signal })
    find(this.#root, '[data-cancel]').addEventListener('click', () => this.#active.forEach((delivery) => delivery.cancel()), { signal })
    addEventListener('beforeunload', (event) => {
      if (this.#active.length) event.preventDefault()
    }, { signal })
    const ticking = setInterval(() => this.#active.length && this.#show(), TICK)
    signal.addEventListener('abort', () => {
      clearInterval(ticking)
      for (const delivery of this.#active) delivery.cancel()
    })
  }

  get #active() {
    return [...this.#deliveries.values()].filter(({ active }) => active)
  }

  /** The link's files as the server has them now, under their names. @returns {Item[]} */
  #look() {
    const entries = this.#opened?.entries ?? []
    /** @type {StoredFile[]} */
    const stored = JSON.parse(this.#section.dataset.storedFiles ?? '[]')
    return stored.filter(({ n }) => entries[n]).map(({ n, url, state }) => {
      const shown = cleanOpened(entries[n].path)
      return { ...entries[n], at: n, shown, name: nameIn(shown), url, state }
    })
  }

  /** Show what the server has now; said to the page, since downloads may begin. */
  #arrived() {
    this.#items = this.#look()
    for (const item of this.#items) if (isSaved(item) && !this.#deliveries.has(item.at)) this.#begin(item.at, item).settle()
    this.#show()
    tell(this.#root, 'parcel:opened')
  }

  #show() {
    const items = this.#items
    this.#view.total(items)
    this.#view.rows(items, this.#deliveries)
    this.#view.all(items.length > 1, items.every(({ state }) => state === 'ready'), this.#deliveries.get(ALL)?.active ?? false)
    this.#view.meter([...this.#deliveries.values()])
  }

  /** Say before anything is downloaded what this browser cannot save. */
  async #weigh() {
    const limit = await sinkLimit()
    const largest = Math.max(0, ...this.#items.map(({ size }) => size))
    if (limit !== null && largest > limit) this.#view.notice(`This browser can save at most ${filesize(limit)} at once. Open the link in another browser for what is larger.`)
  }

  /** @param {number} at */
  #download(at) {
    const item = this.#items.find((one) => one.at === at)
    if (!item || this.#deliveries.get(at)?.active) return
    const half = claimHandedOver(item)
    const delivery = this.#begin(at, item, half, handedOverSink(item))
    return delivery.run(this.#bytesOf(item, delivery, (half?.done ?? 0) / RECORD))
  }

  async #downloadAll() {
    if (this.#deliveries.get(ALL)?.active) return
    const items = this.#items.map((item) => ({ path: item.shown, size: item.size, mtime: item.mtime, item }))
    const name = this.#root.dataset.zipName ?? 'files.zip'
    const { size, pieces } = await zipOf(items, ({ item }) => this.#bytesOf(item, delivery))
    const delivery = this.#begin(ALL, { name, path: name, size, type: 'application/zip' })
    await delivery.run(pieces)
  }

  /** @param {number} at @param {SinkFile} file @param {ReturnType<typeof claimHandedOver>} [half] @param {SinkOptions} [place] */
  #begin(at, { name, size, type, path }, half = null, place = {}) {
    const delivery = new FileDownload({ name, size, type, path }, half, place)
    this.#deliveries.set(at, delivery)
    delivery.listen({ change: () => this.#changed(delivery) })
    this.#show()
    return delivery
  }

  /** @param {FileDownload} delivery */
  #changed(delivery) {
    if (delivery.state === 'failed') showAlert(delivery.message, `delivery-${delivery.file.name}`)
    this.#show()
  }

  /** @param {Item} item @param {FileDownload} delivery @param {number} [first] the record to begin with; behind the last one there is nothing to fetch */
  async* #bytesOf(item, delivery, first = 0) {
    const { keys } = /** @type {import('./open-sealed-link.js').Opened} */ (this.#opened)
    const seal = await keys.ofFile(item)
    yield* fetchOpened(item.url, item.size, { seal, first: Math.ceil(first), signal: delivery.signal, dropped: () => delivery.dropped() })
  }
}
