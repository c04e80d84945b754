/**
 * The entries that a page lacks at first: each page brings those that it begins with (`page` in the templates), so that it is alive soon; what
 * a swap brings in may need others.
 */

import { NOT_LOADED, onPage, page, showAlert } from '../lib/dom.js'

const ENTRIES = [
  { wanted: '[data-picker]', load: () => import('./picker-page.js') },
  { wanted: '[data-card]', load: () => import('./card.js') },
  { wanted: '[data-session][data-role="sender"]', load: () => import('./sender-page.js') },
  { wanted: '[data-session]:not([data-role="sender"])', load: () => import('./receiver-page.js') },
  { wanted: '#parcel, [data-unlock], [data-plain-unlock]', load: () => import('./link-page.js') },
  { wanted: '[data-check]', load: () => import('./check-page.js') },
]

/** @type {Record<import('../lib/dom.js').EntryName, () => Promise<unknown>>} */
const LATER = {
  link: () => import('./link-page.js'),
  send: () => Promise.all([import('./card.js'), import('./sender-page.js')]),
  signals: () => import('./http-signals.js'),
  code: () => import('./code-asking.js'),
}

/** Load what the page needs now. */
export function loadEntries() {
  for (const { wanted, load } of ENTRIES) if (page().querySelector(wanted)) load().catch(() => showAlert(NOT_LOADED, 'entries'))
}

/** @param {{ name: import('../lib/dom.js').EntryName, loaded: Promise<unknown> }} wanted */
function answer(wanted) {
  wanted.loaded = LATER[wanted.name]().catch(() => Promise.reject(new Error(NOT_LOADED)))
}

onPage('entry:wanted', answer)
