/** Island: the note on the home page that an upload of this browser has not ended. */

import { find, island, make } from '../lib/dom.js'
import { count, filesize } from '../lib/format.js'
import { forget, unfinished } from './resume-store.js'

export function unfinishedNote() {
  island('[data-unfinished]', show)
}

/**
 * @param {HTMLElement} root
 * @param {AbortSignal} signal
 */
function show(root, signal) {
  const [one] = unfinished()
  root.hidden = !one
  if (!one) return
  const total = one.files.reduce((sum, [, size]) => sum + size, 0)
  const dismiss = make('button', { type: 'button', class: 'link-button' }, 'Forget it')
  dismiss.addEventListener('click', () => {
    forget(one.id)
    show(root, signal)
    find(document, '[data-files]').focus()
  }, { signal })
  root.replaceChildren(
    make('p', {}, `You have an unfinished upload (${count(one.files.length, 'file')}, ${filesize(total)}).`),
    make('a', { href: one.ownerUrl, class: 'button button-small', 'data-testid': 'go-on' }, 'Go on'),
    dismiss,
  )
}
