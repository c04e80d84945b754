/** Opens a seat's connection to the server, of either kind. */

import { wantPart } from '../../lib/late-parts.js'

/** @typedef {WebSocket | import('./answer-socket.js').AnswerSocket} AnySocket */
/** @typedef {(url: URL, tab?: string) => AnySocket} SocketMaker */

/** A WebSocket. @param {URL} url of the socket, with http @returns {AnySocket} */
export function openSocket(url) {
  const socketUrl = new URL(url)
  socketUrl.protocol = url.protocol.replace('http', 'ws')
  return new WebSocket(socketUrl)
}

/** What opens one over HTTP: few pages need it, so it is asked for. @returns {Promise<SocketMaker>} */
export function httpSocket() {
  return wantPart('signals')
}
