/** The worker of `sinks/disk-sink.js`: only workers may write to private storage synchronously, which is eight times faster. */

import { blockDigest } from '../live/block-digest.js'
import { BLOCK, blockLength } from '../live/lanes/frames.js'

/** @typedef {{ n: number, open?: FileSystemFileHandle, size?: number, write?: Uint8Array, close?: true }} Asked */

/** @type {FileSystemSyncAccessHandle | null} */
let access = null
let at = 0

/** One after the other: answers keep the order of the questions. @type {Promise<unknown>} */
let last = Promise.resolve()

addEventListener('message', ({ data }) => {
  last = last.then(() => answer(/** @type {Asked} */ (data)))
})

/** @param {Asked} asked */
async function answer(asked) {
  try {
    postMessage({ n: asked.n, ...(await work(asked)) })
  } catch (error) {
    const { name, message } = /** @type {Error} */ (error)
    postMessage({ n: asked.n, error: { name, message } })
  }
}

/** @param {Asked} asked */
async function work({ open, size = 0, write, close }) {
  if (open) return start(open, size)
  if (write) put(write)
  if (close) {
    access?.flush()
    access?.close()
    access = null
  }
  return {}
}

/**
 * Whole blocks that an earlier page left are kept, with their digests.
 * @param {FileSystemFileHandle} handle
 * @param {number} size
 */
async function start(handle, size) {
  access = await handle.createSyncAccessHandle()
  const left = Math.min(access.getSize(), size)
  const digests = []
  for (at = 0; at < left;) {
    const bytes = new Uint8Array(blockLength(size, at / BLOCK))
    if (at + bytes.length > left) break
    access.read(bytes, { at })
    digests.push(await blockDigest(bytes))
    at += bytes.length
  }
  access.truncate(at)
  return { kept: at, digests }
}

/** @param {Uint8Array} bytes */
function put(bytes) {
  if (!access) throw new Error('The file is not open.')
  for (let done = 0; done < bytes.length;) {
    const wrote = access.write(bytes.subarray(done), { at: at + done })
    // Chromium 156 does not throw when the storage is full, but says that it wrote 4,294,967,288 bytes: -8, its code for that.
    if (!wrote || wrote > bytes.length - done) throw new DOMException('No room is left.', 'QuotaExceededError')
    done += wrote
  }
  at += bytes.length
}
