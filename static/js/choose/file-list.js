/** The chosen files on the home page: rows, total, limits. Part of the picker island. */

import { totalBytes, withoutDuplicates } from './read-dropped.js'
import { clearAlerts, dropAlert, find, make, nameOf, showAlert } from '../lib/dom.js'
import { count, filesize } from '../lib/format.js'
import { sealedSize } from '../crypto/record-stream.js'

export class Picked {
  /** @type {Chosen[]} */
  chosen = []
  #form
  #rows
  #total
  #maxBytes
  #maxFiles
  #sealed
  #adding = Promise.resolve()

  /**
   * @param {HTMLFormElement} form
   * @param {() => boolean} sealed whether they would go sealed now, in a few more bytes
   */
  constructor(form, sealed) {
    this.#form = form
    this.#sealed = sealed
    this.#rows = find(form, '[data-list]')
    this.#total = find(form, '[data-total]')
    this.#maxBytes = Number(form.dataset.maxBytes)
    this.#maxFiles = Number(form.dataset.maxFiles)
  }

  /** @param {Chosen[]} more */
  add(more) {
    this.#adding = this.#adding.then(() => this.#add(more))
  }

  /** @param {Chosen[]} more */
  async #add(more) {
    clearAlerts()
    const added = await withoutDuplicates(this.chosen, more)
    this.chosen = [...this.chosen, ...added]
    this.#rows.append(...added.map((one) => this.#row(one)))
    this.refresh()
    const objection = this.objection()
    if (objection) showAlert(objection, 'picker')
  }

  clear() {
    this.chosen = []
    this.#rows.replaceChildren()
    this.refresh()
    find(this.#form, '[data-files]').focus()
  }

  /**
   * Why these files cannot be sent, in a sentence; '' when they can. Live takes any size.
   * @param {'link' | 'live'} way
   */
  objection(way = 'link') {
    const total = this.#travelling
    if (!this.chosen.length) return 'Choose at least one file first.'
    if (way === 'live') return ''
    if (this.chosen.length > this.#maxFiles) {
      return `That is ${count(this.chosen.length, 'file')}, and one link takes at most ${count(this.#maxFiles, 'file')}. Remove some, or put them into one archive.`
    }
    if (total > this.#maxBytes) return `Together that is ${filesize(total)}${this.#sealed() ? ' when encrypted' : ''}, and one link takes at most ${filesize(this.#maxBytes)}. Remove some files.`
    return ''
  }

  /** @param {Chosen} one */
  #row(one) {
    const remove = make('button', { type: 'button', class: 'button button-small button-quiet', 'aria-label': `Remove ${one.path}`, 'data-testid': 'remove' }, 'Remove')
    const row = make('li', { class: 'file-row', 'data-testid': 'file-row', 'data-state': 'idle', 'data-name': one.file.name },
      nameOf(one.path),
      make('span', { class: 'file-size figures' }, filesize(one.file.size)),
      make('span', { class: 'file-actions' }, remove))
    remove.addEventListener('click', () => this.#remove(one, row))
    return row
  }

  /**
   * @param {Chosen} one
   * @param {HTMLElement} row
   */
  #remove(one, row) {
    const neighbour = row.nextElementSibling ?? row.previousElementSibling
    this.chosen = this.chosen.filter((other) => other !== one)
    row.remove()
    this.refresh()
    find(neighbour ?? this.#form, neighbour ? 'button' : '[data-files]').focus()
  }

  /** Bytes that a link would have to hold. */
  get #travelling() {
    return this.#sealed() ? this.chosen.reduce((sum, { file }) => sum + sealedSize(file.size), 0) : totalBytes(this.chosen)
  }

  /** Show what is chosen now, and forget an objection that holds no more. */
  refresh() {
    const total = totalBytes(this.chosen)
    if (!this.objection()) dropAlert('picker')
    find(this.#form, '[data-picked]').hidden = !this.chosen.length
    this.#form.toggleAttribute('data-filled', this.chosen.length > 0)
    this.#total.textContent = this.chosen.length ? `${count(this.chosen.length, 'file')}, ${filesize(total)}` : ''
    this.#total.toggleAttribute('data-over', this.#travelling > this.#maxBytes || this.chosen.length > this.#maxFiles)
  }
}
