/** The two things that saving needs of the page: a frame that a download starts in, and a link that is clicked. */

import { addToPage, make } from './dom.js'

// Browsers go on reading a blob's address for a while after the click.
const REVOKE_AFTER = 40_000

/** Start a download without leaving the page. @param {string} address */
export function download(address) {
  const frame = make('iframe', { src: address, hidden: '', title: 'download' })
  addToPage(frame)
  return () => frame.remove()
}

/** Hand a finished file to the person. @param {Blob} blob @param {string} name */
export function saveAs(blob, name) {
  const address = URL.createObjectURL(blob)
  const link = make('a', { href: address, download: name, hidden: '' })
  addToPage(link)
  link.click()
  link.remove()
  setTimeout(() => URL.revokeObjectURL(address), REVOKE_AFTER)
}
