/** Opens a seat's connection to the server, of either kind. */

import { wantEntry } from '../../lib/dom.js'

/** @typedef {WebSocket | import('./answer-socket.js').AnswerSocket} AnySocket */
/** @typedef {(url: URL, tab?: string) => AnySocket} SocketMaker */

/** What the entry brings, once it is here. @type {SocketMaker | null} */
let makeHttpSocket = null

/** @param {SocketMaker} make */
export function bringHttpSocket(make) {
  makeHttpSocket = make
}

/** A WebSocket. @param {URL} url of the socket, with http @returns {AnySocket} */
export function openSocket(url) {
  const socketUrl = new URL(url)
  socketUrl.protocol = url.protocol.replace('http', 'ws')
  return new WebSocket(socketUrl)
}

/** What opens one over HTTP: few pages need it, so it is asked for. @returns {Promise<SocketMaker | null>} */
export async function httpSocket() {
  if (!makeHttpSocket) await wantEntry('signals')
  return makeHttpSocket
}
