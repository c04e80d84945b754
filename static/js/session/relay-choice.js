/** Island: the box "Don't show my address", remembered by this browser. Where there is no relay there is no box. */

import { island, tell } from '../lib/dom.js'

const KEY = 'relay-only'

export function relayChoice() {
  island('[data-relay-only]', mount)
}

/**
 * @param {HTMLElement} root
 * @param {AbortSignal} signal
 */
function mount(root, signal) {
  const box = /** @type {HTMLInputElement} */ (root)
  box.checked = localStorage.getItem(KEY) !== null
  box.addEventListener('change', () => {
    if (box.checked) localStorage.setItem(KEY, '1')
    else localStorage.removeItem(KEY)
    tell(box, 'relay:chosen', box.checked)
  }, { signal })
}

/** Whether connections may go by relays only. */
export function relayOnly() {
  return Boolean(document.querySelector('[data-relay-only]:checked'))
}
