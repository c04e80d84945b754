/** Writes into the browser's private storage by a worker, and hands the whole file out at the end. Survives a reload. */

import { hex, sha256 } from '../live/block-digest.js'
import { saveAs } from '../lib/browser-save.js'
import { readTail } from './memory-sink.js'

/** @typedef {{ n: number, kept?: number, digests?: Uint8Array[], error?: { name: string, message: string } }} Reply */

const FOLDER = 'live'
const FORGET_AFTER = 24 * 3600 * 1000

export function canDisk() {
  return Boolean(globalThis.isSecureContext && navigator.storage?.getDirectory)
}

/**
 * @param {SinkFile} file
 * @param {SinkOptions} options keepAs: what an earlier page of the same name left of this file is used
 * @returns {Promise<Sink>}
 */
export async function openDiskSink(file, { keepAs = '' }) {
  const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle(FOLDER, { create: true })
  await forgetOld(folder)
  const key = JSON.stringify([keepAs || crypto.randomUUID(), file.path, file.size, file.mtime ?? 0])
  const name = hex(await sha256(new TextEncoder().encode(key)))
  const handle = await folder.getFileHandle(name, { create: true })
  const sink = new DiskSink(folder, handle, file)
  await sink.open()
  return sink
}

/** What was handed out, or left behind, a day ago. @param {FileSystemDirectoryHandle} folder */
async function forgetOld(folder) {
  for await (const handle of /** @type {any} */ (folder).values()) {
    const { lastModified } = await handle.getFile().catch(() => ({ lastModified: Date.now() }))
    if (Date.now() - lastModified > FORGET_AFTER) await folder.removeEntry(handle.name).catch(() => undefined)
  }
}

/** @implements {Sink} */
class DiskSink {
  /** @type {'disk'} */
  kind = 'disk'
  keeps = true
  written = 0
  /** @type {Uint8Array[]} */
  digests = []
  #folder
  #handle
  #file
  #worker = new Worker(new URL('./disk-sink-worker.js', import.meta.url), { type: 'module' })
  #asked = 0
  /** @type {Map<number, { resolve: (reply: Reply) => void, reject: (error: Error) => void }>} */
  #waiting = new Map()

  /**
   * @param {FileSystemDirectoryHandle} folder
   * @param {FileSystemFileHandle} handle
   * @param {SinkFile} file
   */
  constructor(folder, handle, file) {
    this.#folder = folder
    this.#handle = handle
    this.#file = file
    this.#worker.onmessage = ({ data }) => this.#receiveReply(data)
    this.#worker.onerror = () => this.#failAll(new Error('The worker that writes to the disk failed.'))
  }

  async open() {
    try {
      const { kept = 0, digests = [] } = await this.#ask({ open: this.#handle, size: this.#file.size })
      this.written = kept
      this.digests = digests
    } catch (error) {
      this.#worker.terminate()
      throw error
    }
  }

  /** @param {Uint8Array} bytes */
  async write(bytes) {
    const { length } = bytes // 0 once they are given away
    await this.#ask({ write: bytes }, [bytes.buffer])
    this.written += length
  }

  async close() {
    await this.#ask({ close: true })
    this.#worker.terminate()
    const whole = await this.#handle.getFile()
    await readTail(whole, this.#file.size)
    saveAs(whole, this.#file.name)
  }

  async release() {
    await this.#ask({ close: true }).catch(() => undefined)
    this.#worker.terminate()
  }

  async abort() {
    await this.release()
    await this.#folder.removeEntry(this.#handle.name)
  }

  /** @param {object} message @param {Transferable[]} [transfer] @returns {Promise<Reply>} */
  #ask(message, transfer = []) {
    const n = this.#asked++
    this.#worker.postMessage({ n, ...message }, transfer)
    return new Promise((resolve, reject) => this.#waiting.set(n, { resolve, reject }))
  }

  /** @param {Reply} reply */
  #receiveReply(reply) {
    const waiting = this.#waiting.get(reply.n)
    this.#waiting.delete(reply.n)
    if (reply.error) waiting?.reject(new DOMException(reply.error.message, reply.error.name))
    else waiting?.resolve(reply)
  }

  /** @param {Error} error */
  #failAll(error) {
    for (const { reject } of this.#waiting.values()) reject(error)
    this.#waiting.clear()
  }
}
