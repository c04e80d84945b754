/** Part of a page: the sender's seat of a live session. */

import { session } from './session.js'
import { SenderDesk } from './session-send.js'

session('sender', SenderDesk)
