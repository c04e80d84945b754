/** Fills one file's sink with its blocks in order, and closes it only when the whole is what the sender read. */

import { SinkRefused } from '../../lib/errors.js'

/** @typedef {import('./incoming-file.js').IncomingFile} IncomingFile */

/**
 * Rejects when the sink fails, when the roots differ, or when somebody gives up.
 * @param {IncomingFile} file with its sink
 * @param {import('../../lib/condition.js').Condition} arrived notifies when a block, the root or the file's end has come
 * @param {AbortSignal} signal
 * @param {() => void} noteWritten called after each block
 */
export async function fill(file, arrived, signal, noteWritten) {
  const sink = /** @type {Sink} */ (file.sink)
  try {
    while (file.next < file.count) {
      const bytes = await waitFor(() => file.dequeue(), file, arrived, signal)
      await sink.write(bytes)
      file.next += 1
      noteWritten()
    }
    file.state = 'verifying'
    const root = await waitFor(() => file.root, file, arrived, signal)
    if (root !== (await file.ourRoot())) throw new WrongBytes()
    await sink.close()
  } catch (error) {
    // A block that stayed wrong may come right on another try, and the link may bring the rest; everything else leaves nothing behind.
    if (!(error instanceof Gone || error instanceof OtherWay)) file.abandon()
    throw error
  }
}

/**
 * @template T
 * @param {() => T} look
 * @param {IncomingFile} file
 * @param {import('../../lib/condition.js').Condition} arrived
 * @param {AbortSignal} signal
 * @returns {Promise<NonNullable<T>>}
 */
async function waitFor(look, file, arrived, signal) {
  for (;;) {
    if (!file.open) throw new Gone()
    const found = look()
    if (found) return found
    await arrived.changed(signal)
  }
}

/** The files come another way, which goes on with what is here. */
export class OtherWay extends Error {}

/** The file failed elsewhere, which has been told already. */
class Gone extends Error {}

class WrongBytes extends Error {}

/**
 * Why a file could not be saved: the code for the other side, and a sentence.
 * @param {unknown} error
 * @param {string} path
 */
export function reasonOf(error, path) {
  const { name = '', message = '' } = error instanceof Error ? error : {}
  if (error instanceof WrongBytes) return { code: 'digest', message: `${path} arrived, but not with the bytes that were sent.` }
  if (error instanceof SinkRefused) return { code: 'refused', message }
  if (name === 'QuotaExceededError') return { code: 'disk', message: `There is no room left on this device for ${path}.` }
  if (name === 'NotAllowedError') return { code: 'refused', message: `The browser was not allowed to save ${path}.` }
  return { code: 'disk', message: `${path} could not be saved. ${message}` }
}

/**
 * Why a block that stays wrong ends its file, likewise.
 * @param {'damaged' | 'unopened'} how
 * @param {string} path
 */
export function hopeless(how, path) {
  if (how === 'damaged') return { code: 'digest', message: `${path} arrived damaged several times.` }
  return { code: 'seal', message: `${path} was changed on its way, so it cannot be opened.` }
}
