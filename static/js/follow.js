/** Island: a link's page that a live session has turned into starts its downloads by itself, as soon as they can start. */

import { island } from './dom.js'

/** @type {Set<string>} addresses of files whose download this page has started */
const started = new Set()
let following = ''

export function follow() {
  document.addEventListener('link:follow', (event) => {
    following = /** @type {CustomEvent<{ url: string }>} */ (event).detail.url
  })
  // After every swap, since the page polls until everything has arrived.
  document.addEventListener('htmx:after:swap', startWhatCan)
  island('#parcel', startWhatCan)
}

function startWhatCan() {
  if (!following) return
  const links = /** @type {NodeListOf<HTMLAnchorElement>} */ (document.querySelectorAll('#parcel [data-testid="download"]'))
  for (const link of links) {
    if (started.has(link.pathname)) continue
    started.add(link.pathname)
    link.click()
  }
}
