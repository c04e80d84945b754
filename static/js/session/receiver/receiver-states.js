/** What a receiver's page comes to: a table of states and events, and what each state shows. Knows no page. Pure. */

/** @typedef {'waiting' | 'offered' | 'receiving' | 'done' | 'incomplete' | 'cancelled' | 'stopped' | 'tampered' | 'cannot-decrypt' | 'guessed' | 'link'} ReceiverState */
/** @typedef {'offer' | 'accept' | 'finish' | 'fail' | 'cancel-here' | 'cancel-there' | 'retry' | 'link' | 'withdraw' | 'tampered' | 'cannot-decrypt' | 'guessed'} ReceiverEvent */
/** @typedef {import('../session-view.js').Status} Status */

/**
 * Where an event leads from a state; from all others it leads where `else` says, or nowhere. A page that became a link is one for good, and what is saved is saved.
 * @type {Record<ReceiverEvent, Partial<Record<ReceiverState | 'else', ReceiverState>>>}
 */
const MOVES = {
  offer: { link: 'link', else: 'offered' },
  accept: { link: 'link', else: 'receiving' },
  finish: { link: 'link', else: 'done' },
  fail: { link: 'link', else: 'incomplete' },
  'cancel-here': { link: 'link', else: 'stopped' },
  'cancel-there': { link: 'link', else: 'cancelled' },
  retry: { link: 'link', else: 'waiting' },
  link: { done: 'done', else: 'link' },
  // What was offered ahead of a way is not to be had where none is made.
  withdraw: { offered: 'waiting', receiving: 'waiting' },
  // Whoever had a way goes on: it was made by what could be believed.
  tampered: { waiting: 'tampered' },
  'cannot-decrypt': { waiting: 'cannot-decrypt' },
  guessed: { waiting: 'guessed' },
}

/** @type {Partial<Record<ReceiverState, [Status, string]>>} */
const SENTENCES = {
  done: ['completed', 'Everything is saved'],
  incomplete: ['failed', 'Not everything could be saved'],
  cancelled: ['failed', 'The sender cancelled'],
  stopped: ['failed', 'Cancelled'],
  tampered: ['failed', 'The set-up of the connection was changed'],
  'cannot-decrypt': ['failed', 'This page cannot open what is end-to-end encrypted'],
  guessed: ['failed', 'Too many codes were not right'],
}
const BROKEN = 'The connection broke. Looking for another way…'
const OFFLINE = 'Your connection is gone. It goes on as soon as it is back'
const GONE = "The sender's page is closed or offline. It goes on as soon as it is back"
/** @type {[Status, string]} */
const NO_LINK = ['failed', 'No connection, and no link']
const OFFERS = 'The sender offers you:'

/** @type {ReceiverState[]} */
const MAY_RETRY = ['cancelled', 'stopped', 'incomplete', 'tampered']

/** @param {ReceiverState} state @param {ReceiverEvent} event @returns {ReceiverState} */
export function nextState(state, event) {
  return MOVES[event][state] ?? MOVES[event].else ?? state
}

/**
 * Which buttons and marks a state shows.
 * @param {ReceiverState} state
 * @param {boolean} over the session is
 * @param {boolean} stuck there is neither a way nor a link
 */
export function shownIn(state, over, stuck) {
  return {
    cancel: state === 'offered' || state === 'receiving',
    retry: !over && (stuck || MAY_RETRY.includes(state)),
    verified: state === 'done',
    rows: state !== 'offered' && state !== 'waiting',
  }
}

/**
 * A status for machines and a sentence for people.
 * @param {ReceiverState} state
 * @param {{ over: boolean, online: boolean, here: boolean, open: boolean, met: boolean, progress: Progress | null, stuck: boolean }} now online: this page has its
 *   connection to the server; met: there was a way; stuck: there is none, and no link
 * @returns {[Status, string]}
 */
export function receiverSummary(state, { over, online, here, open, met, progress, stuck }) {
  // Bytes that come without the server go on, and what is saved is saved.
  if (over && state !== 'receiving' && state !== 'done') return ['failed', 'This session is over']
  const sentence = SENTENCES[state]
  if (sentence) return sentence
  if (state === 'receiving' && open) return receiving(progress)
  if (stuck) return NO_LINK
  if (state === 'offered') return [open ? 'connected' : 'connecting', OFFERS]
  if (state === 'receiving' && met) return ['connecting', !online ? OFFLINE : here ? BROKEN : GONE]
  return open ? ['connected', 'Connected. Waiting for the list of files'] : looking(here)
}

/** @param {boolean} here the sender's page is @returns {[Status, string]} */
function looking(here) {
  return here ? ['connecting', 'Connecting to the sender…'] : ['signaling', 'Waiting for the sender']
}

/** @param {Progress | null} progress @returns {[Status, string]} */
function receiving(progress) {
  const whole = progress && progress.total > 0 && progress.done >= progress.total
  return whole ? ['verifying', 'Checking that every byte arrived'] : ['transferring', 'Receiving']
}
