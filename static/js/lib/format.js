/** Numbers for people. Pure. */

const UNITS = ['kB', 'MB', 'GB', 'TB']

/**
 * "12.3 MB", in decimal units like the server's own.
 * @param {number} bytes
 */
export function filesize(bytes) {
  if (bytes < 1000) return `${bytes} B`
  let value = bytes / 1000
  let unit = 0
  while (value >= 999.95 && unit < UNITS.length - 1) {
    value /= 1000
    unit += 1
  }
  return `${value.toFixed(1)} ${UNITS[unit]}`
}

/**
 * "3 files", "1 file".
 * @param {number} number
 * @param {string} noun
 */
export function count(number, noun) {
  return `${number.toLocaleString('en')} ${noun}${number === 1 ? '' : 's'}`
}

/**
 * "5 min left": what remains, coarse enough not to dance.
 * @param {number} seconds
 */
export function timeLeft(seconds) {
  if (seconds < 5) return 'a few seconds left'
  if (seconds < 60) return `${Math.ceil(seconds / 5) * 5} s left`
  if (seconds < 3600) return `${Math.ceil(seconds / 60)} min left`
  return `${Math.floor(seconds / 3600)} h ${Math.round((seconds % 3600) / 60)} min left`
}

/** @param {number[]} numbers */
export const sum = (numbers) => numbers.reduce((total, one) => total + one, 0)

/** Whole percent, rounded down; all of nothing is 100. @param {number} done @param {number} total */
export const percent = (done, total) => (total ? Math.floor((100 * done) / total) : 100)
