/**
 * Paths that unpack everywhere: on Windows, on file systems that ignore case or the form of accents, each its own file. Pure.
 * `packetpost/unpacked_names.py` has the same rules, and `tests/cases/unpacked-names.json` the cases of both.
 */

const MOST_NAME = 255
const MOST_PATH = 1024
// A longer ending is none: it may be cut like the rest of a name.
const MOST_ENDING = 32
// What Windows refuses in names, whatever their ending (https://learn.microsoft.com/windows/win32/fileio/naming-a-file).
const REFUSED = /[\x00-\x1f<>:"|?*\\]/g // eslint-disable-line no-control-regex
const DEVICE = /^(CON|PRN|AUX|NUL|CONIN\$|CONOUT\$|(?:COM|LPT)[0-9¹²³])(?= *(?:\.|$))/i
const TAIL = /[. ]+$/

/** The same relative paths with names that every system takes, kept apart. @param {string[]} paths */
export function forUnpacking(paths) {
  return keepApart(paths.map(fitPath))
}

/**
 * The same paths, later equals renamed "a (2).txt", and so a file that has the name of a folder. Equal is what a file system may take for equal that ignores
 * case and the form of accents.
 * @param {string[]} paths
 */
export function keepApart(paths) {
  const folders = new Set(paths.flatMap(foldersOf).map(keyOf))
  const taken = new Set()
  /** @type {Map<string, number>} */
  const tried = new Map()
  const isFree = (/** @type {string} */ path) => !taken.has(keyOf(path)) && !folders.has(keyOf(path))
  return paths.map((path) => {
    let number = tried.get(keyOf(path)) ?? 1
    let free = path
    while (number > 1 || !isFree(free)) {
      number += 1
      free = numbered(path, number)
      if (foldersOf(free).some((folder) => taken.has(keyOf(folder)))) free = free.slice(free.lastIndexOf('/') + 1) // it lost folders for want of room
      if (isFree(free)) break
    }
    tried.set(keyOf(path), number)
    taken.add(keyOf(free))
    for (const folder of foldersOf(free)) folders.add(keyOf(folder))
    return free
  })
}

/** A relative path of which every part can be a name on every system. @param {string} path */
export function fitPath(path) {
  return within(path.split('/').map(fitName))
}

/** Once more after each change, until all rules hold. @param {string} name @returns {string} */
function fitName(name) {
  const text = shorten(name.normalize('NFC').replace(REFUSED, '_').replace(DEVICE, '$1_')).replace(TAIL, '_')
  return text === name ? name : fitName(text)
}

/** "a/photo (2).jpg". @param {string} path @param {number} number */
export function numbered(path, number) {
  const parts = path.split('/')
  const [stem, ending] = partsOf(/** @type {string} */ (parts.pop()))
  const mark = ` (${number})${ending}`
  return within([...parts, cut(stem, MOST_NAME - bytesOf(mark)) + mark])
}

/** Of at most so many bytes, its ending kept. @param {string} name */
function shorten(name) {
  if (bytesOf(name) <= MOST_NAME) return name
  const [stem, ending] = partsOf(name)
  return cut(stem, MOST_NAME - bytesOf(ending)) + ending
}

/** Joined, without the first folders where there are too many bytes. @param {string[]} parts */
function within(parts) {
  let kept = parts
  while (kept.length > 1 && bytesOf(kept.join('/')) > MOST_PATH) kept = kept.slice(1)
  return kept.join('/')
}

/** What stands before its ending, and the ending with the dot; '' where there is none, or it is too long for one. @param {string} name */
function partsOf(name) {
  const dot = name.lastIndexOf('.')
  const end = dot > 0 && /[^.]/.test(name.slice(0, dot)) ? name.slice(dot) : ''
  const ending = bytesOf(end) > MOST_ENDING ? '' : end
  return [name.slice(0, name.length - ending.length), ending]
}

/** Its first characters, of at most so many bytes. @param {string} text @param {number} most */
function cut(text, most) {
  const whole = new TextEncoder().encode(text)
  if (whole.length <= most) return text
  let end = Math.max(0, most)
  while (end > 0 && (whole[end] & 0xc0) === 0x80) end -= 1
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(whole.subarray(0, end))
}

/** @param {string} path @returns {string[]} */
function foldersOf(path) {
  const parts = path.split('/')
  return parts.slice(1).map((_, at) => parts.slice(0, at + 1).join('/'))
}

/** @param {string} path */
function keyOf(path) {
  return path.normalize('NFC').toUpperCase().normalize('NFC')
}

/** @param {string} text */
function bytesOf(text) {
  return new TextEncoder().encode(text).length
}
