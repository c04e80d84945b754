/**
 * Island: the password form of a sealed link. What goes to the server is a proof that only the link's secret and the password together make; the keys stay in this
 * tab, for the page behind the form.
 */

import { secretIn, secretInAddress } from '../crypto/secret-address.js'
import { find, island, showAlert } from '../lib/dom.js'
import { keepKeys, keptKeys } from '../crypto/key-store.js'
import { canSeal, Keys } from '../crypto/keys.js'

export function unlocking() {
  island('form[data-unlock]', (form, signal) => mount(/** @type {HTMLFormElement} */ (form), signal))
}

/** @param {HTMLFormElement} form @param {AbortSignal} signal */
function mount(form, signal) {
  if (!canSeal()) return showAlert('These files are end-to-end encrypted, and on this page the browser cannot open them. Use a current browser and an address that begins with https.', 'seal')
  const button = /** @type {HTMLButtonElement} */ (find(form, 'button'))
  const field = find(form, '[data-unlock-address]')
  const input = /** @type {HTMLInputElement} */ (find(field, 'input'))
  const secret = () => secretInAddress() || secretIn(input.value) || keptKeys(form.dataset.linkId ?? '')?.secret || ''
  button.disabled = false
  field.hidden = Boolean(secret())
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    const known = secret()
    if (known) return void unlock(form, button, known)
    showAlert('That is not the whole link: its end, behind the #, is missing. Copy the whole link from the sender\'s message.', 'seal')
    field.hidden = false
    input.focus()
  }, { signal })
}

/** @param {HTMLFormElement} form @param {HTMLButtonElement} button @param {string} secret */
async function unlock(form, button, secret) {
  button.disabled = true
  const keys = await Keys.of(secret, /** @type {HTMLInputElement} */ (find(form, '[data-typed]')).value)
  keepKeys(form.dataset.linkId ?? '', keys)
  /** @type {HTMLInputElement} */
  const proof = find(form, '[data-proof]')
  proof.value = await keys.proof()
  form.action = `${form.action.split('#')[0]}#${secret}` // browsers carry it over the redirect, and send it nowhere
  form.submit()
}
