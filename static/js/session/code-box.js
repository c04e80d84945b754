/** Where people type codes: cut there, so that only the server's part leaves the page. PROTOCOL.md, "By code". */

import { dropAlert, find, island, showAlert } from '../lib/dom.js'
import { readCode, readHalf, sessionOf } from '../crypto/typed-code.js'

const TYPED = 'packetpost:typed:'
const ALERT = 'code'

/** The half that was typed for a session, until the tab is closed; '' for none. @param {string} code of the server */
export function typedHalf(code) {
  return sessionStorage.getItem(TYPED + sessionOf(code)) ?? ''
}

/** @param {string} code of the server @param {string} half '' forgets it */
export function keepTyped(code, half) {
  const name = TYPED + sessionOf(code)
  if (half) sessionStorage.setItem(name, half)
  else sessionStorage.removeItem(name)
}

/**
 * Ask for the code on the page of its session; nothing is sent.
 * @param {HTMLFormElement} form
 * @param {string} code of the server
 * @returns {Promise<void>} when its second half is kept
 */
export function askForHalf(form, code) {
  form.hidden = false
  return new Promise((resolve) => {
    form.onsubmit = (event) => {
      event.preventDefault()
      const { half, problem } = readHalf(typedIn(form).value, code)
      say(problem)
      if (problem) return
      form.hidden = true
      keepTyped(code, half)
      resolve()
    }
  })
}

/** The home page's box for codes: the field has no name, so no form sends it. */
export function codeBox() {
  island('[data-code-box]', (element, signal) => {
    const form = /** @type {HTMLFormElement} */ (element)
    form.addEventListener('submit', (event) => {
      const { session, half, problem } = readCode(typedIn(form).value)
      say(problem)
      if (problem) return event.preventDefault()
      keepTyped(session, half)
      const sent = /** @type {HTMLInputElement} */ (find(form, '[name="code"]'))
      sent.value = session
    }, { signal })
    find(form, 'button').removeAttribute('disabled')
  })
}

/** @param {HTMLFormElement} form */
function typedIn(form) {
  return /** @type {HTMLInputElement} */ (find(form, '[data-typed]'))
}

/** @param {string} problem '' for none */
function say(problem) {
  if (problem) showAlert(problem, ALERT)
  else dropAlert(ALERT)
}
