/** Island: one seat of a live session. Meets the other side, sends or receives, and turns into a link where live cannot be. */

import { island, tell } from './dom.js'
import { ReceiverDesk } from './session-receive.js'
import { keepSecret } from './session-keys.js'
import { SenderDesk } from './session-send.js'
import { View } from './session-view.js'
import { warmSink } from './sink.js'
import { Signaling } from './signaling.js'

const REFUSED = {
  4001: 'This session was opened in another tab. Go on there.',
  4003: 'This browser does not hold a seat of this session any more.',
  4004: 'There is no such session any more.',
  4010: 'The session has ended.',
}

export function session() {
  island('[data-session][data-socket-url]', mount)
  island('[data-session][data-role=""]', (root) => void keepSecret(root.dataset.code ?? ''))
}

/**
 * @param {HTMLElement} root
 * @param {AbortSignal} signal
 */
function mount(root, signal) {
  const view = new View(root)
  if (root.dataset.fellBack) return view.status('fallback', 'This session has become a link')
  const signaling = new Signaling(root.dataset.socketUrl ?? '')
  const desk = root.dataset.role === 'sender' ? new SenderDesk(root, view, signaling, signal) : new ReceiverDesk(root, view, signaling, signal)
  if (root.dataset.role === 'receiver') warmSink()
  /** @param {string} type @param {(detail: any) => void} work */
  const on = (type, work) => signaling.addEventListener(type, (event) => work(/** @type {CustomEvent} */ (event).detail), { signal })
  let said = false
  on('ended', ({ state }) => {
    said = true // and its socket is closed next
    desk.over(state === 'expired' ? 'The session has expired.' : 'The session was closed.')
  })
  on('refused', ({ code }) => said || desk.over(REFUSED[/** @type {4010} */ (code)] ?? 'The session has ended.'))
  on('unreachable', () => desk.unreachable())
  addEventListener('beforeunload', (event) => {
    if (desk.busy) event.preventDefault()
  }, { signal })
  signal.addEventListener('abort', () => {
    signaling.close()
    view.restoreTitle()
  })
  tell(root, 'session:ready')
  if (desk instanceof SenderDesk) desk.begin()
  signaling.open()
}
