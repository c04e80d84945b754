/** What the page of a sealed link shows of its files: rows, a meter, notices. Part of the parcel island. */

import { find, make, nameOf, page, replaceButtons } from '../lib/dom.js'
import { filesize, timeLeft } from '../lib/format.js'
import { isSettled } from './session-handover.js'
import { RateMeter } from '../lib/rate-meter.js'

/** @typedef {import('./link-files.js').Item} Item */
/** @typedef {import('./file-download.js').FileDownload} FileDownload */
/** @typedef {{ download: (at: number) => void, cancel: (at: number) => void }} Actions */

const WAITING = { ready: '', uploading: 'arriving', waiting: 'waiting for the sender' }
const DELIVERED = { moving: 'opening', dropped: 'connection lost, trying again…', saved: 'saved', failed: 'refused', cancelled: 'cancelled' }

export class LinkFilesView {
  #meter = new RateMeter()
  /** @type {Map<number, HTMLElement>} */
  #rows = new Map()
  #root
  #actions

  /** @param {HTMLElement} root @param {Actions} actions */
  constructor(root, actions) {
    this.#root = root
    this.#actions = actions
  }

  /** @param {string} text */
  notice(text) {
    const notice = find(this.#root, '[data-notice]')
    notice.hidden = !text
    notice.textContent = text
  }

  /** The size of what was sent, where the server could only tell the sealed one. @param {Item[]} items */
  total(items) {
    const bytes = items.reduce((sum, { size }) => sum + size, 0)
    const shown = page().querySelector('[data-parcel-total]')
    if (shown) shown.textContent = `${filesize(bytes)}${items.length > 1 ? ' in all' : ''}`
  }

  /** @param {Item[]} items @param {Map<number, FileDownload>} deliveries */
  rows(items, deliveries) {
    const list = find(this.#root, '[data-rows]')
    for (const [at, row] of this.#rows) {
      if (items.some((item) => item.at === at)) continue
      row.remove()
      this.#rows.delete(at)
    }
    for (const item of items) {
      const row = this.#rows.get(item.at) ?? this.#newRow(item, list)
      this.#fill(row, item, deliveries.get(item.at), items.length > 1)
    }
    list.toggleAttribute('tabindex', items.length > 8)
    if (items.length > 8) list.tabIndex = 0
  }

  /** @param {Item} item @param {HTMLElement} list */
  #newRow({ at, name, shown, size }, list) {
    const row = make('li', { class: 'file-row', 'data-testid': 'file-row', 'data-name': name },
      nameOf(shown),
      make('span', { class: 'file-size figures' }, filesize(size)),
      make('span', { class: 'file-state' }),
      make('span', { class: 'file-actions' }),
      make('progress', { class: 'file-progress', 'aria-label': `Opened of ${name}`, max: String(size || 1), value: '0', hidden: '' }))
    list.append(row)
    this.#rows.set(at, row)
    return row
  }

  /** @param {HTMLElement} row @param {Item} item @param {FileDownload | undefined} delivery @param {boolean} many */
  #fill(row, item, delivery, many) {
    const state = delivery?.state ?? item.state
    const bar = /** @type {HTMLProgressElement} */ (find(row, 'progress'))
    bar.hidden = !delivery?.active
    bar.value = delivery?.done ?? 0
    if (row.dataset.state === state) return
    row.dataset.state = state
    find(row, '.file-state').textContent = delivery ? DELIVERED[delivery.state] : WAITING[item.state]
    const box = find(row, '.file-actions')
    replaceButtons(box, this.#buttons(item, delivery, many))
  }

  /** @param {Item} item @param {FileDownload | undefined} delivery @param {boolean} many */
  #buttons({ at, name, path, size, state }, delivery, many) {
    if (delivery?.active) return [button('Cancel', name, 'button-small', 'cancel-file', () => this.#actions.cancel(at))]
    if (state === 'waiting') return []
    const settled = isSettled({ path, size })
    const label = delivery?.state === 'failed' ? 'Try again' : 'Download'
    return [button(label, many ? name : '', many ? 'button-small' : 'button-primary', 'download', () => this.#actions.download(at), { 'data-at': String(at), ...(settled && { 'data-settled': '' }) })]
  }

  /** @param {boolean} many @param {boolean} ready @param {boolean} running */
  all(many, ready, running) {
    find(this.#root, '[data-all]').hidden = !many || !ready || running
    find(this.#root, '[data-all-later]').hidden = !many || ready
  }

  /** @param {FileDownload[]} deliveries */
  meter(deliveries) {
    const counted = deliveries.filter(({ active, state }) => active || state === 'saved')
    const active = counted.some((delivery) => delivery.active)
    const total = counted.reduce((sum, { file }) => sum + file.size, 0)
    const done = counted.reduce((sum, delivery) => sum + delivery.done, 0)
    find(this.#root, '[data-meter]').hidden = !counted.length
    this.#root.toggleAttribute('data-moving', active)
    find(this.#root, '[data-cancel]').hidden = !active
    /** @type {HTMLProgressElement} */
    const bar = find(this.#root, '[data-progress]')
    bar.max = total || 1
    bar.value = total ? done : 1
    find(this.#root, '[data-bytes]').textContent = `${filesize(done)} of ${filesize(total)}`
    this.#meter.add(done, performance.now())
    const rate = active ? this.#meter.rate : 0
    find(this.#root, '[data-rate]').textContent = rate ? `${filesize(Math.round(rate))}/s, ${timeLeft((total - done) / rate)}` : ''
    this.#speak(counted, active)
  }

  /** @param {FileDownload[]} counted @param {boolean} active */
  #speak(counted, active) {
    const lost = counted.some(({ state }) => state === 'dropped')
    const text = lost ? 'Connection lost. Trying again…' : active ? 'Opening and saving' : 'Saved: exactly what the sender sent'
    const output = find(this.#root, '[data-status]')
    output.dataset.state = active ? 'transferring' : 'completed'
    if (output.textContent !== text) output.textContent = text // said once, not at every tick
  }
}

/**
 * @param {string} label
 * @param {string} name for those who hear it; '' where there is only one file
 * @param {string} look
 * @param {string} id
 * @param {() => void} act
 * @param {Record<string, string>} [more]
 */
function button(label, name, look, id, act, more = {}) {
  const made = make('button', { type: 'button', class: `button ${look}`, 'data-testid': id, ...more }, label)
  if (name) made.append(make('span', { class: 'unseen' }, ` ${name}`))
  made.addEventListener('click', act)
  return made
}
