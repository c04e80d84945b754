/** Parts of a page that few people need: an entry brings each of them when it is wanted. */

import { wantEntry } from './dom.js'

/** @type {Map<import('./dom.js').EntryName, unknown>} */
const parts = new Map()

/** What the entry of that name brings. @param {import('./dom.js').EntryName} name @param {unknown} part */
export function bringPart(name, part) {
  parts.set(name, part)
}

/** Rejects where it cannot be loaded. @template T @param {import('./dom.js').EntryName} name @returns {Promise<T>} */
export async function wantPart(name) {
  if (!parts.has(name)) await wantEntry(name)
  return /** @type {T} */ (parts.get(name))
}
