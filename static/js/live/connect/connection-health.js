/** Whether the other page is heard of, and how long to wait before something is done about it. Pure: times are milliseconds, and timers are its owner's. */

const GRACE = 5_000
const RESTART_WITHIN = 10_000
const CONNECT_WITHIN = 15_000
const LONGEST_WAIT = 60_000
// Where there was a connection there may be one again at any time: browsers look for a way in the first 15 s of a try only.
const AGAIN_WITHIN = 8_000
const MOST_AGAIN = 40

export class ConnectionHealth {
  /** True from a first sign of trouble until the other page is heard of again. */
  shaky = false
  /** How long a restart of ICE may take before a new connection is tried. */
  restartWithin = RESTART_WITHIN
  #wait = CONNECT_WITHIN
  /** How many short tries are left. */
  #again = 0

  /** A connection is open, or the other page has come: the next try waits no longer than the first. */
  begin() {
    this.#wait = CONNECT_WITHIN
  }

  /** Everything is well again. */
  recover() {
    this.shaky = false
    this.#again = MOST_AGAIN
  }

  /**
   * Nothing is heard, or ICE has lost its way.
   * @param {boolean} failed ICE has given up: there is nothing to wait for
   * @returns {{ first: boolean, restartAfter: number | null }} whether this is news; null: a restart is on its way already
   */
  trouble(failed) {
    const first = !this.shaky
    this.shaky = true
    if (!first && !failed) return { first, restartAfter: null }
    return { first, restartAfter: failed ? 0 : GRACE }
  }

  /** How long a try to connect may take. */
  get connectWithin() {
    return this.#again ? AGAIN_WITHIN : this.#wait
  }

  /** A try took too long: the next one gets twice the time, up to a minute; after a connection that broke for some minutes the same. */
  noteTimeout() {
    if (this.#again) this.#again -= 1
    else this.#wait = Math.min(LONGEST_WAIT, this.#wait * 2)
  }
}
