/** The rows of the card's file list: what each upload shows of itself. Part of the uploads island. */

import { find, make, page, replaceButtons } from '../lib/dom.js'

/** @typedef {import('./tus-upload.js').Upload} Upload */
/** @typedef {{ retry: () => void, cancel: () => void }} RowActions */

const STATES = {
  missing: 'not complete', queued: 'waiting', uploading: 'uploading', retrying: 'trying again…', paused: 'paused', ready: 'stored', failed: '', cancelled: '',
}

/**
 * @param {HTMLElement} row
 * @returns {Row}
 */
export function rowOf({ dataset }) {
  const { path = '', name = '', uploadUrl = '' } = dataset
  return { path, name, url: uploadUrl, size: Number(dataset.size), offset: Number(dataset.offset), ready: dataset.state === 'ready', sealed: 'sealed' in dataset }
}

/**
 * @param {Upload} upload
 * @param {HTMLElement} row
 * @param {RowActions} actions
 */
export function showRow(upload, row, actions) {
  const shown = upload.state === 'missing' || upload.state === 'queued' ? 'waiting' : upload.state
  if (row.dataset.state === shown && shown !== 'failed') return showProgress(upload, row)
  row.dataset.state = shown
  find(row, '[data-row-state]').textContent = upload.state === 'failed' ? upload.message : STATES[upload.state]
  const box = find(row, '[data-row-actions]')
  replaceButtons(box, buttons(upload, actions), () => find(page(), '[data-focus]'))
  showProgress(upload, row)
}

/**
 * @param {Upload} upload
 * @param {HTMLElement} row
 */
export function showProgress(upload, row) {
  /** @type {HTMLProgressElement} */
  const bar = find(row, '[data-row-progress]')
  bar.hidden = upload.ready || !upload.offset
  bar.value = upload.offset
}

/**
 * @param {Upload} upload
 * @param {RowActions} actions
 */
function buttons(upload, { retry, cancel }) {
  if (upload.ready) return []
  const remove = button(upload, 'Remove', 'cancel-file', cancel)
  remove.classList.add('button-quiet')
  return upload.state === 'failed' && upload.file ? [button(upload, 'Try again', 'retry', retry), remove] : [remove]
}

/**
 * @param {Upload} upload
 * @param {string} label
 * @param {string} id
 * @param {() => void} act
 */
function button({ name }, label, id, act) {
  const made = make('button', { type: 'button', class: 'button button-small', 'aria-label': `${label}: ${name}`, 'data-testid': id }, label)
  made.addEventListener('click', act)
  return made
}
