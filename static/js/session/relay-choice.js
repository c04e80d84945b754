/** Islands: the boxes "Don't show my address", "Only straight from browser to browser" and "Never store the files", remembered by this browser. Where a way is missing its box is. */

import { island, tell } from '../lib/dom.js'

const RELAY_KEY = 'relay-only'
const DIRECT_KEY = 'direct-only'
const STORE_KEY = 'never-store'

export function relayChoice() {
  island('[data-relay-only]', (root, signal) => mount(root, signal, RELAY_KEY, 'relay:chosen'))
  island('[data-direct-only]', (root, signal) => mount(root, signal, DIRECT_KEY, 'direct:chosen'))
  island('[data-never-store]', (root, signal) => mount(root, signal, STORE_KEY, 'store:chosen'))
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

/** @param {string} name */
const checked = (name) => Boolean(document.querySelector(`[data-${name}]:checked`))

/** Whether the person lets nothing be stored on the server where live cannot be. */
export const neverStores = () => checked(STORE_KEY)

/** Call this when they choose that, or choose otherwise. @param {HTMLElement} root of the session @param {() => void} handle @param {AbortSignal} [signal] */
export function onStoreChoice(root, handle, signal) {
  root.addEventListener('store:chosen', handle, { signal })
}

/** Which ways the person and the operator allow: relays only, straight only, and where the roads are. @param {HTMLElement} root of the session */
export function allowedWays(root) {
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
