/** Where a tab keeps the keys of the links and sessions it has to do with: its own sessionStorage, and nowhere else. */

import { Keys } from './keys.js'
import { markSealed } from './sealed-marks.js'

const PREFIX = 'packetpost:keys:'
const CODES = 'packetpost:codes:'
const GUESSES = 'packetpost:guesses:'
const SESSIONS = 'packetpost:session-of:'
/** Also where nothing can be stored. @type {Map<string, number>} */
const counted = new Map()

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
  markSealed(name, keys)
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

/** How often the other side of a session had a guess at what was typed here. @param {string} name a session's code @param {number} guesses */
export function keepGuesses(name, guesses) {
  counted.set(name, guesses)
  try {
    sessionStorage.setItem(GUESSES + name, String(guesses))
  } catch {
    // then a reload forgets them
  }
}

/** @param {string} name @returns {number} */
export function keptGuesses(name) {
  try {
    return Math.max(counted.get(name) ?? 0, Number(sessionStorage.getItem(GUESSES + name) ?? 0))
  } catch {
    return counted.get(name) ?? 0
  }
}

/** The sender's half of a session's code, and who was given the secret by it. @param {string} name a session's code @param {unknown} code */
export function keepCode(name, code) {
  try {
    sessionStorage.setItem(CODES + name, JSON.stringify(code))
  } catch {
    // then a reload makes a new code
  }
}

/** @param {string} name @returns {any} what was kept; null when nothing was */
export function keptCode(name) {
  try {
    return JSON.parse(sessionStorage.getItem(CODES + name) ?? 'null')
  } catch {
    return null
  }
}

/** The session that became a link, whose code this tab made. @param {string} link id @param {string} code of the server */
export function keepSession(link, code) {
  try {
    sessionStorage.setItem(SESSIONS + link, code)
  } catch {
    // then who types the code is told to ask for the address
  }
}

/** @param {string} link id @returns {string} '' where none is known */
export function keptSession(link) {
  try {
    return sessionStorage.getItem(SESSIONS + link) ?? ''
  } catch {
    return ''
  }
}
