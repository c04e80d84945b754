/**
 * Island: a link's page that a live session has turned into starts its downloads by itself, as soon as they can start. What the session saved is
 * not fetched again, and what it had half goes on in the same place: on plain links here, on sealed ones in `link/link-files.js`.
 */

import { FileDownload } from './file-download.js'
import { find, island, showAlert } from '../lib/dom.js'
import { fetchOpened } from './fetch-file.js'
import { isSettled, handedOverSink, claimHandedOver } from './session-handover.js'
import { RECORD } from '../crypto/record-stream.js'

const GOING_ON = { moving: 'going on', dropped: 'connection lost, trying again…', saved: 'saved', failed: 'could not be saved', cancelled: 'cancelled' }

/** @type {Set<string>} addresses of files, of sealed ones numbers, whose download this page has started */
const started = new Set()
/** @type {Map<string, FileDownload>} those that go on from what the session had, by their addresses */
const goingOn = new Map()
/** Whether this page was a session's. */
let following = false

export function follow() {
  document.addEventListener('link:follow', () => (following = true))
  // After every swap, since the page polls until everything has arrived; of a sealed link when its names are open.
  for (const shown of ['htmx:after:swap', 'parcel:opened']) document.addEventListener(shown, startWhatCan)
  island('#parcel', startWhatCan)
}

function startWhatCan() {
  const parcel = document.querySelector('#parcel')
  if (!following || !parcel) return
  const links = /** @type {NodeListOf<HTMLElement>} */ (parcel.querySelectorAll('[data-testid="download"]'))
  for (const link of links) start(link)
  showGoingOn()
}

/** @param {HTMLElement} link */
function start(link) {
  const address = link instanceof HTMLAnchorElement ? link.pathname : link.dataset.at ?? ''
  if (started.has(address) || 'settled' in link.dataset) return
  started.add(address)
  if (!(link instanceof HTMLAnchorElement && goOn(link))) link.click()
}

/** A plain file: true when there is nothing to fetch from its start. @param {HTMLAnchorElement} link */
function goOn(link) {
  const { path = '', name = '', size = '' } = rowOf(link).dataset
  const file = { path, name, size: Number(size), type: '' }
  if (isSettled(file)) return true
  const half = claimHandedOver(file)
  const place = handedOverSink(file)
  if (!half && !place.archive) return false
  const delivery = new FileDownload(file, half, place)
  goingOn.set(link.pathname, delivery)
  delivery.listen({ change: showGoingOn })
  delivery.run(fetchOpened(link.href, file.size, { first: Math.ceil((half?.done ?? 0) / RECORD), signal: delivery.signal, dropped: () => delivery.dropped() }))
  return true
}

/** Said again after each swap, which knows nothing of it. */
function showGoingOn() {
  for (const [address, { state, message, file }] of goingOn) {
    const links = /** @type {NodeListOf<HTMLAnchorElement>} */ (document.querySelectorAll('#parcel a[data-testid="download"]'))
    const link = Array.from(links).find(({ pathname }) => pathname === address)
    if (link) find(rowOf(link), '.file-state').textContent = GOING_ON[state]
    if (state === 'failed') showAlert(message, `follow-${file.name}`)
  }
}

/** @param {HTMLElement} link */
function rowOf(link) {
  return /** @type {HTMLElement} */ (link.closest('[data-path]'))
}
