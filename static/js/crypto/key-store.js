/** Where a tab keeps the keys of the links and sessions it has to do with: its own sessionStorage, and nowhere else. */

import { Keys } from './keys.js'

const PREFIX = 'packetpost:keys:'
const WORDS = 'packetpost:words:'

/**
 * @param {string} name a link's id, or a session's code
 * @param {Keys} keys
 */
export function keepKeys(name, keys) {
  try {
    sessionStorage.setItem(PREFIX + name, keys.kept())
  } catch {
    // full or switched off: after a reload people need the whole address again
  }
}

/** @param {string} name @returns {Keys | null} */
export function keptKeys(name) {
  try {
    const kept = sessionStorage.getItem(PREFIX + name)
    return kept ? Keys.from(kept) : null
  } catch {
    return null
  }
}

/** @param {string} name */
export function forgetKeys(name) {
  try {
    sessionStorage.removeItem(PREFIX + name)
  } catch {
    // then nothing was kept
  }
}

/**
 * Words that people compare stay on the page over a reload. They are no secret.
 * @param {string} name a session's code
 * @param {unknown} words
 */
export function keepWords(name, words) {
  try {
    sessionStorage.setItem(WORDS + name, JSON.stringify(words))
  } catch {
    // then they are not shown after a reload
  }
}

/** @param {string} name @returns {any} what was kept; null when nothing was */
export function keptWords(name) {
  try {
    return JSON.parse(sessionStorage.getItem(WORDS + name) ?? 'null')
  } catch {
    return null
  }
}
