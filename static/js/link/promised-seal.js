/**
 * Island: a page of a link that was promised to be end-to-end encrypted, and comes plain. What the browser knows itself decides, whatever the page says: the
 * page's address, this tab's keys and what was typed in it, this browser's marks, the session that turned into the link.
 */

import { keptKeys } from '../crypto/key-store.js'
import { isMarked } from '../crypto/sealed-marks.js'
import { hasSecretInAddress } from '../crypto/secret-address.js'
import { hasTyped } from '../crypto/code/typed-halves.js'
import { afterSwap, find, island, make, onPage } from '../lib/dom.js'

/** What offers bytes of a plain link, or wants a password as it was typed. */
const PLAIN = '#parcel:not([data-sealed]), a[href*="/api/download/"], form [name="password"]:not([type="hidden"]), .unlock-form:not([data-unlock], [data-open])'
const STOPPED = 'Stopped: this page came without its encryption'
const WHY = 'These files were sent end-to-end encrypted, and the server shows them as if they were not. So what it offers here may not be what was sent. Nothing more is downloaded, and no password was sent. Ask the sender for a new link, over another way than this server.'

/** Whether this page has known it; the address may lose its end later. */
let promised = hasSecretInAddress()

/** Whether a link was promised to be sealed. @param {string} [id] of the link, as far as the page tells it */
export function isPromisedSealed(id = '') {
  promised ||= hasSecretInAddress() || hasTyped() || [id, idIn(location.pathname)].some((one) => one && (keptKeys(one) || isMarked(one)))
  return promised
}

/** Nothing of a page that came plain can be used any more. */
export function promisedSeal() {
  onPage('link:follow', (/** @type {{ sealed: boolean }} */ { sealed }) => (promised ||= sealed))
  afterSwap(stopWhatIsPlain)
  island('#parcel', stopWhatIsPlain)
  island('form[data-plain-unlock]', (form) => {
    stopWhatIsPlain()
    if (!form.isConnected) return
    form.dataset.checked = ''
    find(form, 'button').removeAttribute('disabled')
  })
  addEventListener('hashchange', stopWhatIsPlain)
  stopWhatIsPlain()
}

function stopWhatIsPlain() {
  if (!isPromisedSealed()) return
  for (const part of document.querySelectorAll(PLAIN)) {
    const section = part.closest('section') ?? part.closest('form') ?? part
    section.replaceWith(stopped())
  }
}

/** What stands in the place of a page that came plain. */
function stopped() {
  return make('section', { class: 'parcel', 'data-testid': 'stopped' },
    make('h1', { tabindex: '-1' }, STOPPED),
    alarm(WHY),
    make('p', { class: 'actions' }, make('a', { class: 'button', href: '/' }, 'Send files yourself')))
}

/** @param {string} why something is stopped */
export function alarm(why) {
  return make('p', { class: 'alert', role: 'alert', 'data-testid': 'alert', 'data-code': 'came-plain' }, why)
}

/** @param {string} path */
function idIn(path) {
  return /\/l\/([A-Za-z0-9_-]{22})(?:\/|$)/.exec(path)?.[1] ?? ''
}
