/** Fills the form by which a session becomes a link: what the server may know, and the rest sealed. Part of the session island. */

import { manifestOf } from '../choose/read-dropped.js'
import { sealContents, sealedManifest } from '../crypto/sealed-names.js'
import { find } from '../lib/dom.js'
import { entryOf } from '../crypto/seal-manifest.js'

/** @typedef {Chosen & { n: number }} Numbered as in the live manifest, so that the link goes on with the same stream */

/**
 * @param {HTMLElement} form
 * @param {Numbered[]} chosen
 * @param {import('../crypto/keys.js').Keys | null} keys
 */
export async function fillLinkForm(form, chosen, keys) {
  const set = (/** @type {string} */ name, /** @type {string} */ value) => {
    const field = /** @type {HTMLInputElement} */ (find(form, `[name="${name}"]`))
    field.value = value
  }
  if (!keys) return set('manifest', manifestOf(chosen))
  const entries = chosen.map(({ n, ...one }) => entryOf(one, n))
  set('manifest', sealedManifest(entries))
  set('sealed', await sealContents(keys, entries))
}
