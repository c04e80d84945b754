/** What a receiver tells the sender of its files. Nothing is said where there is no peer at the moment: `sendSettled` makes up for it. */

import { splitAccept } from '../connect/control-messages.js'

/** @typedef {import('../connect/peer.js').Peer | null} To */
/** @typedef {import('./incoming-file.js').IncomingFile} IncomingFile */

const LONGEST_MESSAGE = 200

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
