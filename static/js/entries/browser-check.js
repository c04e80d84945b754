/** Island: what only a browser can find out for the operator's check. */

import { find, island } from '../lib/dom.js'
import { findReach, inWords } from '../live/connect/reach.js'

const MOST_SKEW = 30
const PATIENCE = 15_000
const WORDS = { ok: 'fine', warn: 'look', fail: 'broken' }

/** @typedef {{ state: 'ok' | 'warn' | 'fail', said: string }} Found */

export function check() {
  island('[data-check]', (root, signal) => {
    show(root, 'secure', secure())
    show(root, 'clock', clock(Number(root.dataset.now)))
    live(root, signal).then((found) => show(root, 'live', found))
    socket(root.dataset.socket ?? '', signal).then((found) => show(root, 'socket', found))
  })
}

/**
 * @param {HTMLElement} root
 * @param {string} look
 * @param {Found} found
 */
function show(root, look, { state, said }) {
  const row = find(root, `[data-look="${look}"]`)
  row.dataset.state = state
  find(row, '.finding-state').textContent = WORDS[state]
  find(row, '[data-said]').textContent = said
  find(row, '[data-advice]').hidden = state === 'ok'
}

/** @returns {Found} */
function secure() {
  if (isSecureContext) return { state: 'ok', said: 'This browser takes the page for secure.' }
  return { state: 'warn', said: 'This browser does not take the page for secure.' }
}

/**
 * @param {number} now of the server, in seconds
 * @returns {Found}
 */
function clock(now) {
  const skew = Math.round(Math.abs(Date.now() / 1000 - now))
  if (skew <= MOST_SKEW) return { state: 'ok', said: 'The clocks of this machine and of the server agree.' }
  return { state: 'warn', said: `The clocks of this machine and of the server differ by ${skew} seconds.` }
}

/** @param {HTMLElement} root @param {AbortSignal} signal @returns {Promise<Found>} */
async function live(root, signal) {
  const [reach, road] = [await findReach(JSON.parse(root.dataset.ice ?? '[]'), signal), 'road' in root.dataset]
  return { state: reach === 'far' ? 'ok' : road ? 'warn' : 'fail', said: inWords(reach, road) }
}

/**
 * @param {string} path
 * @param {AbortSignal} signal
 * @returns {Promise<Found>}
 */
function socket(path, signal) {
  const line = new WebSocket(new URL(path, location.href.replace(/^http/, 'ws')))
  signal.addEventListener('abort', () => line.close())
  return new Promise((resolve) => {
    const fail = () => resolve({ state: 'fail', said: 'A WebSocket does not get through, so people cannot send live.' })
    line.addEventListener('open', () => line.send('hello'))
    line.addEventListener('message', () => {
      resolve({ state: 'ok', said: 'WebSockets get through.' })
      line.close()
    })
    line.addEventListener('close', fail)
    AbortSignal.timeout(PATIENCE).addEventListener('abort', fail)
  })
}
