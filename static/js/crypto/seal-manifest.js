/** What the sender's page makes of chosen files before any of them leaves it sealed: keys, sealed names, and the manifest that the server sees. */

import { sealContents, sealedManifest } from './sealed-names.js'
import { cleanPath } from '../lib/file-names.js'
import { Keys, newSecret, SEAL } from './keys.js'

/**
 * A file as its receivers will know it; the same for a link and a live session.
 * @param {Chosen} chosen
 * @param {number} n
 * @returns {import('./sealed-names.js').Entry}
 */
export function entryOf({ path, file }, n) {
  return { n, path: cleanPath(path), size: file.size, type: file.type, mtime: Math.max(0, file.lastModified) }
}

/** The same of a file that travels sealed. @param {Chosen} chosen @param {number} n */
export function sealedEntryOf(chosen, n) {
  return { ...entryOf(chosen, n), seal: SEAL }
}

/**
 * The fields of a sealed link's form, and the keys that stay here. The password is not among them, but what proves it.
 * @param {Chosen[]} chosen
 * @param {string} password '' for none
 */
export async function sealLink(chosen, password) {
  const keys = await Keys.of(newSecret(), password)
  const entries = chosen.map(sealedEntryOf)
  return {
    keys,
    manifest: sealedManifest(entries),
    sealed: await sealContents(keys, entries),
    proof: password ? await keys.proof() : '',
  }
}

/**
 * The keys of a live session. Its receivers have no password to give: only a link that it turns into asks for one, by the same proof.
 * @param {string} password '' for none
 */
export async function sealSession(password) {
  const keys = new Keys(newSecret())
  return { keys, proof: password ? await (await Keys.of(keys.secret, password)).proof() : '' }
}
