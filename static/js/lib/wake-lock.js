/** Keeps the screen on while bytes move: a sleeping phone stops its network. Where the browser cannot, nothing happens. */

import { isVisible, onVisibility } from './dom.js'

export class ScreenWakeLock {
  #wanted = false
  /** @type {WakeLockSentinel | null} */
  #lock = null

  /** @param {AbortSignal} signal */
  constructor(signal) {
    onVisibility(() => this.#apply(), signal)
    signal.addEventListener('abort', () => this.keep(false))
  }

  /** @param {boolean} wanted */
  keep(wanted) {
    this.#wanted = wanted
    this.#apply()
  }

  async #apply() {
    if (!this.#wanted) {
      await this.#lock?.release()
      this.#lock = null
    } else if (isVisible() && (!this.#lock || this.#lock.released)) {
      // Refused on an empty battery, for one: then the person's own settings count.
      this.#lock = (await navigator.wakeLock?.request('screen').catch(() => null)) ?? null
    }
  }
}
