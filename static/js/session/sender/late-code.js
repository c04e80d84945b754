/** Island: the code of a session that became a link, on the owner's card. Who types it gets the link's key from here, as long as this page is open. PROTOCOL.md, "By code". */

import { canSeal } from '../../crypto/keys.js'
import { keptKeys, keptSession } from '../../crypto/key-store.js'
import { BASE } from '../../lib/base.js'
import { find, island } from '../../lib/dom.js'
import { tabName } from '../../lib/tab-name.js'
import { Signaling } from '../../live/connect/signaling.js'
import { SenderCode } from './sender-code.js'

// Sessions wait 10 minutes at least. Milliseconds; browsers wake hidden pages once a minute at least.
const EXTEND_EVERY = 5 * 60_000

export function lateCode() {
  island('[data-late-code]', (root, signal) => {
    const session = keptSession(root.dataset.linkId ?? '')
    const keys = canSeal() && session ? keptKeys(session) : null
    if (keys) new LateCode(root, session, keys).begin(signal)
  })
}

class LateCode {
  #root
  #session
  #keys

  /** @param {HTMLElement} root @param {string} session its code, as the server shows it @param {import('../../crypto/keys.js').Keys} keys */
  constructor(root, session, keys) {
    this.#root = root
    this.#session = session
    this.#keys = keys
  }

  /** @param {AbortSignal} signal */
  begin(signal) {
    const signaling = new Signaling(`${this.#address}/socket`, { tab: tabName() })
    const code = new SenderCode(this.#session, 0, this.#view)
    code.begin(signaling, this.#keys, { given: () => this.#view.notice('Somebody typed the code, and can open the link now.'), refused: () => {} }, signal)
    const extending = setInterval(() => signaling.up && this.#extend(), EXTEND_EVERY)
    const stop = () => {
      clearInterval(extending)
      this.#root.hidden = true
    }
    signaling.listen({
      welcome: () => {
        this.#root.hidden = false
        this.#extend()
      },
      elsewhere: () => (this.#root.hidden = true),
      ended: stop,
      refused: stop,
    }, signal)
    signal.addEventListener('abort', () => {
      stop()
      signaling.close()
    })
    signaling.open()
  }

  get #address() {
    return `${BASE}/live/${this.#session}`
  }

  /** The session would expire otherwise, and its code with it. Where that fails, the next time will do; the socket says when it has ended. */
  #extend() {
    fetch(`${this.#address}/extend`, { method: 'POST', redirect: 'manual' }).catch(() => null)
  }

  /** @returns {import('./sender-code.js').CodeView} */
  get #view() {
    const element = (/** @type {string} */ name) => find(this.#root, `[data-${name}]`)
    const show = (/** @type {string} */ name, /** @type {boolean} */ on) => (element(name).hidden = !on)
    return {
      element,
      show,
      notice: (text) => {
        show('notice', Boolean(text))
        element('notice').textContent = text
      },
    }
  }
}
