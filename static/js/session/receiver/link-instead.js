/** How a receiver's page comes to a link where live cannot be: asks for one or wants none, and opens none against its person's will. Part of the session island. PROTOCOL.md, "Never stored". */

import { tell } from '../../lib/dom.js'
import { neverStores, onStoreChoice } from '../relay-choice.js'

const SENDER = 0
const ASKED = 'The sender is asked to send by a link; keep this page open.'
const AGAIN = 'The sender can try again; keep this page open.'
const NO_WEBRTC = 'This browser cannot connect to others directly (WebRTC is off or missing).'
const NO_SOCKET = 'The network keeps live sessions from this page.'
const UNTICK = 'Nothing was stored, as you chose. To get the files by a link, untick “Never store the files on this server”.'
const HELD = 'The files are stored on this server as a link now: the sender wanted that, or another receiver needs it. Your page has opened nothing of it.'

export class LinkInstead {
  /** Whether the sender's page has said that there is neither a way nor a link. */
  #none = false
  /** Why this page cannot take part live, if it cannot. */
  #cannot = ''
  #root
  #view
  #signaling
  #show

  /**
   * @param {HTMLElement} root
   * @param {import('../session-view.js').View} view
   * @param {import('../../live/connect/signaling.js').Signaling} signaling
   * @param {() => void} show what has changed
   * @param {AbortSignal} signal
   */
  constructor(root, view, signaling, show, signal) {
    this.#root = root
    this.#view = view
    this.#signaling = signaling
    this.#show = show
    const say = () => neverStores() && this.#sendReady()
    signaling.listen({ welcome: say, present: ({ seat, here }) => seat === SENDER && here && say() }, signal)
    onStoreChoice(root, () => this.#decide(), signal)
  }

  /** True while there is neither a way nor a link, as far as is known. */
  get missing() {
    return this.#none || Boolean(this.#cannot && neverStores())
  }

  /** This page finds no way to anybody: ask for a link, where one is wanted. */
  ask() {
    this.#cannot = NO_WEBRTC
    this.#decide()
  }

  /** It has no socket to say so. */
  askWithoutSocket() {
    this.#cannot = NO_SOCKET
    this.#decide()
  }

  /** @param {string} why the sender's page made none */
  noteNone(why) {
    this.#none = true
    this.#view.notice(`${why} ${neverStores() ? UNTICK : AGAIN}`)
    this.#show()
  }

  /** There is a way, or one is looked for once more. */
  forget() {
    if (this.#none) this.#view.notice('')
    this.#none = false
  }

  /** The sender's page tries once more. */
  noteTry() {
    this.forget()
    if (this.#cannot) this.#decide()
    else this.#show()
  }

  /** Look for a way once more; the sender's page says how that ends. */
  again() {
    if (this.#none) this.#decide()
  }

  /** Resolves when the session's link may be opened here: at once, or when the person says so who wanted nothing stored. */
  async wanted() {
    if (!neverStores()) return
    tell(this.#root, 'session:changed')
    this.#view.route('')
    this.#view.status('fallback', 'The files lie behind a link')
    this.#view.notice(HELD)
    this.#view.show('open-link', true)
    await new Promise((resolve) => {
      this.#view.element('open-link').addEventListener('click', resolve)
      onStoreChoice(this.#root, () => resolve(null))
    })
  }

  /** Say what the person wants, by whatever way there is. */
  #decide() {
    this.forget()
    if (this.#cannot) this.#view.notice(`${this.#cannot} ${neverStores() ? UNTICK : ASKED}`)
    if (this.#cannot === NO_SOCKET) htmx.ajax('POST', `${this.#root.dataset.askUrl}${neverStores() ? '?link=no' : ''}`, { source: this.#root, target: '#live-state', swap: 'outerMorph' })
    else this.#sendReady()
    this.#show()
  }

  #sendReady() {
    this.#signaling.send('ready', { to: SENDER, webrtc: this.#cannot !== NO_WEBRTC, ...(neverStores() && { link: false }) })
  }
}
