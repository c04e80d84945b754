/** The name of this tab, which tells it from the browser's other tabs. A reload keeps it. */

const KEY = 'packetpost:tab'
const BYTES = 12

let name = ''

/** @returns {string} */
export function tabName() {
  name ||= begin()
  return name
}

function begin() {
  const before = recall()
  // Only a page that goes away writes the name down: a tab that is copied from a living one must not get it as well.
  forget()
  addEventListener('pagehide', remember)
  addEventListener('pageshow', forget)
  return before ?? Array.from(crypto.getRandomValues(new Uint8Array(BYTES)), (byte) => byte.toString(16).padStart(2, '0')).join('')
}

function recall() {
  try {
    return sessionStorage.getItem(KEY)
  } catch {
    return null // switched off: after a reload the page asks for its seat
  }
}

function remember() {
  try {
    sessionStorage.setItem(KEY, name)
  } catch {
    // as above
  }
}

function forget() {
  try {
    sessionStorage.removeItem(KEY)
  } catch {
    // as above
  }
}
