/** What a sealed link holds, as only its people can read it: names, sizes, types, times. PROTOCOL.md, "Sealed: Contents". */

import { fromBase64url, toBase64url } from './base64url.js'
import { isPath } from '../lib/file-names.js'
import { SEAL } from './keys.js'
import { openMessage, SealBroken, sealedSize, sealMessage } from './record-stream.js'

/** @typedef {{ n: number, path: string, size: number, type: string, mtime: number, seal?: number }} Entry n names its keys; seal: how it is sealed */

/**
 * @param {import('./keys.js').Keys} keys
 * @param {Entry[]} entries
 * @param {import('./keys.js').FileList} [list]
 * @returns {Promise<string>}
 */
export async function sealContents(keys, entries, list) {
  const text = new TextEncoder().encode(JSON.stringify(entries))
  return toBase64url(await sealMessage(await keys.newContents(list), text))
}

/**
 * Rejects with SealBroken where the secret (or the password) is another one.
 * @param {import('./keys.js').Keys} keys
 * @param {string} sealed
 * @param {import('./keys.js').FileList} [list]
 * @returns {Promise<Entry[]>}
 */
export async function openContents(keys, sealed, list) {
  const bytes = await openMessage(await keys.contents(list), fromBase64url(sealed))
  const entries = JSON.parse(new TextDecoder().decode(bytes))
  if (!Array.isArray(entries) || !entries.every(isEntry)) throw new SealBroken('The list of these files is not as it should be.')
  return entries
}

/** @param {any} entry */
function isEntry(entry) {
  const whole = (/** @type {unknown} */ value) => Number.isSafeInteger(value) && /** @type {number} */ (value) >= 0
  const known = entry?.seal === undefined || entry.seal === SEAL
  return known && whole(entry?.n) && whole(entry.size) && whole(entry.mtime) && isPath(entry.path) && typeof entry.type === 'string'
}

/** The manifest that the server sees: numbers and sealed sizes. @param {Entry[]} entries */
export function sealedManifest(entries) {
  return JSON.stringify(entries.map(({ size }, at) => ({ path: `${at}.sealed`, size: sealedSize(size), type: '' })))
}
