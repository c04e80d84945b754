/** Island: one seat of a live session. Meets the other side, sends or receives, and turns into a link where live cannot be. */

import { dropAlert, island, onVisibility, tell } from '../lib/dom.js'
import { tabName } from '../lib/tab-name.js'
import { View } from './session-view.js'
import { Signaling } from '../live/connect/signaling.js'

const REFUSED = {
  4003: 'This browser does not hold a seat of this session any more.',
  4004: 'There is no such session any more.',
  4010: 'The session has ended.',
}

/** @typedef {{ busy: boolean, begin(): Promise<void> | void, over(sentence: string): void, unreachable(): void }} Controller */
/** @typedef {new (root: HTMLElement, view: View, signaling: Signaling, signal: AbortSignal) => Controller} ControllerClass */

/** @param {'sender' | 'receiver'} role @param {ControllerClass} Controller */
export function session(role, Controller) {
  island(`[data-session][data-socket-url][data-role="${role}"]`, (root, signal) => mount(root, signal, Controller))
}

/**
 * @param {HTMLElement} root
 * @param {AbortSignal} signal
 * @param {ControllerClass} Controller
 */
function mount(root, signal, Controller) {
  const view = new View(root)
  const signaling = new Signaling(root.dataset.socketUrl ?? '', { tab: tabName() })
  const controller = new Controller(root, view, signaling, signal)
  let said = false
  signaling.listen({
    ended: ({ state }) => {
      said = true // and its socket is closed next
      controller.over(state === 'expired' ? 'The session has expired.' : 'The session was closed.')
    },
    refused: ({ code }) => {
      view.cover('elsewhere', false)
      view.cover('whole-address', false)
      if (!said) controller.over(REFUSED[/** @type {4010} */ (code)] ?? 'The session has ended.')
    },
    unreachable: () => controller.unreachable(),
    elsewhere: () => view.cover('elsewhere', true),
    welcome: () => {
      view.cover('elsewhere', false)
      dropAlert('offline') // the next look at the server is some seconds away
    },
  }, signal)
  view.element('take').addEventListener('click', () => signaling.claim(), { signal })
  // The other tab may have been closed meanwhile. One that reloads is seen by its person, and this one is not.
  onVisibility((visible) => visible && signaling.ask(), signal)
  addEventListener('beforeunload', (event) => {
    if (controller.busy) event.preventDefault()
  }, { signal })
  signal.addEventListener('abort', () => {
    signaling.close()
    view.restoreTitle()
  })
  tell(root, 'session:ready')
  open(controller, signaling, signal)
}

/** Nothing is heard before the controller listens. @param {Controller} controller @param {Signaling} signaling @param {AbortSignal} signal */
async function open(controller, signaling, signal) {
  await controller.begin()
  if (!signal.aborted) signaling.open()
}
