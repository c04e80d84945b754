/** Which keys a session's page has: the sender's from the picker or the tab, and those of the address; what people read where they are missing. Part of the session island. */

import { secretInAddress, showSecret } from '../crypto/secret-address.js'
import { find, tell } from '../lib/dom.js'
import { KeyGiver, MOST_WRONG } from '../live/connect/key-exchange.js'
import { keepCode, keepKeys, keptCode, keptKeys } from '../crypto/key-store.js'
import { canSeal, Keys } from '../crypto/keys.js'
import { canHaveHalf, newHalf } from '../crypto/typed-code.js'

/** @typedef {import('../live/connect/signaling.js').Signaling} Signaling */

/** What people read when they cannot be protected as they were promised; `theirs-cannot-decrypt` is the sender's side of it. */
export const REFUSALS = {
  tampered: 'Somebody between you changed the set-up of the connection. Nothing was sent.',
  'theirs-cannot-decrypt': 'The other side\'s page cannot open what is end-to-end encrypted: it was opened without https, or somebody between you took the proof away. Nothing was sent. Let them open the address with https, or send again with “Works with curl and without JavaScript”.',
  'cannot-decrypt': 'These files are end-to-end encrypted, and this page was opened without https, so the browser cannot open them. Open the same address with https, or ask the sender to send again with “Works with curl and without JavaScript”.',
}

/** Said where there was a way already, or will be one again. */
export const MEDDLING = 'Somebody between you changed what your pages say to each other by the server. That was not used: bytes go on by what could be believed, or by a link.'

/** What pages say to each other when one of them cannot decrypt: all these are read. */
export const CANNOT_DECRYPT = ['cannot-decrypt', 'insecure', 'sealed']
/** What is said until no page of 0.1 is open any more: those know no other words. */
export const CANNOT_DECRYPT_SAID = { sender: 'sealed', receiver: 'insecure' }

/** Why a page must not connect. */
export class Refusal extends Error {
  /** @param {keyof typeof REFUSALS} how */
  constructor(how) {
    super(REFUSALS[how])
    this.how = how
  }
}

/** @param {number} times */
export function wrongCode(times) {
  return times < MOST_WRONG ? 'Somebody typed a wrong code. Nothing was sent to them.' : 'Somebody typed a wrong code three times, so it is valid no more. Make a new one below.'
}

export class SenderKeys {
  /** Null: the session is plain. */
  keys
  #root
  #code
  #view

  /** @param {HTMLElement} root @param {import('./session-view.js').View} view */
  constructor(root, view) {
    this.#root = root
    this.#code = root.dataset.code ?? ''
    this.#view = view
    this.keys = canSeal() ? keptKeys(this.#code) : null
  }

  /** With the files that were chosen before there was a session. @param {Handover} handover */
  accept({ keys }) {
    if (!keys) return
    this.keys = keys
    keepKeys(this.#code, keys)
  }

  /**
   * From now on the address carries the secret, and those who typed the code are given it.
   * @param {Signaling} signaling
   * @param {AbortSignal} signal
   */
  begin(signaling, signal) {
    /** @type {import('../live/connect/key-exchange.js').Code} */
    const code = keptCode(this.#code) ?? { half: newHalf(), wrong: 0, given: [] }
    const keep = () => {
      keepCode(this.#code, code)
      find(this.#root, '[data-shown-code]').textContent = this.keys && canHaveHalf(this.#code) ? `${this.#code}-${code.half}` : this.#code
      find(this.#root, '[data-new-code]').hidden = code.wrong < MOST_WRONG
    }
    keep()
    find(this.#root, '[data-new-code]').addEventListener('click', () => {
      Object.assign(code, { half: newHalf(), wrong: 0 })
      keep()
    }, { signal })
    const giver = new KeyGiver(signaling, { session: this.#code, keys: this.keys, code, maxReceivers: Number(this.#root.dataset.maxReceivers) }, signal)
    // A QR code without the secret would mislead people; the address alone will do.
    if (this.keys) showSecret(this.#root, this.keys.secret).catch(() => { find(this.#root, '.qr').hidden = true })
    this.#view.protection(this.keys ? 'sealed' : 'plain') // from now on the address is the whole one
    giver.listen({
      given: keep,
      wrong: () => {
        keep()
        tell(this.#root, 'session:wrong-code', code.wrong)
      },
    }, signal)
  }
}

/** Those of the page's address, or of the tab. @param {string} code */
export function keysHere(code) {
  return keepSecret(code) ?? (canSeal() ? keptKeys(code) : null)
}

/** The page's address may lose its end on the way to a seat: keep it in the tab. @param {string} code */
export function keepSecret(code) {
  const secret = secretInAddress()
  if (!secret || !canSeal()) return null
  const keys = new Keys(secret)
  keepKeys(code, keys)
  return keys
}
