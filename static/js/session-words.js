/** What a sender's session comes to, in a status and a sentence. Knows no page. Part of the session island. */

import { count } from './format.js'

/**
 * One receiver's part of a session.
 * @typedef {{ seat: number, peer: import('./peer.js').Peer, sending: import('./send.js').Sending | null, state: string, timer: number, outcome: import('./outcome.js').Outcome }} Part
 */

/** @param {number[]} numbers */
export const sum = (numbers) => numbers.reduce((total, one) => total + one, 0)

/**
 * What the whole comes to: a status for machines and a sentence for people.
 * @param {Part[]} parts
 * @param {boolean} ready files are chosen
 * @param {(seat: number) => boolean} isHere
 * @returns {[import('./session-view.js').Status, string]}
 */
export function summary(parts, ready, isHere) {
  const number = (/** @type {string} */ state) => parts.filter((part) => part.state === state).length
  const several = parts.length > 1 ? ` to ${count(number('transferring'), 'receiver')}` : ''
  if (!ready) return ['idle', 'Choose the files again to go on']
  if (number('transferring')) {
    const done = parts.every(({ sending, state }) => state !== 'transferring' || isVerifying(sending))
    return done ? ['verifying', 'Checking that every byte arrived'] : ['transferring', `Sending${several}`]
  }
  if (number('restoring')) return ['connecting', 'The connection broke. Looking for another way…']
  if (parts.length && number('done') === parts.length) return ['completed', 'Everything arrived']
  if (number('cancelled')) return ['failed', 'The other side cancelled']
  if (number('stopped')) return ['failed', 'Cancelled']
  if (number('refused')) return ['failed', 'The other side does not want these files']
  if (number('connected')) return ['connected', 'Connected. Waiting for them to accept']
  if (parts.some(({ seat }) => isHere(seat))) return ['connecting', 'They are here. Connecting…']
  return ['idle', 'Waiting for the other side to open the link']
}

/** @param {Part['sending']} sending */
function isVerifying(sending) {
  const progress = sending?.progress
  return Boolean(progress && progress.total > 0 && progress.done >= progress.total)
}
