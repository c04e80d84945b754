/**
 * Island: choosing files, by the browser's dialog, by dropping files and folders anywhere on the page, or by pasting.
 * On the home page it keeps a list and checks the limits before any byte moves; on the owner's page it hands the
 * files on at once. It tells `files:chosen` to the card that uploads them.
 */

import { fromDrop, fromFiles, manifestOf, totalBytes, withoutDuplicates } from './chosen.js'
import { clearAlerts, dropAlert, find, island, make, nameOf, showAlert, tell } from './dom.js'
import { count, filesize } from './format.js'
import { forget, recall } from './memory.js'

/** @type {Handover} what the form was sent with, until its card asks for it */
let sent = { chosen: [], inOrder: false }

export function picker() {
  island('form[data-picker]', (root, signal) => mountForm(/** @type {HTMLFormElement} */ (root), signal))
  island('[data-picker][data-again]', (root, signal) => {
    listen(root, signal, (chosen) => tell(root, 'files:chosen', { chosen, inOrder: false }))
  })
  for (const ready of ['uploads:ready', 'session:ready']) document.addEventListener(ready, handOver)
  // A session that falls back hands its files on to the card of its link.
  document.addEventListener('session:files', (event) => {
    sent = { chosen: /** @type {CustomEvent<Chosen[]>} */ (event).detail, inOrder: true }
  })
}

/** @param {Event} event of the card or session that wants the files */
function handOver(event) {
  const handover = sent
  sent = { chosen: [], inOrder: false }
  if (handover.chosen.length && event.target) tell(event.target, 'files:chosen', handover)
}

/**
 * @param {HTMLFormElement} form
 * @param {AbortSignal} signal
 */
function mountForm(form, signal) {
  const list = new List(form)
  /** @type {HTMLInputElement} */
  const manifest = find(form, '[data-manifest]')
  manifest.disabled = false
  form.enctype = 'application/x-www-form-urlencoded' // the bytes follow on their own
  listen(form, signal, (chosen) => list.add(chosen))
  offerLive(form, list, signal)
  find(form, '[data-clear]').addEventListener('click', () => list.clear(), { signal })
  // Before htmx: it listens on the form itself, and what is stopped here never becomes a request.
  form.addEventListener('submit', (event) => {
    const objection = list.objection()
    if (objection) {
      stop(event)
      showAlert(objection, 'picker')
      if (!list.chosen.length) find(form, '[data-files]').focus()
      return
    }
    const begun = recall(list.chosen)
    sent = { chosen: list.chosen, inOrder: !begun }
    manifest.value = manifestOf(list.chosen)
    if (!begun) return
    stop(event)
    goOn(form, begun)
  }, { signal, capture: true })
  summarise(form, signal)
}

/**
 * "Send live": the page of a new session takes the place of the form, and the files with it.
 * @param {HTMLFormElement} form
 * @param {List} list
 * @param {AbortSignal} signal
 */
function offerLive(form, list, signal) {
  const button = find(form, '[data-send-live]')
  for (const hidden of [button, ...form.querySelectorAll('[data-ways]')]) /** @type {HTMLElement} */ (hidden).hidden = false
  button.addEventListener('click', () => {
    const objection = list.objection('live')
    if (objection) return showAlert(objection, 'picker')
    if (!form.reportValidity()) return
    sent = { chosen: list.chosen, inOrder: true }
    htmx.ajax('POST', '/live', { source: form, target: '#sender', swap: 'outerHTML show:top' })
  }, { signal })
}

/** @param {Event} event */
function stop(event) {
  event.preventDefault()
  event.stopImmediatePropagation()
}

/**
 * Show the card of an upload that this browser began with the same files, instead of making a second link.
 * @param {HTMLFormElement} form
 * @param {Unfinished} begun
 */
function goOn(form, begun) {
  const source = find(form, '[data-drop]')
  source.addEventListener('htmx:before:swap', (event) => {
    const ctx = /** @type {CustomEvent<HtmxDetail>} */ (event).detail.ctx
    if (!ctx?.response || ctx.response.status < 400) return
    // That link has ended meanwhile: make a new one after all.
    stop(event)
    forget(begun.id)
    form.requestSubmit()
  }, { once: true })
  htmx.ajax('GET', begun.ownerUrl, { source, target: '#sender', swap: 'outerHTML show:top', replace: begun.ownerUrl })
}

/**
 * Every way in: the two file controls, a drop anywhere on the page, and paste.
 * @param {HTMLElement} root
 * @param {AbortSignal} signal
 * @param {(chosen: Chosen[]) => void} take
 */
function listen(root, signal, take) {
  /** @type {HTMLInputElement} */
  const files = find(root, '[data-files]')
  /** @type {HTMLInputElement} */
  const folder = find(root, '[data-folder]')
  files.required = false
  files.removeAttribute('name')
  root.dataset.live = ''
  find(root, '[data-drop-title]').hidden = false
  const chooseFolder = find(root, '[data-choose-folder]')
  chooseFolder.hidden = !('webkitdirectory' in folder)
  chooseFolder.addEventListener('click', () => folder.click(), { signal })
  for (const input of [files, folder]) {
    const taken = () => {
      const chosen = fromFiles(input.files ?? [])
      input.value = '' // so that the same file can be chosen again after it was removed
      if (chosen.length) take(chosen)
    }
    input.addEventListener('change', taken, { signal })
    taken() // what the browser kept over a reload
  }
  listenForDrops(root, signal, take)
  document.addEventListener('paste', (event) => {
    const pasted = fromFiles(event.clipboardData?.files ?? [])
    if (!pasted.length) return
    event.preventDefault()
    take(pasted)
  }, { signal })
}

/**
 * @param {HTMLElement} root
 * @param {AbortSignal} signal
 * @param {(chosen: Chosen[]) => void} take
 */
function listenForDrops(root, signal, take) {
  document.addEventListener('dragover', (event) => {
    if (root.closest('[hidden]') || !event.dataTransfer?.types.includes('Files')) return
    event.preventDefault()
    event.dataTransfer.dropEffect = 'copy'
    root.dataset.dragging = ''
  }, { signal })
  document.addEventListener('dragleave', (event) => {
    if (!event.relatedTarget) delete root.dataset.dragging
  }, { signal })
  document.addEventListener('drop', async (event) => {
    delete root.dataset.dragging
    if (root.closest('[hidden]') || !event.dataTransfer?.types.includes('Files')) return
    event.preventDefault()
    try {
      const chosen = await fromDrop(event.dataTransfer)
      if (chosen.length) take(chosen)
      else showAlert('There are no files in that folder.', 'picker')
    } catch {
      showAlert('A part of that folder could not be read. Check that you may open it and try again.', 'picker')
    }
  }, { signal })
}

/** The chosen files on the home page: rows, total, limits. */
class List {
  /** @type {Chosen[]} */
  chosen = []
  #form
  #rows
  #total
  #maxBytes
  #maxFiles

  /** @param {HTMLFormElement} form */
  constructor(form) {
    this.#form = form
    this.#rows = find(form, '[data-list]')
    this.#total = find(form, '[data-total]')
    this.#maxBytes = Number(form.dataset.maxBytes)
    this.#maxFiles = Number(form.dataset.maxFiles)
  }

  /** @param {Chosen[]} more */
  add(more) {
    clearAlerts()
    const added = withoutDuplicates(this.chosen, more)
    this.chosen = [...this.chosen, ...added]
    this.#rows.append(...added.map((one) => this.#row(one)))
    this.#refresh()
    const objection = this.objection()
    if (objection) showAlert(objection, 'picker')
  }

  clear() {
    this.chosen = []
    this.#rows.replaceChildren()
    this.#refresh()
    find(this.#form, '[data-files]').focus()
  }

  /**
   * Why these files cannot be sent, in a sentence; '' when they can. Live takes any size.
   * @param {'link' | 'live'} way
   */
  objection(way = 'link') {
    const total = totalBytes(this.chosen)
    if (!this.chosen.length) return 'Choose at least one file first.'
    if (way === 'live') return ''
    if (this.chosen.length > this.#maxFiles) {
      return `That is ${count(this.chosen.length, 'file')}, and one link takes at most ${count(this.#maxFiles, 'file')}. Remove some, or put them into one archive.`
    }
    if (total > this.#maxBytes) return `Together that is ${filesize(total)}, and one link takes at most ${filesize(this.#maxBytes)}. Remove some files.`
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
    this.#refresh()
    if (!this.objection()) dropAlert('picker')
    find(neighbour ?? this.#form, neighbour ? 'button' : '[data-files]').focus()
  }

  #refresh() {
    const total = totalBytes(this.chosen)
    find(this.#form, '[data-picked]').hidden = !this.chosen.length
    this.#form.toggleAttribute('data-filled', this.chosen.length > 0)
    this.#total.textContent = this.chosen.length ? `${count(this.chosen.length, 'file')}, ${filesize(total)}` : ''
    this.#total.toggleAttribute('data-over', total > this.#maxBytes || this.chosen.length > this.#maxFiles)
  }
}

/**
 * What the folded options say, beside their heading.
 * @param {HTMLFormElement} form
 * @param {AbortSignal} signal
 */
function summarise(form, signal) {
  const shown = find(form, '[data-options-sum]')
  const fields = form.querySelectorAll('[data-sum]')
  const say = () => {
    const parts = Array.from(fields, (field) => {
      if (!(field instanceof HTMLSelectElement || field instanceof HTMLInputElement) || !field.value) return ''
      const value = field instanceof HTMLSelectElement ? field.selectedOptions[0]?.text : ''
      return (field.dataset.sum ?? '').replace('*', () => value ?? '')
    })
    shown.textContent = parts.filter(Boolean).join(' · ')
  }
  say()
  form.addEventListener('input', say, { signal })
}
