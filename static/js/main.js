/** Starts the islands and says on the screen what htmx could not do. */

import { clipboard } from './lib/copy-button.js'
import { forgetTyped } from './crypto/code/typed-halves.js'
import { clearAlerts, dropAlert, find, island, showAlert, startIslands } from './lib/dom.js'
import { loadEntries } from './entries/load-entries.js'
import { relayChoice } from './session/relay-choice.js'

clipboard()
relayChoice()
let loaded = false
// What a swap brings in takes the focus, so that the keyboard and screen readers follow.
island('[data-focus]', (heading) => loaded && heading.focus())
// Nobody answers there what was typed.
island('[data-refused]', forgetTyped)
startIslands()
loaded = true
loadEntries()
document.addEventListener('htmx:after:swap', loadEntries)

/** @param {Event} event */
const contextOf = (event) => /** @type {CustomEvent<HtmxDetail>} */ (event).detail.ctx

/** @param {HtmxContext | undefined} ctx */
const polls = (ctx) => Boolean(ctx?.sourceElement.getAttribute('hx-trigger')?.includes('every'))

/** Nobody waits for the server: the page only looks for news, and all that it is about has arrived. @param {Event} event */
const inVain = (event) => polls(contextOf(event)) && Boolean(document.querySelector('[data-status][data-state="completed"]'))

document.addEventListener('htmx:before:request', (event) => {
  if (!polls(contextOf(event))) clearAlerts()
})
document.addEventListener('htmx:after:request', () => dropAlert('offline'))
// A refusal is shown above the form; on a phone that is out of sight.
document.addEventListener('htmx:after:swap', () => {
  find(document, '#alerts').querySelector('[role="alert"]')?.scrollIntoView({ block: 'nearest' })
})
document.addEventListener('htmx:error', (event) => {
  if (!inVain(event)) showAlert('The server could not be reached. Check the connection; this page tries again by itself where it can.', 'offline')
})
// An error page that is not ours, from a proxy in between, has no place inside this one.
document.addEventListener('htmx:before:swap', (event) => {
  const ctx = contextOf(event)
  if (!ctx?.response || ctx.response.status < 400 || ctx.text?.includes('role="alert"')) return
  event.preventDefault()
  if (!inVain(event)) showAlert(`The server could not answer just now (${ctx.response.status}). Try again in a moment.`, 'offline')
})
// The home page has become the card: going back leaves the page (and the browser asks first while bytes move)
// instead of showing a form whose files are on their way.
document.addEventListener('htmx:before:history:update', (event) => {
  const { history } = /** @type {CustomEvent<HtmxDetail>} */ (event).detail
  if (history) history.type = 'replace'
})
