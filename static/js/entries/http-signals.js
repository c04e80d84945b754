/** Entry: signals over HTTP, for a live page where no WebSocket can be opened. */

import { AnswerSocket } from '../live/connect/answer-socket.js'
import { bringHttpSocket } from '../live/connect/open-socket.js'

bringHttpSocket((url, tab = '') => new AnswerSocket(new URL('signals', url), tab))
