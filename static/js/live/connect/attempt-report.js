/** How one live attempt ends, told to the server once, for its operator's counters. Knows no names and no contents. */

import { BASE } from '../../lib/base.js'

const MOVING_EVERY = 20_000

/** @typedef {'' | 'no-webrtc' | 'no-channel' | 'lost' | 'no-socket' | 'gathered' | 'gathered-there' | 'asked' | 'disk' | 'digest' | 'seal' | 'tampered' | 'refused' | 'other'} Reason */

export class AttemptReport {
  #begun = performance.now()
  #opened = 0
  #first = 0
  #bytes = 0
  #moving = -MOVING_EVERY
  #told = false

  opened() {
    this.#opened ||= performance.now()
  }

  /** @param {number} bytes in all */
  noteProgress(bytes) {
    this.#first ||= performance.now()
    this.#bytes = bytes
  }

  /** Whether it is time to tell the server that bytes move, so that the session does not expire. @param {number} now ms */
  due(now) {
    if (now - this.#moving < MOVING_EVERY) return false
    this.#moving = now
    return true
  }

  /** @param {'direct' | 'relayed' | 'server' | 'fell-back' | 'failed' | 'cancelled'} outcome @param {Reason} reason */
  tell(outcome, reason) {
    if (this.#told) return
    this.#told = true
    const seconds = (/** @type {number} */ from, /** @type {number} */ to) => (from ? Math.max(0, (to - from) / 1000) : null)
    const told = { outcome, reason, secondsToConnect: this.#opened ? seconds(this.#begun, this.#opened) : null, bytes: Math.round(this.#bytes), seconds: seconds(this.#first, performance.now()) }
    navigator.sendBeacon?.(`${BASE}/api/transfer/telemetry`, JSON.stringify(told))
  }
}

/** What the counters call the failure of a file. @param {string} code @returns {Reason} */
export function reasonFor(code) {
  return code === 'disk' || code === 'digest' || code === 'seal' || code === 'refused' ? code : 'other'
}
