/** Which keys a session's page has: the sender's from the picker or the tab, a receiver's from the address, the tab, or the sender. Part of the session island. */

import { secretInAddress, showSecret } from '../crypto/secret-address.js'
import { find, tell } from '../lib/dom.js'
import { askForKeys, KeyGiver } from '../live/connect/key-exchange.js'
import { keepKeys, keepWords, keptKeys, keptWords } from '../crypto/key-store.js'
import { canSeal, Keys } from '../crypto/keys.js'
import { Protection } from './protection-label.js'

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

export class SenderKeys {
  /** Null: the session is plain. */
  keys
  #root
  #code
  #protection

  /** @param {HTMLElement} root */
  constructor(root) {
    this.#root = root
    this.#code = root.dataset.code ?? ''
    this.#protection = new Protection(root)
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
    const giver = new KeyGiver(signaling, this.#code, this.keys, signal)
    const show = (/** @type {number} */ seat, /** @type {string[]} */ words) => {
      this.#protection.words(seat, words)
      if (words.length) this.#protection.show('words')
    }
    // A QR code without the secret would mislead people; the address alone will do.
    if (this.keys) showSecret(this.#root, this.keys.secret).catch(() => { find(this.#root, '.qr').hidden = true })
    this.#protection.show(this.keys ? 'sealed' : 'plain') // from now on the address is the whole one
    for (const [seat, words] of giver.all) show(seat, words)
    giver.listen({ words: ({ seat, words }) => show(seat, words), broken: (seat) => tell(this.#root, 'session:broken', seat) })
    signaling.listen({ left: ({ seat }) => show(seat, []) }, signal)
  }
}

/**
 * Shows which protection is on. Rejects with Refusal, or HandshakeBroken, when there must be no connection.
 * @param {HTMLElement} root
 * @param {Signaling} signaling
 * @param {AbortSignal} signal
 * @returns {Promise<Keys | null>} null: the session is plain
 */
export async function receiverKeys(root, signaling, signal) {
  const protection = new Protection(root)
  const { keys, words } = await findKeys(root.dataset.code ?? '', signaling, signal)
  protection.show(!keys ? 'plain' : words.length ? 'words' : 'sealed')
  protection.words(Number(root.dataset.seat), words)
  return keys
}

/** @param {string} code @param {Signaling} signaling @param {AbortSignal} signal @returns {Promise<{ keys: Keys | null, words: string[] }>} */
async function findKeys(code, signaling, signal) {
  if (!canSeal()) {
    if (secretInAddress()) throw new Refusal('cannot-decrypt')
    return { keys: null, words: [] }
  }
  const keys = keysHere(code)
  if (keys) return { keys, words: secretInAddress() ? [] : (keptWords(code) ?? []) }
  const got = await askForKeys(signaling, code, signal)
  if (!got) return { keys: null, words: [] }
  keepKeys(code, got.keys)
  keepWords(code, got.words)
  return got
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
