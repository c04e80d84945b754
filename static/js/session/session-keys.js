/** Which keys of a session are here, in the page's address or the tab; what people read where they are missing. Part of the session island. */

import { hasSecretInAddress, secretInAddress } from '../crypto/secret-address.js'
import { keepKeys, keptKeys } from '../crypto/key-store.js'
import { canSeal, Keys } from '../crypto/keys.js'
import { isHalf } from '../crypto/code/typed-code.js'
import { isMarked } from '../crypto/sealed-marks.js'

/** What people read when they cannot be protected as they were promised; `theirs-cannot-decrypt` is the sender's side of it. */
export const REFUSALS = {
  tampered: 'Somebody between you changed the set-up of the connection. Nothing was sent.',
  'theirs-cannot-decrypt': 'The other side\'s page cannot open what is end-to-end encrypted: it was opened without https, or somebody between you took the proof away. Nothing was sent. Let them open the address with https, or send again with “Works with curl and without JavaScript”.',
  guessed: 'Codes were typed here too often that were not right: somebody between you may be guessing. Ask the sender for the whole address, and open that.',
  'cannot-decrypt': 'These files are end-to-end encrypted, and this page was opened without https, so the browser cannot open them. Open the same address with https, or ask the sender to send again with “Works with curl and without JavaScript”.',
}

/** Said where there was a way already, or will be one again. */
export const MEDDLING = 'Somebody between you changed what your pages say to each other by the server. That was not used: bytes go on by what could be believed, or by a link.'

/** @type {Record<string, string>} */
const SIGNALS = { offer: 'an offer', answer: 'an answer', 'ice-candidate': 'a candidate for a way', manifest: 'a list of files' }

/** Whoever opens the address of one session with the end of another signs by a wrong key, with nobody between. */
export const MIXED_UP = {
  sender: 'Or the address that they opened was mixed up, and its end belongs to another session: send them the whole one once more.',
  receiver: 'Or the address that you opened was mixed up, and its end, behind the #, does not belong to this session: ask for the whole one once more.',
}

/** What was seen of it, in a sentence. @param {import('../live/connect/signed-signals.js').Seen | null} [seen] null where only the other side says so */
export function whatWasSeen(seen) {
  if (!seen) return 'The other side\'s page saw it.'
  const said = `Seen here: ${SIGNALS[seen.type] ?? 'a message'} ${seen.missing ? 'without its proof' : 'whose proof does not fit'}.`
  return seen.type === 'offer' && !seen.missing ? `${said} ${MIXED_UP.sender}` : said
}

/** What pages say to each other when one of them cannot decrypt: all these are read. */
export const CANNOT_DECRYPT = ['cannot-decrypt', 'insecure', 'sealed']
/** What is said until no page of 0.1 is open any more: those know no other words. */
export const CANNOT_DECRYPT_SAID = { sender: 'sealed', receiver: 'insecure' }

/** Why a page must not connect. */
export class Refusal extends Error {
  /** @param {'cannot-decrypt' | 'guessed'} how */
  constructor(how) {
    super(REFUSALS[how])
    this.how = how
  }
}

/** Whether a session was promised to be sealed: by the page's address, by this browser, or by its code. @param {string} code of the server */
export function isPromisedSealed(code) {
  return hasSecretInAddress() || isMarked(code) || isHalf(code)
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
