/** What a sender's session comes to, in a status and a sentence. Knows no page. Pure. */

import { count } from '../../lib/format.js'

/** @typedef {import('./recipient.js').Recipient} Recipient */

/** Why a link is used instead. @type {Record<'no-webrtc' | 'no-channel' | 'lost' | 'no-socket', string>} */
export const BECAUSE = {
  'no-webrtc': 'One of the two browsers cannot connect to others directly (WebRTC is off or missing).',
  'no-channel': 'The browsers cannot reach each other.',
  lost: 'The connection broke and did not come back.',
  'no-socket': 'The network keeps live sessions from this page.',
}

/** @typedef {keyof typeof BECAUSE} Because */

/** The reason in words; without keys the road was closed as well. @param {Because} reason @param {boolean} plain the session is, where there is a road */
export function because(reason, plain) {
  return plain && reason !== 'no-socket' ? `${BECAUSE[reason]} Only what is end-to-end encrypted goes through the server.` : BECAUSE[reason]
}

/** What each state of a recipient is called when it is the one that matters, most important first. @type {[import('./recipient.js').RecipientState, import('../session-view.js').Status, string][]} */
const SENTENCES = [
  ['tampered', 'failed', 'The set-up of the connection was changed'],
  ['cannot-decrypt', 'failed', 'They cannot open what is end-to-end encrypted'],
  ['restoring', 'connecting', 'The connection broke. Looking for another way…'],
  ['stranded', 'failed', 'No connection, and no link'],
  ['cancelled', 'failed', 'The other side cancelled'],
  ['stopped', 'failed', 'Cancelled'],
  ['refused', 'failed', 'The other side does not want these files'],
  ['connected', 'connected', 'Connected. Waiting for them to accept'],
  ['incomplete', 'failed', 'Not everything could be saved there'],
]

/**
 * What the whole comes to: a status for machines and a sentence for people.
 * @param {Recipient[]} recipients
 * @param {boolean} ready files are chosen
 * @param {(seat: number) => boolean} isHere
 * @returns {[import('../session-view.js').Status, string]}
 */
export function summary(recipients, ready, isHere) {
  if (!ready) return ['idle', 'Choose the files again to go on']
  const busy = recipients.filter((recipient) => recipient.busy)
  if (busy.length) return transferring(busy, recipients.length)
  if (recipients.length && recipients.every(({ state }) => state === 'done')) return ['completed', 'Everything arrived']
  const matters = SENTENCES.find(([state]) => recipients.some((recipient) => recipient.state === state))
  if (matters) return [matters[1], matters[2]]
  if (recipients.some(({ seat, state }) => state === 'connecting' && isHere(seat))) return ['connecting', 'They are here. Connecting…']
  return ['idle', 'Waiting for the other side to open the link']
}

/** @param {Recipient[]} busy @param {number} all @returns {[import('../session-view.js').Status, string]} */
function transferring(busy, all) {
  const whole = busy.every(({ progress }) => progress && progress.total > 0 && progress.done >= progress.total)
  if (whole) return ['verifying', 'Checking that every byte arrived']
  return ['transferring', all > 1 ? `Sending to ${count(busy.length, 'receiver')}` : 'Sending']
}
