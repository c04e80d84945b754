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

/** Load what the page needs now. */
export function loadEntries() {
  for (const { wanted, load } of ENTRIES) if (page().querySelector(wanted)) load().catch(() => showAlert(NOT_LOADED, 'entries'))
}

/** @param {{ name: import('../lib/dom.js').EntryName, loaded: Promise<unknown> }} wanted */
function answer(wanted) {
  const loading = wanted.name === 'link' ? import('./link-page.js') : Promise.all([import('./card.js'), import('./sender-page.js')])
  wanted.loaded = loading.catch(() => Promise.reject(new Error(NOT_LOADED)))
}

onPage('entry:wanted', answer)
