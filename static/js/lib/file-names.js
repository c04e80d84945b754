/** Names of opened files, made fit to be shown and saved: only the server could clean plain ones, and it never saw these. Pure. */

// Bytes of UTF-8, as on the server.
const MOST_PATH = 1024

/** @param {string} text */
const bytesOf = (text) => new TextEncoder().encode(text).length

/**
 * Without control and direction-changing characters, which could disguise an ending. Joiners build emoji and Indic scripts: they stay.
 * @param {string} path
 */
export function cleanOpened(path) {
  const parts = path.replace(/(?![\u200c\u200d])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, '').split('/').map((part) => part.trim())
  return parts.filter((part) => part && part !== '.' && part !== '..').join('/') || 'file'
}

/** @param {string} path */
export function nameIn(path) {
  return path.slice(path.lastIndexOf('/') + 1)
}

/**
 * A relative path with names only: nothing that could lead out of the folder it is saved into.
 * @param {unknown} path
 */
export function isPath(path) {
  if (typeof path !== 'string' || !path || bytesOf(path) > MOST_PATH || /[\0\\]/.test(path)) return false
  return path.split('/').every((part) => part !== '' && part !== '.' && part !== '..')
}

/**
 * A chosen file's path as one that every receiver takes (Linux allows backslashes in names).
 * @param {string} path
 */
export function cleanPath(path) {
  const parts = path.replace(/[\0\\]/g, '_').split('/').filter((part) => part && part !== '.' && part !== '..')
  while (parts.length > 1 && bytesOf(parts.join('/')) > MOST_PATH) parts.shift()
  const cut = [...parts.join('/')]
  while (bytesOf(cut.join('')) > MOST_PATH) cut.shift()
  return cut.join('') || 'file'
}
