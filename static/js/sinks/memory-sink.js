/** Keeps a file in memory until it is whole. The last resort: Chromium cannot read large blobs back. */

import { saveAs } from '../lib/browser-save.js'

/** At 512 MiB Chromium 156 gave a Blob of the right size that could not be read. */
export const MOST_IN_MEMORY = 256 * 1024 * 1024
const TAIL = 1024

/**
 * @param {SinkFile} file
 * @returns {Promise<Sink>}
 */
export async function openMemorySink({ name, size, type }) {
  if (size > MOST_IN_MEMORY) throw new Error('This browser can only hold files of up to 256 MiB. Ask for a link instead.')
  /** @type {Uint8Array<ArrayBuffer>[]} */
  let parts = []
  /** @type {Sink} */
  const sink = {
    kind: 'memory',
    keeps: false,
    written: 0,
    async write(bytes) {
      parts.push(/** @type {Uint8Array<ArrayBuffer>} */ (bytes))
      sink.written += bytes.length
    },
    async close() {
      const blob = new Blob(parts, { type })
      parts = []
      await readTail(blob, size)
      saveAs(blob, name)
    },
    async abort() {
      parts = []
    },
  }
  return sink
}

/**
 * A blob may say the right size and still be unreadable: look before saying that it is saved.
 * @param {Blob} blob
 * @param {number} size
 */
export async function readTail(blob, size) {
  const tail = await blob.slice(-TAIL).arrayBuffer()
  if (blob.size !== size || tail.byteLength !== Math.min(TAIL, size)) throw new Error('The browser could not keep the whole file.')
}
