/** Entry: the receiver's seat of a live session, and its door. */

import { island } from '../lib/dom.js'
import { session } from '../session/session-island.js'
import { enterByDoor } from '../session/receiver/late-link.js'
import { ReceiverController } from '../session/receiver/receiver-controller.js'

session('receiver', ReceiverController)
island('[data-session][data-role=""]', enterByDoor)
