/** Where received files go: a ladder of sinks, chosen by what the browser can do. */

import { SinkRefused } from '../lib/errors.js'
import { canDisk, openDiskSink } from './disk-sink.js'
import { MOST_IN_MEMORY, openMemorySink } from './memory-sink.js'
import { openPickedSink } from './picked-sink.js'
import { activeWorker, canStream, openStreamSink } from './stream-sink.js'

/** @typedef {'stream' | 'disk' | 'memory'} Rung */

/** A stream to disk before storage that has to be copied out, and that before memory. @type {Rung[]} */
const LADDER = ['stream', 'disk', 'memory']

/** @type {Record<Rung, { can: () => boolean | Promise<boolean>, open: (file: SinkFile, options: SinkOptions, signal?: AbortSignal) => Promise<Sink> }>} */
const RUNGS = {
  stream: { can: canStream, open: openStreamSink },
  disk: { can: canDisk, open: openDiskSink },
  memory: { can: () => true, open: openMemorySink },
}

/**
 * The best sink that can be opened for this file. Rejects with a sentence when there is none.
 * @param {SinkFile} file
 * @param {SinkOptions} [options]
 * @param {AbortSignal} [signal]
 * @returns {Promise<Sink>}
 */
export async function openSink(file, options = {}, signal) {
  if (options.archive) return options.archive.open(file, signal)
  if (options.directory || options.file) return openPickedSink(file, options)
  let reason = new Error('This browser has no place to save it.')
  for (const rung of order(options)) {
    if (!(await RUNGS[rung].can())) continue
    try {
      return await RUNGS[rung].open(file, options, signal)
    } catch (error) {
      if (signal?.aborted || error instanceof SinkRefused) throw error
      reason = error instanceof Error ? error : new Error(String(error))
    }
  }
  throw reason
}

/** @param {SinkOptions} options @returns {Rung[]} */
function order({ prefer: first = 'stream' }) {
  return [first, ...LADDER.filter((rung) => rung !== first)]
}

/**
 * The largest file, in bytes, that the best sink takes; null when there is no limit to tell.
 * @param {SinkOptions} [options]
 * @returns {Promise<number | null>}
 */
export async function sinkLimit(options = {}) {
  if (options.directory || options.file || (await canStream())) return null
  if (!(await canDisk())) return MOST_IN_MEMORY
  const { quota = 0, usage = 0 } = await navigator.storage.estimate()
  return Math.max(quota - usage, MOST_IN_MEMORY)
}

/** Start what the first file would wait for. Nothing is said when it fails: the sink itself will say it. */
export function warmSink() {
  if (canStream()) activeWorker().catch(() => undefined)
}

/** Whether the best sink goes on, after a reload, with what it has. */
export function sinkKeeps() {
  return !canStream() && canDisk()
}
