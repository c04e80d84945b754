/** Turns the receiver's page into the page of the link that the session has become, which goes on with what is here. Part of the session island. */

import { tell } from './dom.js'
import { keepKeys } from './keyring.js'
import { leaveBehind } from './leftovers.js'
import { loadParcelPart } from './parts.js'
import { keysHere } from './session-keys.js'

/**
 * @param {HTMLElement} root
 * @param {string} url of the link
 * @param {import('./keys.js').Keys | null} known
 * @param {Leftover[]} left of the session's files
 */
export async function turnIntoLink(root, url, known, left) {
  leaveBehind(left)
  // Where no socket could be opened, nobody has looked for the keys yet.
  const keys = known ?? keysHere(root.dataset.code ?? '')
  if (keys) keepKeys(url.slice(url.lastIndexOf('/') + 1), keys)
  await loadParcelPart().catch(() => undefined) // without a network the link itself cannot be had either, which is said then
  tell(document, 'link:follow', { url, sealed: Boolean(keys) })
  // A link with a password asks for it on a page of its own.
  root.addEventListener('htmx:before:swap', (event) => {
    if (/** @type {CustomEvent<HtmxDetail>} */ (event).detail.ctx?.response?.status !== 401) return
    event.preventDefault()
    location.assign(url)
  })
  htmx.ajax('GET', url, { source: root, target: '#live', swap: 'outerHTML', replace: url })
}
