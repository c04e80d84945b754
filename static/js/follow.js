/** Island: a link's page that a live session has turned into starts its downloads by itself, as soon as they can start. */

import { island } from './dom.js'

/** @type {Set<string>} addresses of files, of sealed ones numbers, whose download this page has started */
const started = new Set()
let following = ''

export function follow() {
  document.addEventListener('link:follow', (event) => {
    following = /** @type {CustomEvent<{ url: string }>} */ (event).detail.url
  })
  // After every swap, since the page polls until everything has arrived; of a sealed link when its names are open.
  for (const shown of ['htmx:after:swap', 'parcel:opened']) document.addEventListener(shown, startWhatCan)
  island('#parcel', startWhatCan)
}

function startWhatCan() {
  if (!following) return
  const links = /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll('#parcel [data-testid="download"]'))
  for (const link of links) {
    const file = link instanceof HTMLAnchorElement ? link.pathname : link.dataset.at ?? ''
    if (started.has(file)) continue
    started.add(file)
    link.click()
  }
}
