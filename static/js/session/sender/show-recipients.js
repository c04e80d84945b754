/** What the sender's page shows of its recipients: status, progress, buttons, people and rows. Part of the session island. */

import { percent, sum } from '../../lib/format.js'
import { NO_LINK, stateOf, summary } from './status-text.js'

/** @typedef {import('./recipient.js').Recipient} Recipient */

/**
 * @param {import('../session-view.js').View} view
 * @param {Recipient[]} recipients
 * @param {Chosen[]} chosen
 * @param {boolean} online this page has its connection to the server
 * @param {boolean} kept there is neither a way nor a link for somebody
 */
export function showRecipients(view, recipients, chosen, online, kept) {
  const [state, text] = kept && !recipients.length ? NO_LINK : summary(recipients, chosen.length > 0, online)
  view.status(state, text)
  const all = recipients.map(({ progress }) => progress).filter((one) => one?.total)
  const of = (/** @type {'done' | 'arrived' | 'total'} */ what) => sum(all.map((one) => one?.[what] ?? 0))
  if (all.length) view.progress({ done: of('done'), arrived: of('arrived'), total: of('total') })
  view.show('verified', state === 'completed')
  view.show('cancel', recipients.some((recipient) => ['connected', 'transferring', 'restoring'].includes(recipient.state)))
  view.show('fall-back', state !== 'completed')
  view.show('retry', kept || recipients.some(({ givenUp }) => givenUp))
  view.people(recipients.length > 1 ? recipients.map((one) => ({ seat: one.seat, state: one.away ? 'away' : one.state, text: stateOf(one) })) : [])
  showRows(view, recipients, chosen)
}

/** @param {import('../session-view.js').View} view @param {Recipient[]} recipients @param {Chosen[]} chosen */
function showRows(view, recipients, chosen) {
  const all = recipients.map(({ progress }) => progress?.perFile)
  chosen.forEach(({ file }, n) => {
    const files = all.map((perFile) => perFile?.[n]).filter((one) => one && one.state !== 'offered')
    const failed = files.find((one) => one?.state === 'failed')
    const saved = files.filter((one) => one?.state === 'saved').length
    const least = Math.min(...files.map((one) => one?.done ?? 0))
    if (failed) view.row(n, 'failed', failed.message)
    else if (files.length && saved === files.length) view.row(n, 'ready', 'verified')
    else if (files.some((one) => one?.done)) view.row(n, 'uploading', saved ? `verified by ${saved} of ${files.length}` : `sending, ${percent(least, file.size)} %`)
  })
}
