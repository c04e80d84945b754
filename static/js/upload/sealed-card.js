/** What the card of a sealed link needs before its uploads can go on: the keys, the address with the secret, and the names. Part of the uploads island. */

import { showSecret } from '../crypto/secret-address.js'
import { find, make, nameOf, showAlert, tell } from '../lib/dom.js'
import { count, filesize } from '../lib/format.js'
import { cleanOpened, nameIn } from '../lib/file-names.js'
import { openLink, releaseRoom } from '../link/open-sealed-link.js'
import { alarm, isPromisedSealed } from '../link/promised-seal.js'
import { keepKeys } from '../crypto/key-store.js'
import { openedBytes } from '../crypto/record-stream.js'

const ELSEWHERE = 'This tab does not have the end of your link, behind the #. The link as you copied it has: paste it to see the names, to copy it again, and to go on with the upload.'

const STOPPED = 'Stopped: this link came without its encryption'
const WHY = 'You chose to send these files end-to-end encrypted, and the server shows their link as if they were not. Nothing was uploaded from this page. Delete the link, and do not give its address to anybody.'

/**
 * Null when the card has left the page before it could be opened.
 * @param {HTMLElement} root
 * @param {AbortSignal} signal
 */
export async function openCard(root, signal) {
  try {
    const opened = await openLink(root, root.dataset.sealed ?? '', signal, handedKeys(root), ELSEWHERE)
    showAddress(/** @type {HTMLElement} */ (root.closest('[data-card]')), opened.keys.secret).finally(() => releaseRoom(root))
    showNames(root, opened.entries)
    return opened
  } catch (error) {
    releaseRoom(root)
    if (!signal.aborted) showAlert(`The names of these files could not be opened. ${error instanceof Error ? error.message : error}`, 'seal')
    return null
  }
}

/** Those of files that were chosen on this page, which wait for their card. @param {HTMLElement} root */
function handedKeys(root) {
  /** @type {{ keys: import('../crypto/keys.js').Keys | null }} */
  const asked = { keys: null }
  tell(root, 'card:sealed', asked)
  return asked.keys
}

/** Whether the card came plain although its link is sealed: by what was chosen here, or by what the browser knows. @param {HTMLElement} root */
export function isUnsealed(root) {
  const { linkId = '' } = root.dataset
  const handed = handedKeys(root)
  if (handed) keepKeys(linkId, handed)
  return isPromisedSealed(linkId)
}

/** No byte goes up, and nobody copies the address: whoever opened it would get what is not encrypted. @param {HTMLElement} root */
export function stopCard(root) {
  const card = /** @type {HTMLElement} */ (root.closest('[data-card]') ?? root)
  for (const part of card.querySelectorAll('.label-address, .qr')) part.remove()
  for (const title of card.querySelectorAll('h1')) title.textContent = STOPPED
  root.replaceWith(make('div', { 'data-testid': 'stopped' }, alarm(WHY)))
}

/** Shown from now on: without the secret it would have misled people. @param {HTMLElement} card @param {string} secret */
async function showAddress(card, secret) {
  const drawn = showSecret(card, secret)
  find(card, '.label-address').hidden = false
  const ok = await drawn.then(() => true, () => false)
  find(card, '.qr').hidden = !ok // the address alone will do
}

/** @param {HTMLElement} root @param {import('../crypto/sealed-names.js').Entry[]} entries */
function showNames(root, entries) {
  const rows = /** @type {NodeListOf<HTMLElement>} */ (root.querySelectorAll('[data-row]'))
  for (const row of rows) {
    const entry = entries[Number(row.dataset.n)]
    if (entry) nameRow(row, entry)
  }
  const total = Array.from(rows).reduce((sum, { dataset }) => sum + Number(dataset.size), 0)
  find(root, 'h2').textContent = `${count(rows.length, 'file')}, ${filesize(total)}`
}

/** From here on the row counts bytes of the file itself. @param {HTMLElement} row @param {import('../crypto/sealed-names.js').Entry} entry */
function nameRow(row, { path, size }) {
  const shown = cleanOpened(path)
  const offset = openedBytes(Number(row.dataset.offset), size)
  Object.assign(row.dataset, { path, name: nameIn(shown), size: String(size), offset: String(offset), sealed: '' })
  find(row, '.file-name').replaceWith(nameOf(shown))
  find(row, '.file-size').textContent = filesize(size)
  const bar = /** @type {HTMLProgressElement} */ (find(row, '[data-row-progress]'))
  bar.setAttribute('aria-label', `Upload of ${nameIn(shown)}`)
  bar.max = size || 1
  bar.value = offset
}
