/** Writes where the person picked: one file, or a folder that gets the paths as they were sent. */

import { isPath } from '../lib/file-names.js'

const MOST_NAMES = 1000

/**
 * @param {SinkFile} file
 * @param {SinkOptions} options with the handle that the person picked
 * @returns {Promise<Sink>}
 */
export async function openPickedSink(file, { directory, file: picked }) {
  const handle = picked ?? (await fileIn(/** @type {FileSystemDirectoryHandle} */ (directory), file.path))
  // The bytes go to a swap file, which takes the file's place when it is closed.
  const writable = await handle.createWritable()
  /** @type {Sink} */
  const sink = {
    kind: 'picked',
    keeps: false,
    written: 0,
    async write(bytes) {
      await writable.write(/** @type {Uint8Array<ArrayBuffer>} */ (bytes))
      sink.written += bytes.length
    },
    close: () => writable.close(),
    abort: () => writable.abort(),
  }
  return sink
}

/**
 * A new file at this path; names that are taken get a number.
 * @param {FileSystemDirectoryHandle} root
 * @param {string} path
 */
async function fileIn(root, path) {
  if (!isPath(path)) throw new Error('Its name cannot be used for a file.')
  const parts = path.split('/')
  const name = /** @type {string} */ (parts.pop())
  let folder = root
  for (const part of parts) folder = await folder.getDirectoryHandle(part, { create: true })
  for (let number = 1; number < MOST_NAMES; number += 1) {
    const free = numbered(name, number)
    if (!(await exists(folder, free))) return folder.getFileHandle(free, { create: true })
  }
  throw new Error('There are too many files of that name in the folder.')
}

/** @param {FileSystemDirectoryHandle} folder @param {string} name */
async function exists(folder, name) {
  try {
    await folder.getFileHandle(name)
    return true
  } catch (error) {
    if (error instanceof DOMException && error.name === 'NotFoundError') return false
    if (error instanceof DOMException && error.name === 'TypeMismatchError') return true
    throw error
  }
}

/** "photo (2).jpg". @param {string} name @param {number} number */
function numbered(name, number) {
  if (number === 1) return name
  const dot = name.lastIndexOf('.')
  return dot > 0 ? `${name.slice(0, dot)} (${number})${name.slice(dot)}` : `${name} (${number})`
}
