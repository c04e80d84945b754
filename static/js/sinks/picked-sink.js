/** Writes where the person picked: one file, or a folder that gets the paths as they were sent. */

import { isPath } from '../lib/file-names.js'
import { fitPath, numbered } from '../lib/unpacked-names.js'

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
 * A new file at this path, by names that every system takes; names that are taken get a number.
 * @param {FileSystemDirectoryHandle} root
 * @param {string} path
 */
async function fileIn(root, path) {
  if (!isPath(path)) throw new Error('Its name cannot be used for a file.')
  const parts = fitPath(path).split('/')
  const name = /** @type {string} */ (parts.pop())
  let folder = root
  for (const part of parts) folder = await folderIn(folder, part)
  for (let number = 1; number < MOST_NAMES; number += 1) {
    const free = number === 1 ? name : numbered(name, number)
    if (!(await exists(folder, free))) return folder.getFileHandle(free, { create: true })
  }
  throw new Error('There are too many files of that name in the folder.')
}

/** The folder of that name, or of the next one where a file has it. @param {FileSystemDirectoryHandle} parent @param {string} name */
async function folderIn(parent, name) {
  for (let number = 1; number < MOST_NAMES; number += 1) {
    try {
      return await parent.getDirectoryHandle(number === 1 ? name : numbered(name, number), { create: true })
    } catch (error) {
      if (!(error instanceof DOMException && error.name === 'TypeMismatchError')) throw error
    }
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
