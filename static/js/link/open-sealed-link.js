/**
 * Opens what a sealed link says of itself, with the keys of this tab or the secret in the page's address; asks for what is missing: the whole
 * link, the password, or both. Part of the islands whose root has the form.
 */

import { faultOfAddress, secretIn, secretInAddress } from '../crypto/secret-address.js'
import { openContents } from '../crypto/sealed-names.js'
import { find } from '../lib/dom.js'
import { keepKeys, keptKeys } from '../crypto/key-store.js'
import { Keys } from '../crypto/keys.js'
import { SealBroken } from '../crypto/record-stream.js'
import { forgetTyped, hasTyped } from '../crypto/code/typed-halves.js'

/** @typedef {{ keys: Keys, entries: import('../crypto/sealed-names.js').Entry[] }} Opened */

const NO_SECRET = 'This page lacks the end of the link, behind the #, and only that opens the names and files. Paste the whole link, as the sender copied it.'
const TYPED = 'The code that you typed led here, but its session is over, and the code with it. Only the whole link opens the names and files now. Ask the sender for it, and paste it here.'
const WRONG_SECRET = 'The end of this link, behind the #, does not open these files: it is not whole, or belongs to another link. Paste the whole link, as the sender copied it.'
const NOT_WHOLE = 'That is not the whole link: its end, behind the #, is missing or cut off. Copy it once more, from its beginning to its end.'
const PASSWORD = 'These files are protected by a password as well. This tab does not know it yet.'
const WRONG_PASSWORD = 'That does not open these files: the password, or the end of the link behind the #, is not right.'

/**
 * Until everything needed is there. Rejects when the signal is aborted.
 * @param {HTMLElement} root has data-link-id, data-protected where there is a password, and the form
 * @param {string} sealed
 * @param {AbortSignal} signal
 * @param {Keys | null} [handed] keys that somebody on this page has already
 * @param {string} [missing] what to say where the secret is missing
 * @returns {Promise<Opened>}
 */
export async function openLink(root, sealed, signal, handed = null, missing = NO_SECRET) {
  const { linkId = '' } = root.dataset
  const locked = 'protected' in root.dataset
  const asking = new Asking(find(root, 'form[data-open]'), signal)
  let keys = handed ?? knownKeys(linkId, locked)
  let sentence = lackOf(locked, missing)
  for (;;) {
    const opened = keys && (await tryKeys(keys, sealed, locked))
    if (keys && opened) {
      keepKeys(linkId, keys)
      forgetTyped()
      asking.settle()
      return opened
    }
    if (keys) sentence = locked ? WRONG_PASSWORD : WRONG_SECRET
    releaseRoom(root)
    keys = await asking.keys(sentence, { address: sentence !== PASSWORD, password: locked })
    if (!keys) sentence = NOT_WHOLE
  }
}

/** @param {boolean} locked @param {string} missing @returns {string} what to say before anything was tried */
function lackOf(locked, missing) {
  if (secretInAddress() && locked) return PASSWORD
  return faultOfAddress() || (hasTyped() ? TYPED : missing)
}

/** What the first layout kept free for names and buttons (`data-opening`) is filled now, or stays empty. @param {HTMLElement} root */
export function releaseRoom(root) {
  delete root.dataset.opening
  for (const placeholder of root.querySelectorAll('[data-placeholder]')) placeholder.remove()
}

/**
 * Null when they do not open it. A live session that turned into a link is sealed by its secret alone, also where the link asks for a password.
 * @param {Keys} keys
 * @param {string} sealed
 * @param {boolean} locked
 * @returns {Promise<Opened | null>}
 */
async function tryKeys(keys, sealed, locked) {
  for (const tried of locked ? [keys, new Keys(keys.secret)] : [keys]) {
    try {
      return { keys: tried, entries: await openContents(tried, sealed) }
    } catch (error) {
      if (!(error instanceof SealBroken)) throw error
    }
  }
  return null
}

/** @param {string} linkId @param {boolean} locked */
function knownKeys(linkId, locked) {
  const secret = secretInAddress()
  const kept = keptKeys(linkId)
  if (kept && (!secret || kept.secret === secret)) return kept
  return secret && !locked ? new Keys(secret) : null
}

/** The form that asks. Its fields have no names: nothing of them is ever sent. */
class Asking {
  #form
  #signal

  /** @param {HTMLElement} form @param {AbortSignal} signal */
  constructor(form, signal) {
    this.#form = form
    this.#signal = signal
  }

  settle() {
    this.#form.hidden = true
  }

  /**
   * What the person typed, or pasted into the page's address. Null when that has no whole secret.
   * @param {string} sentence
   * @param {{ address: boolean, password: boolean }} asked
   * @returns {Promise<Keys | null>}
   */
  async keys(sentence, asked) {
    const address = /** @type {HTMLInputElement} */ (find(this.#form, '[data-open-address]'))
    const password = /** @type {HTMLInputElement} */ (find(this.#form, '[data-open-password]'))
    find(this.#form, '[data-open-why]').textContent = sentence
    for (const [input, wanted] of /** @type {const} */ ([[address, asked.address], [password, asked.password]])) {
      input.required = wanted
      if (input.parentElement) input.parentElement.hidden = !wanted
    }
    this.#form.hidden = false
    const how = await this.#answered()
    const secret = (asked.address && how === 'submit' && secretIn(address.value)) || secretInAddress()
    return secret && (!asked.password || password.value) ? Keys.of(secret, asked.password ? password.value : '') : null
  }

  /** @returns {Promise<string>} the type of the event that brought the answer */
  #answered() {
    return new Promise((resolve, reject) => {
      const over = new AbortController()
      const take = (/** @type {Event} */ event) => {
        event.preventDefault()
        over.abort()
        resolve(event.type)
      }
      this.#form.addEventListener('submit', take, { signal: over.signal })
      addEventListener('hashchange', take, { signal: over.signal })
      this.#signal.addEventListener('abort', () => reject(this.#signal.reason), { signal: over.signal })
    })
  }
}
