/** What a sender's session comes to, in a status and a sentence. Knows no page. Pure. */

import { count, percent } from '../../lib/format.js'
import { GATHERED } from '../gathered.js'

/** @typedef {import('./recipient.js').Recipient} Recipient */

/** Why a link is used instead. @type {Record<'no-webrtc' | 'no-channel' | 'lost' | 'no-socket' | import('../gathered.js').Gathered, string>} */
export const BECAUSE = {
  'no-webrtc': 'One of the two browsers cannot connect to others directly (WebRTC is off or missing).',
  'no-channel': 'The browsers cannot reach each other.',
  lost: 'The connection broke and did not come back.',
  'no-socket': 'The network keeps live sessions from this page.',
  ...GATHERED,
}

/** @typedef {keyof typeof BECAUSE} Because */

/** The reason in words; without keys the road was closed as well. @param {Because} reason @param {boolean} plain the session is, where there is a road */
export function because(reason, plain) {
  return plain && reason !== 'no-socket' ? `${BECAUSE[reason]} Only what is end-to-end encrypted goes through the server.` : BECAUSE[reason]
}

const BROKEN = 'The connection broke. Looking for another way…'
/** @type {[import('../session-view.js').Status, string]} */
export const NO_LINK = ['failed', 'No connection, and no link']
const OFFLINE = 'Your connection is gone. It goes on as soon as it is back'

/** What each state of a recipient is called when it is the one that matters, most important first. @type {[import('./recipient.js').RecipientState, import('../session-view.js').Status, string][]} */
const SENTENCES = [
  ['tampered', 'failed', 'The set-up of the connection was changed'],
  ['cannot-decrypt', 'failed', 'They cannot open what is end-to-end encrypted'],
  ['restoring', 'connecting', BROKEN],
  ['stranded', ...NO_LINK],
  ['cancelled', 'failed', 'The other side cancelled'],
  ['stopped', 'failed', 'Cancelled'],
  ['refused', 'failed', 'The other side does not want these files'],
  ['connected', 'connected', 'Connected. Waiting for them to accept'],
  ['incomplete', 'failed', 'Not everything could be saved there'],
]

/**
 * What the whole comes to: a status for machines and a sentence for people. Who is away holds nobody up.
 * @param {Recipient[]} recipients
 * @param {boolean} ready files are chosen
 * @param {boolean} online this page has its connection to the server
 * @returns {[import('../session-view.js').Status, string]}
 */
export function summary(recipients, ready, online) {
  if (!ready) return ['idle', 'Choose the files again to go on']
  const busy = recipients.filter((recipient) => recipient.busy)
  if (busy.length) return transferring(busy, recipients.length)
  const here = recipients.filter(({ away }) => !away)
  if (here.length && here.every(({ state }) => state === 'done')) return ['completed', arrived(here.length, recipients.length)]
  const matters = SENTENCES.find(([state]) => here.some((recipient) => recipient.state === state))
  if (matters) return [matters[1], matters[1] === 'connecting' && !online ? OFFLINE : matters[2]]
  if (here.some(({ state }) => state === 'connecting')) return ['connecting', 'They are here. Connecting…']
  if (recipients.some(({ begun }) => begun)) return ['connecting', online ? 'They are gone for now. It goes on as soon as they are back' : OFFLINE]
  return ['idle', 'Waiting for the other side to open the link']
}

/** @param {number} whole receivers that have everything @param {number} all */
function arrived(whole, all) {
  if (whole === all) return 'Everything arrived'
  return `Everything arrived at ${whole} of ${all} receivers. The rest went away before it was done`
}

/** What becomes of one of several receivers, in words. @param {Recipient} recipient */
export function stateOf({ away, begun, busy, state, progress }) {
  if (away) return begun ? 'went away; it goes on when they come back' : 'not here'
  if (busy) return progress?.total ? `receiving, ${percent(progress.done, progress.total)} %` : 'receiving'
  return STATES[state] ?? 'connecting'
}

/** @type {Partial<Record<import('./recipient.js').RecipientState, string>>} */
const STATES = {
  connected: 'waits to accept',
  restoring: 'looking for another way',
  stranded: 'no connection',
  done: 'has everything, verified',
  incomplete: 'could not save everything',
  refused: 'does not want these files',
  cancelled: 'cancelled',
  stopped: 'cancelled',
  tampered: 'the set-up of the connection was changed',
  'cannot-decrypt': 'cannot open what is encrypted',
}

/** @param {Recipient[]} busy @param {number} all @returns {[import('../session-view.js').Status, string]} */
function transferring(busy, all) {
  const whole = busy.every(({ progress }) => progress && progress.total > 0 && progress.done >= progress.total)
  if (whole) return ['verifying', 'Checking that every byte arrived']
  return ['transferring', all > 1 ? `Sending to ${count(busy.length, 'receiver')}` : 'Sending']
}
