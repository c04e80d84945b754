/** Which keys a sender's page has: those of the picker, the tab or the address. It gives them to those who typed the code. Part of the session island. */

import { secretInAddress, showSecret } from '../../crypto/secret-address.js'
import { find } from '../../lib/dom.js'
import { keepKeys, keptKeys } from '../../crypto/key-store.js'
import { canSeal, Keys } from '../../crypto/keys.js'
import { fitsMark } from '../../crypto/sealed-marks.js'
import { SenderCode } from './sender-code.js'
import { isPromisedSealed, keepSecret } from '../session-keys.js'

export class SenderKeys {
  /** Null: the session is plain, or its key is `missing`. @type {Keys | null} */
  keys
  #root
  #session
  #view
  #code

  /** @param {HTMLElement} root @param {import('../session-view.js').View} view */
  constructor(root, view) {
    this.#root = root
    this.#session = root.dataset.code ?? ''
    this.#view = view
    this.keys = canSeal() ? keptKeys(this.#session) : null
    this.#code = new SenderCode(this.#session, Number(root.dataset.maxReceivers), view)
  }

  /** True where the session is sealed and this page has no key of it: it must say nothing to anybody. */
  get missing() {
    return !this.keys && isPromisedSealed(this.#session)
  }

  /** With the files that were chosen before there was a session. @param {Handover} handover */
  accept({ keys, receivers }) {
    if (receivers) this.#code.expect(receivers)
    if (!keys) return
    this.keys = keys
    keepKeys(this.#session, keys)
  }

  /** Whether the person means to send to so many. @param {number} seat */
  isExpected(seat) {
    return this.#code.isExpected(seat)
  }

  /** What signals of that seat are signed with; null in a plain session. @param {number} seat */
  seatKeys(seat) {
    return this.#code.seatKeys(seat)
  }

  /** Where neither the tab nor files brought keys along: those of the address, if they are this session's where the browser knows that. */
  async find() {
    const secret = canSeal() && !this.keys && secretInAddress()
    if (!secret || !(await fitsMark(this.#session, new Keys(secret)))) return
    this.keys = keepSecret(this.#session)
  }

  /**
   * From now on the address carries the secret, and those who typed the code are given it.
   * @param {import('../../live/connect/signaling.js').Signaling} signaling
   * @param {{ given(seat: number): void, refused(seat: number): void }} told who has the secret now, and who has not
   * @param {AbortSignal} signal
   */
  begin(signaling, told, signal) {
    this.#code.begin(signaling, this.keys, told, signal)
    // A QR code without the secret would mislead people; the address alone will do.
    if (this.keys) showSecret(this.#root, this.keys.secret).catch(() => { find(this.#root, '.qr').hidden = true })
    this.#view.protection(this.keys) // from now on the address is the whole one
  }
}
