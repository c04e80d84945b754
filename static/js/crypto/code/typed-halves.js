/** Where a tab keeps the halves of codes that were typed in it, until somebody has answered them: its own sessionStorage, and nowhere else. */

const PREFIX = 'packetpost:typed:'

/** @param {string} session its code, as `sessionOf` gives it @returns {string} '' for none */
export function typedHalf(session) {
  try {
    return sessionStorage.getItem(PREFIX + session) ?? ''
  } catch {
    return ''
  }
}

/** @param {string} session its code, as `sessionOf` gives it @param {string} half '' forgets it */
export function keepTyped(session, half) {
  try {
    if (half) sessionStorage.setItem(PREFIX + session, half)
    else sessionStorage.removeItem(PREFIX + session)
  } catch {
    // then the session's page asks for it
  }
}

/** Whether a whole code was typed in this tab, of whatever session, that nobody has answered. */
export function hasTyped() {
  return names().length > 0
}

/** Who begins anew waits for no answer any more. */
export function forgetTyped() {
  for (const name of names()) sessionStorage.removeItem(name)
}

function names() {
  try {
    return Object.keys(sessionStorage).filter((name) => name.startsWith(PREFIX))
  } catch {
    return []
  }
}
