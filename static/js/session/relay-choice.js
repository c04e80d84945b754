/** Islands: the boxes "Don't show my address" and "Only straight from browser to browser", remembered by this browser. Where a way is missing its box is. */

import { island, tell } from '../lib/dom.js'

const RELAY_KEY = 'relay-only'
const DIRECT_KEY = 'direct-only'

export function relayChoice() {
  island('[data-relay-only]', (root, signal) => mount(root, signal, RELAY_KEY, 'relay:chosen'))
  island('[data-direct-only]', (root, signal) => mount(root, signal, DIRECT_KEY, 'direct:chosen'))
}

/**
 * @param {HTMLElement} root
 * @param {AbortSignal} signal
 * @param {string} key
 * @param {string} chosen the event that tells of a choice
 */
function mount(root, signal, key, chosen) {
  const box = /** @type {HTMLInputElement} */ (root)
  box.checked = localStorage.getItem(key) !== null
  box.addEventListener('change', () => {
    if (box.checked) localStorage.setItem(key, '1')
    else localStorage.removeItem(key)
    tell(box, chosen, box.checked)
  }, { signal })
}

/** Which ways the person and the operator allow: relays only, straight only, and where the roads are. @param {HTMLElement} root of the session */
export function allowedWays(root) {
  const checked = (/** @type {string} */ name) => Boolean(document.querySelector(`[data-${name}]:checked`))
  return { relayOnly: checked(RELAY_KEY), directOnly: checked(DIRECT_KEY), roadUrl: root.dataset.roadUrl ?? '' }
}

/**
 * Has everybody we talk to follow what the person chooses.
 * @param {HTMLElement} root of the session
 * @param {() => (import('../live/road/either-way.js').EitherWay | null | undefined)[]} peers
 * @param {AbortSignal} signal
 */
export function followChoices(root, peers, signal) {
  const chosen = (/** @type {Event} */ event) => /** @type {CustomEvent<boolean>} */ (event).detail
  root.addEventListener('relay:chosen', (event) => peers().forEach((peer) => peer?.relayOnly(chosen(event))), { signal })
  root.addEventListener('direct:chosen', (event) => peers().forEach((peer) => peer?.directOnly(chosen(event))), { signal })
}
