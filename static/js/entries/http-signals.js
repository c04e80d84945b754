/** Entry: signals over HTTP, for a live page where no WebSocket can be opened. */

import { bringPart } from '../lib/late-parts.js'
import { AnswerSocket } from '../live/connect/answer-socket.js'

/** @type {import('../live/connect/open-socket.js').SocketMaker} */
const makeSocket = (url, tab = '') => new AnswerSocket(new URL('signals', url), tab)

bringPart('signals', makeSocket)
