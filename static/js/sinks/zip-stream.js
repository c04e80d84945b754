/** All files of a sealed link as one zip, made in the browser while they arrive: stored, ZIP64 where needed, of a size known before. No page. */

import { forUnpacking } from '../lib/unpacked-names.js'
import { RECORD } from '../crypto/record-stream.js'

/** @typedef {{ name: string, size: number, lastModified: Date, input: AsyncIterable<Uint8Array> }} Member */
/** @typedef {{ makeZip(members: Iterable<Member>, options: object): ReadableStream<Uint8Array>, predictLength(members: Iterable<{ name: string, size: number }>): bigint }} ClientZip */

// The format's clock begins in 1980.
const EARLIEST = Date.UTC(1980, 0, 2)

/**
 * @template {{ path: string, size: number, mtime: number }} F
 * @param {F[]} files
 * @param {(file: F) => AsyncIterable<Uint8Array>} open called when the zip gets to the file
 * @returns {Promise<{ size: number, pieces: AsyncIterable<Uint8Array> }>}
 */
export async function zipOf(files, open) {
  const { makeZip, predictLength } = await loadClientZip()
  const names = forUnpacking(files.map(({ path }) => path))
  const members = files.map((file, at) => ({ name: names[at], size: file.size, lastModified: new Date(Math.max(EARLIEST, file.mtime)) }))
  const opening = function* () {
    for (const [at, member] of members.entries()) yield { ...member, input: open(files[at]) }
  }
  return { size: Number(predictLength(members)), pieces: ownedPieces(() => makeZip(opening(), { buffersAreUTF8: true })) }
}

/**
 * Pieces that their taker may give away: client-zip still asks its own small ones for their length after it has handed them out.
 * @param {() => ReadableStream<Uint8Array>} start begins at once to open its first file
 */
async function* ownedPieces(start) {
  const reader = start().getReader()
  try {
    for (let read = await reader.read(); !read.done; read = await reader.read()) yield read.value.length < RECORD ? read.value.slice() : read.value
  } finally {
    reader.cancel().catch(() => undefined)
  }
}

/** @returns {Promise<ClientZip>} */
function loadClientZip() {
  return import(new URL('../../vendor/client-zip/index.js', import.meta.url).href)
}
