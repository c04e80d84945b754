/** What a receiver tells the sender of its files. Nothing is said where there is no peer at the moment: `sendSettled` makes up for it. */

import { splitAccept } from '../connect/control-messages.js'

/** @typedef {import('../road/either-way.js').EitherWay | null} To */
/** @typedef {import('./incoming-file.js').IncomingFile} IncomingFile */

const LONGEST_MESSAGE = 200
const PROGRESS_BYTES = 2 * 1024 * 1024
// Where 2 MiB take long, on slow lines, progress is sent this often (ms).
const PROGRESS_PAUSE = 500

/** How many bytes are written here: every 2 MiB, and twice a second where these take longer. The clock is passed in. */
export class ProgressMessages {
  #bytes = 0
  #at = 0

  /** @param {number} bytes written in all @param {number} now */
  due(bytes, now) {
    return bytes - this.#bytes >= PROGRESS_BYTES || this.late(now)
  }

  /** Whether it is long ago that something was said. @param {number} now */
  late(now) {
    return now - this.#at >= PROGRESS_PAUSE
  }

  /** @param {To} peer @param {number} bytes @param {number} arrived in all, whole or not @param {number} now */
  send(peer, bytes, arrived, now) {
    this.#bytes = bytes
    this.#at = now
    peer?.send({ t: 'written', bytes, arrived }) // the word of the first versions, which other pages know
  }
}

/** @param {To} peer @param {IncomingFile[]} files */
export function sendWanted(peer, files) {
  for (const message of splitAccept(files.map(({ wanted }) => wanted))) peer?.send(message)
}

/** @param {To} peer @param {IncomingFile} file */
export function sendSaved(peer, { n, root }) {
  peer?.send({ t: 'saved', n, root })
}

/** @param {To} peer @param {IncomingFile} file */
export function sendFailed(peer, { n, code, message }) {
  peer?.send({ t: 'failed', n, code, message: message.slice(0, LONGEST_MESSAGE) })
}

/** After a break: which of them need nothing more. @param {To} peer @param {IncomingFile[]} files */
export function sendSettled(peer, files) {
  for (const file of files) {
    if (file.state === 'saved') sendSaved(peer, file)
    else if (file.state === 'failed') sendFailed(peer, file)
  }
}
