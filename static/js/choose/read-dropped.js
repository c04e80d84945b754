/** What people choose, drop or paste, turned into files with paths. Folders keep their tree. */

import { cleanPath } from '../lib/file-names.js'
import { keepApart } from '../lib/unpacked-names.js'

const SAMPLE = 64 * 1024

/**
 * Files of a file or folder control, or of the clipboard.
 * @param {Iterable<File>} files
 * @returns {Chosen[]}
 */
export function fromFiles(files) {
  return Array.from(files, (file) => ({ path: file.webkitRelativePath || file.name, file }))
}

/**
 * Everything of a drop, folders walked to their ends. The items die when the event ends, so they are all taken first.
 * @param {DataTransfer} transfer
 * @returns {Promise<Chosen[]>}
 */
export async function fromDrop(transfer) {
  const taken = Array.from(transfer.items, (item) => ({
    entry: item.kind === 'file' ? (item.webkitGetAsEntry?.() ?? null) : null,
    file: item.getAsFile(),
  }))
  /** @type {Chosen[]} */
  const chosen = []
  for (const { entry, file } of taken) {
    if (entry?.isDirectory) await walk(/** @type {FileSystemDirectoryEntry} */ (entry), chosen)
    else if (file) chosen.push({ path: file.name, file })
  }
  return chosen
}

/**
 * @param {FileSystemDirectoryEntry} folder
 * @param {Chosen[]} chosen grows
 */
async function walk(folder, chosen) {
  for await (const entry of children(folder)) {
    if (entry.isDirectory) {
      await walk(/** @type {FileSystemDirectoryEntry} */ (entry), chosen)
    } else {
      const file = await fileOf(/** @type {FileSystemFileEntry} */ (entry))
      chosen.push({ path: entry.fullPath.replace(/^\//, ''), file })
    }
  }
}

/** @param {FileSystemDirectoryEntry} folder */
async function* children(folder) {
  const reader = folder.createReader()
  while (true) {
    // A reader gives at most 100 entries at a time and an empty list at the end.
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject))
    if (some.length === 0) return
    yield* /** @type {FileSystemEntry[]} */ (some)
  }
}

/**
 * @param {FileSystemFileEntry} entry
 * @returns {Promise<File>}
 */
function fileOf(entry) {
  return new Promise((resolve, reject) => entry.file(resolve, reject))
}

/**
 * What `more` adds to `chosen`: the very same file twice is one file. Unpacked archives hold many files of one name, size and
 * time, so their bytes are asked too.
 * @param {Chosen[]} chosen
 * @param {Chosen[]} more
 */
export async function withoutDuplicates(chosen, more) {
  /** @type {Map<string, File[]>} */
  const known = new Map()
  for (const { path, file } of chosen) enter(known, identity(path, file)).push(file)
  /** @type {Chosen[]} */
  const added = []
  for (const one of more) {
    const alike = enter(known, identity(one.path, one.file))
    if (alike.length && (await someAgree(alike, one.file))) continue
    alike.push(one.file)
    added.push(one)
  }
  return added
}

/**
 * @param {Map<string, File[]>} known
 * @param {string} key
 */
function enter(known, key) {
  const files = known.get(key) ?? []
  known.set(key, files)
  return files
}

/**
 * @param {string} path
 * @param {File} file
 */
function identity(path, file) {
  return JSON.stringify([path, file.size, file.lastModified])
}

/**
 * Whether one of the files of this size begins, goes on and ends as `file` does. One that cannot be read is another file.
 * @param {File[]} files
 * @param {File} file
 */
async function someAgree(files, file) {
  const sample = await sampleOf(file)
  for (const other of files) {
    const theirs = await sampleOf(other)
    if (sample && theirs?.every((byte, at) => byte === sample[at])) return true
  }
  return false
}

/** @param {File} file */
async function sampleOf(file) {
  const starts = [0, Math.floor((file.size - SAMPLE) / 2), file.size - SAMPLE]
  const parts = file.size > SAMPLE * starts.length ? starts.map((from) => file.slice(from, from + SAMPLE)) : [file]
  return new Blob(parts).arrayBuffer().then((bytes) => new Uint8Array(bytes), () => undefined)
}

/** @param {Chosen[]} chosen */
export function totalBytes(chosen) {
  return chosen.reduce((sum, { file }) => sum + file.size, 0)
}

/** @param {Chosen[]} chosen */
export function manifestOf(chosen) {
  return JSON.stringify(chosen.map(({ path, file }) => ({ path, size: file.size, type: file.type, mtime: Math.max(0, file.lastModified) })))
}

/**
 * Which chosen file fills which row: by order where the rows were made from these files, else by path and size, and for
 * files that were picked outside their folder by name instead of path.
 * @template {Row} R
 * @param {R[]} rows
 * @param {Handover} handover
 * @returns {Map<R, File>}
 */
export function match(rows, { chosen, inOrder }) {
  /** @type {Map<R, File>} */
  const pairs = new Map()
  const ordered = inOrder && rows.length === chosen.length
  const apart = keepApart(chosen.map(({ path }) => path))
  chosen.forEach(({ path, file }, n) => {
    const free = (ordered ? [rows[n]] : rows).filter((row) => !pairs.has(row) && row.size === file.size)
    const row = ordered ? free[0] : (free.find((one) => [path, cleanPath(path), apart[n]].includes(one.path)) ?? free.find((one) => one.name === file.name && path === file.name))
    if (row) pairs.set(row, file)
  })
  return pairs
}
