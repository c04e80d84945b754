/** Part of a page: the receiver's seat of a live session, and its door. */

import { island } from './lib/dom.js'
import { session } from './session.js'
import { keepSecret } from './session-keys.js'
import { ReceiverDesk } from './session-receive.js'

session('receiver', ReceiverDesk)
island('[data-session][data-role=""]', (root) => void keepSecret(root.dataset.code ?? ''))
