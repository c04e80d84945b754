/** Where people type codes, cut there so that only the server's part leaves the page, and whole addresses, which never leave it. PROTOCOL.md, "By code". */

import { dropAlert, find, island, showAlert } from '../lib/dom.js'
import { keepKeys } from '../crypto/key-store.js'
import { canSeal, Keys } from '../crypto/keys.js'
import { fitsMark } from '../crypto/sealed-marks.js'
import { secretIn } from '../crypto/secret-address.js'
import { readCode, readHalf, sessionOf } from '../crypto/code/typed-code.js'
import { forgetTyped, keepTyped } from '../crypto/code/typed-halves.js'

const ALERT = 'code'

/**
 * Ask for the code, or the whole address, on the page of its session; nothing is sent.
 * @param {HTMLFormElement} form
 * @param {string} code of the server
 * @returns {Promise<void>} when its second half is kept, or the key of the address
 */
export function askForHalf(form, code) {
  form.hidden = false
  return new Promise((resolve) => {
    form.onsubmit = async (event) => {
      event.preventDefault()
      const problem = await keepAnswer(typedIn(form).value, code)
      say(problem)
      if (problem) return
      form.hidden = true
      resolve()
    }
  })
}

/** @param {string} text @param {string} code @returns {Promise<string>} why it is no answer, '' when it is kept */
async function keepAnswer(text, code) {
  if (/#|%23/.test(text)) return keepAddress(text, code)
  const { half, problem } = readHalf(text, code)
  if (!problem) keepTyped(sessionOf(code), half)
  return problem
}

/**
 * Ask for the whole address of the session, and begin anew with it. Where the page cannot decrypt, say so instead.
 * @param {HTMLFormElement} form
 * @param {string} code of the server
 */
export function askForAddress(form, code) {
  const button = /** @type {HTMLButtonElement} */ (find(form, 'button'))
  if (!canSeal()) {
    find(form, '[data-why]').textContent = 'This session is end-to-end encrypted, and this page was opened without https, so the browser cannot take part. Open the same address with https.'
    find(form, '.field').hidden = button.hidden = true
    return
  }
  form.onsubmit = async (event) => {
    event.preventDefault()
    const problem = await keepAddress(typedIn(form).value, code)
    say(problem)
    if (!problem) location.reload()
  }
}

/**
 * Keep the key of a pasted address.
 * @param {string} text
 * @param {string} code of the server
 * @returns {Promise<string>} why it cannot be, '' when it is kept
 */
export async function keepAddress(text, code) {
  const secret = secretIn(text)
  if (!secret) return 'That is not the whole address: its end, behind the #, is missing or cut off. Copy it once more, from its beginning to its end.'
  const keys = new Keys(secret)
  const [, session = code] = /\/live\/([^/?#]+)/.exec(text) ?? []
  if (sessionOf(session) !== sessionOf(code) || !(await fitsMark(code, keys))) return 'That is the address of another session. Paste the one of this session.'
  keepKeys(code, keys)
  return ''
}

/** The home page's box for codes: the field has no name, so no form sends it. */
export function codeBox() {
  island('[data-code-box]', (element, signal) => {
    forgetTyped()
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
