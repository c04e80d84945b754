/** Entry: the sender's seat of a live session. */

import { session } from '../session/session-island.js'
import { SenderController } from '../session/sender/sender-controller.js'

session('sender', SenderController)
