/** Island: copies and shares the address of a link. Without it the address is still there to select. */

import { find, island, showAlert } from './dom.js'

export function clipboard() {
  island('[data-select]', (input, signal) => {
    input.addEventListener('focus', () => /** @type {HTMLInputElement} */ (input).select(), { signal })
  })
  island('[data-copy]', mount)
}

/**
 * @param {HTMLElement} root
 * @param {AbortSignal} signal
 */
function mount(root, signal) {
  /** @type {HTMLInputElement} */
  const address = find(document, root.dataset.copy ?? '')
  const status = find(root, '[data-copy-status]')
  const copy = find(root, '[data-copy-button]')
  copy.addEventListener('click', async () => {
    status.textContent = ''
    try {
      await copyText(address)
      status.textContent = 'Copied'
    } catch {
      address.select()
      showAlert('The browser did not let this page copy. The link is selected: copy it with the keyboard or the menu.', 'copy')
    }
  }, { signal })

  if (!navigator.share) return
  const share = find(root, '[data-share-button]')
  share.hidden = false
  share.addEventListener('click', () => shareAddress(address.value, share.dataset.title ?? ''), { signal })
}

/** @param {HTMLInputElement} address */
async function copyText(address) {
  if (navigator.clipboard) return navigator.clipboard.writeText(address.value)
  // Pages on plain http have no clipboard object.
  address.select()
  if (!document.execCommand('copy')) throw new Error('not allowed')
}

/**
 * @param {string} url
 * @param {string} title
 */
async function shareAddress(url, title) {
  try {
    await navigator.share({ url, title })
  } catch (error) {
    if (error instanceof Error && error.name === 'AbortError') return // the person closed the sheet
    showAlert('Sharing did not work. Copy the link instead.', 'share')
  }
}
