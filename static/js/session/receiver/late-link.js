/** A receiver's page whose session became a link before it had the key: what it says while it waits, and how it goes there. Part of the session island. PROTOCOL.md, "By code". */

import { sessionOf } from '../../crypto/code/typed-code.js'
import { typedHalf } from '../../crypto/code/typed-halves.js'
import { find } from '../../lib/dom.js'
import { openLinkPage } from './become-link.js'
import { askForHalf } from '../code-box.js'
import { keepSecret, keysHere } from '../session-keys.js'

const SENDER = 0
const AWAY = 'These files lie behind a link now. The code opens it as long as the sender\'s page is open, and that is closed, or has no connection. When it is open again, this page goes on by itself. Or ask the sender for the whole address, and paste it here.'
const OVER = 'The code is valid no more. Ask the sender for the whole address, and paste it here.'

/** The door of a session that became a link: whoever has the key goes there, and whoever has a code sits down to get it. @param {HTMLElement} root */
export async function enterByDoor(root) {
  const { code = '', fellBack } = root.dataset
  keepSecret(code) // its address may lose its end on the way to a seat
  if (!fellBack || openIfPossible(code, fellBack)) return
  if (!typedHalf(sessionOf(code))) await askForHalf(find(root, '[data-code-half]'), code)
  if (!openIfPossible(code, fellBack)) /** @type {HTMLFormElement} */ (find(root, '[data-join]')).requestSubmit()
}

/** @param {string} code of the server @param {string} url of the link @returns {boolean} whether the page goes there */
function openIfPossible(code, url) {
  const keys = keysHere(code)
  if (keys) openLinkPage(url, keys)
  return Boolean(keys)
}

export class LateLink {
  /** Of the link, '' as long as there is none to wait for. */
  #url
  /** What was typed while nobody answered. @type {Promise<unknown> | null | undefined} */
  #answered = null
  #code
  #view
  #signaling
  #keys
  #wanted

  /**
   * @param {HTMLElement} root
   * @param {import('../session-view.js').View} view
   * @param {import('../../live/connect/signaling.js').Signaling} signaling
   * @param {import('./receiver-keys.js').ReceiverKeys} keys
   * @param {() => Promise<void>} wanted resolves when the link may be opened
   */
  constructor(root, view, signaling, keys, wanted) {
    this.#code = root.dataset.code ?? ''
    this.#url = root.dataset.fellBack ?? ''
    this.#view = view
    this.#signaling = signaling
    this.#keys = keys
    this.#wanted = wanted
  }

  get known() {
    return Boolean(this.#url)
  }

  /** True where the page must stay for the key of the link, which it goes to later. @param {string} url */
  waits(url) {
    if (!this.#keys.pending) return false
    this.#url = url
    this.show()
    return true
  }

  /** Whether the page goes to its link, since the key is here. */
  open() {
    const keys = this.#url ? keysHere(this.#code) : null
    if (keys) this.#wanted().then(() => openLinkPage(this.#url, keys))
    return Boolean(keys)
  }

  /** Whether it has said what there is to say. */
  show() {
    if (!this.#url || !this.#keys.pending) return false
    const here = this.#signaling.isHere(SENDER)
    this.#view.status(here ? 'connecting' : 'signaling', here ? 'Asking the sender\'s page for the key of the link' : 'Waiting for the sender\'s page')
    if (!here && this.#signaling.welcome) this.#ask(AWAY)
    return true
  }

  /** The session has ended. @param {string} sentence @returns {boolean} whether it has said so */
  end(sentence) {
    if (!this.#url || !this.#keys.pending) return false
    this.#view.status('failed', 'This session is over')
    this.#ask(`${sentence} ${OVER}`)
    return true
  }

  /** @param {string} why */
  #ask(why) {
    this.#view.notice(why)
    this.#answered = this.#answered ?? this.#keys.askAgain()?.then(() => this.open() || location.reload())
  }
}
