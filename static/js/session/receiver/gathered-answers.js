/** What a receiver's page says where something on the way gathers the server's answers: to the sender's page, and to its person. Part of the session island. */

import { showAlert } from '../../lib/dom.js'
import { GATHERED } from '../gathered.js'

const SENDER = 0

export class GatheredAnswers {
  /** @type {import('../gathered.js').Gathered | ''} */
  #where = ''
  #view

  /**
   * @param {import('../session-view.js').View} view
   * @param {import('../../live/connect/signaling.js').Signaling} signaling
   * @param {import('./way-to-sender.js').WayToSender} way
   * @param {AbortSignal} signal
   */
  constructor(view, signaling, way, signal) {
    this.#view = view
    way.listen({
      gathered: () => {
        if (this.#where !== 'gathered' && signaling.up) signaling.send('error', { to: SENDER, code: 'gathered' })
        this.#note('gathered')
      },
      open: () => this.#forget(),
    }, signal)
    signaling.listen({ signal: ({ type, code }) => type === 'error' && code === 'gathered' && !this.#where && !way.peer?.well && this.#note('gathered-there') }, signal)
  }

  /** The session becomes a link, by whose page the reason stays to be read. */
  explainLink() {
    if (this.#where) showAlert(`${GATHERED[this.#where]} The files come by this link instead.`, 'live')
  }

  /** @param {import('../gathered.js').Gathered} where */
  #note(where) {
    this.#where = where
    this.#view.notice(GATHERED[where])
  }

  #forget() {
    if (this.#where) this.#view.notice('')
    this.#where = ''
  }
}
