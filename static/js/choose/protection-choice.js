/** The sender's choice between sealed and plain, and the fields that go with it. Part of the picker island. */

import { find } from '../lib/dom.js'
import { canSeal } from '../crypto/keys.js'

const SEALED = 'Only people with the link can open it, not even this server.'
const PLAIN = 'This server can read what you send.'
const CANNOT = 'This page is not on a secure address (https), or the browser is old: it cannot encrypt here. This server can read what you send.'

export class Choice {
  #form
  /** @type {HTMLInputElement} */
  #plain
  /** @type {HTMLInputElement} */
  #typed

  /**
   * @param {HTMLFormElement} form
   * @param {AbortSignal} signal
   * @param {() => void} changed
   */
  constructor(form, signal, changed) {
    this.#form = form
    this.#plain = find(form, '[data-plain]')
    this.#typed = find(form, '[data-typed]')
    this.#typed.removeAttribute('name') // what is typed is sent by a field of its own, and of a sealed link only what proves it
    if (!canSeal()) this.#plain.checked = this.#plain.disabled = true
    this.#show()
    this.#plain.addEventListener('change', () => {
      this.#show()
      changed()
    }, { signal })
  }

  get sealed() {
    return !this.#plain.checked
  }

  /** As typed; it stays on this page where the choice is sealed. */
  get password() {
    return this.#typed.value
  }

  /** What the form sends. @param {{ manifest?: string, sealed?: string, password: string }} fields */
  fill({ manifest = '', sealed = '', password }) {
    for (const [name, value] of Object.entries({ '[data-manifest]': manifest, '[data-sealed-names]': sealed, '[data-proof]': password })) {
      /** @type {HTMLInputElement} */
      const field = find(this.#form, name)
      field.value = value
      field.disabled = !value
    }
  }

  #show() {
    const label = find(this.#form, '[data-testid="protection"]')
    label.dataset.state = this.sealed ? 'sealed' : 'plain'
    label.textContent = this.sealed ? 'End-to-end encrypted' : 'Not end-to-end encrypted'
    find(this.#form, '[data-protection-why]').textContent = this.sealed ? SEALED : this.#plain.disabled ? CANNOT : PLAIN
  }
}
