/** Turns the receiver's page into the page of the link that the session has become, which goes on with what is here. Part of the session island. */

import { page, showAlert, tell, wantEntry } from '../../lib/dom.js'
import { keepKeys } from '../../crypto/key-store.js'
import { handOver } from '../../link/session-handover.js'
import { keysHere } from '../session-keys.js'

/** The address of the link that a session's page was told of, '' where it is none yet. @param {HTMLElement} root */
export function linkIn(root) {
  return root.querySelector('[data-link]')?.getAttribute('data-link') ?? ''
}

/**
 * Go to the link with its key, which no request holds. For a page that has nothing of the session's files.
 * @param {string} url of the link
 * @param {import('../../crypto/keys.js').Keys} keys
 */
export function openLinkPage(url, keys) {
  keepKeys(idOf(url), keys)
  location.replace(`${url}#${keys.secret}`)
}

/** @param {string} url of a link */
function idOf(url) {
  return url.slice(url.lastIndexOf('/') + 1)
}

/**
 * @param {HTMLElement} root
 * @param {string} url of the link
 * @param {import('../../crypto/keys.js').Keys | null} known
 * @param {HandedOver[]} left of the session's files
 * @param {import('../../sinks/zip-sink.js').ZipSink | null} archive that they were to lie in
 */
export async function turnIntoLink(root, url, known, left, archive) {
  handOver(left, archive)
  archive?.whole.catch(({ message }) => showAlert(`Nothing of the zip was kept. ${message} Download the files again, each alone or all as one zip.`, 'zip'))
  // Where no socket could be opened, nobody has looked for the keys yet.
  const keys = known ?? keysHere(root.dataset.code ?? '')
  if (keys) keepKeys(idOf(url), keys)
  await wantEntry('link').catch(() => undefined) // without a network the link itself cannot be had either, which is said then
  tell(page(), 'link:follow', { sealed: Boolean(keys) })
  // A link with a password asks for it on a page of its own.
  root.addEventListener('htmx:before:swap', (event) => {
    if (/** @type {CustomEvent<HtmxDetail>} */ (event).detail.ctx?.response?.status !== 401) return
    event.preventDefault()
    location.assign(url)
  })
  await htmx.ajax('GET', url, { source: root, target: '#live', swap: 'outerHTML', replace: url })
}
