/** The files that a sender offers: what has become of each, and how far they are together. */

import { BlockReader } from './block-reader.js'
import { cleanPath } from '../../lib/file-names.js'
import { entryOf } from '../../crypto/seal-manifest.js'

/** @typedef {import('../../crypto/keys.js').Keys} Keys */

export class OutgoingFile {
  /** @type {FileState} */
  state = 'offered'
  message = ''
  /** Why it failed, for programs. */
  code = ''
  /** Bytes of it that the receiver has written. */
  done = 0
  /** Our root, once all of it has been read. */
  root = ''
  /** Resolves when the receiver was told the root, or why there is none. @type {Promise<void> | null} */
  ending = null

  /**
   * @param {number} n its number in the offer
   * @param {{ file: File, path: string }} chosen
   * @param {Keys | null} keys null: its blocks travel plain
   */
  constructor(n, { file, path }, keys) {
    this.n = n
    this.path = cleanPath(path)
    this.size = file.size
    this.reader = new BlockReader(file, keys && ((seal) => keys.ofFile({ ...entryOf({ path, file }, n), seal })))
  }

  /** Nothing more of it will come to be wanted: it is saved, or it failed. */
  get settled() {
    return this.state === 'saved' || this.state === 'failed'
  }

  /** @returns {FileProgress} */
  get shown() {
    const { n, path, size, done, state, message, code } = this
    return { n, path, size, done, state, message, code }
  }

  /** @param {string} code @param {string} message */
  fail(code, message) {
    this.state = 'failed'
    this.code = code
    this.message = message
    this.reader.rest()
  }
}

export class OutgoingFiles {
  /**
   * @param {{ file: File, path: string }[]} chosen
   * @param {Keys | null} keys null: their blocks travel plain
   */
  constructor(chosen, keys) {
    this.all = chosen.map((one, n) => new OutgoingFile(n, one, keys))
  }

  /** @param {number} n @returns {OutgoingFile | undefined} */
  get(n) {
    return this.all[n]
  }

  /** Those that the receiver has asked for. */
  get wanted() {
    return this.all.filter(({ state }) => state !== 'offered')
  }

  /** Whether one of them is on its way. */
  get moving() {
    return this.all.some(({ state }) => state === 'moving')
  }

  /** Whether something was wanted, and all of that is saved or failed. */
  get settled() {
    const { wanted } = this
    return wanted.length > 0 && wanted.every(({ settled }) => settled)
  }

  /**
   * @param {number} written bytes in all that the receiver has in its sinks
   * @param {number | null} arrived bytes that it has, whole blocks or not; null from pages that do not say it
   * @returns {Progress}
   */
  progress(written, arrived) {
    const { wanted } = this
    let left = written
    for (const file of wanted) {
      file.done = file.state === 'saved' ? file.size : Math.min(file.size, left)
      left = Math.max(0, left - file.size)
    }
    const total = wanted.reduce((sum, { size }) => sum + size, 0)
    const done = Math.min(total, written)
    return { done, arrived: Math.min(total, arrived ?? done), total, perFile: this.all.map(({ shown }) => shown) }
  }

  /** Forget what was read ahead of all of them. */
  rest() {
    for (const { reader } of this.all) reader.rest()
  }
}
