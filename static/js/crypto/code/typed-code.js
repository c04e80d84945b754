/** Codes as people type them, cut into the part that the server knows and the half that it never gets. Pure. PROTOCOL.md, "By code". */

const ALPHABET = '23456789ABCDEFGHJKLMNPQRSTUVWXYZ'
/** The first character says how many the server's part has: whoever cuts there gives nothing of the other half away. @type {[string, number][]} */
const FIRST = [['ABCDEFGHJKLMNPQR', 4], ['STU', 5], ['VWX', 6], ['YZ', 7], ['23456789', 8]]
const HALF = 5
/** A plain session's code has as many characters. */
const LONGEST = 8
/** What people, phones and programs put between letters. */
const BETWEEN = /[\s.\u2010-\u2015\u00ad\u200b_-]/g

/** @typedef {{ session: string, half: string, problem: string }} Typed half is '' where only the server's part was typed; nothing leaves the page where there is a problem */

/** The half that the sender's browser makes: 25 bits. */
export function newHalf() {
  return [...crypto.getRandomValues(new Uint8Array(HALF))].map((byte) => ALPHABET[byte % ALPHABET.length]).join('')
}

/** As it names the session, without what stands between groups. @param {string} code of the server */
export function sessionOf(code) {
  return code.toUpperCase().replace(BETWEEN, '')
}

/** Whether it can be only a half: the server makes codes of plain sessions longer. @param {string} code of the server */
export function isHalf(code) {
  return sessionOf(code).length < LONGEST
}

/** Whether pages cut a code that begins with this where the server's part ends. @param {string} code of the server */
export function canHaveHalf(code) {
  const session = sessionOf(code)
  return Boolean(session) && session.length === lengthOf(session) && objection(session) === ''
}

/** @param {string} text @returns {Typed} */
export function readCode(text) {
  const typed = sessionOf(text)
  const at = lengthOf(typed)
  const [session, half] = [typed.slice(0, at), typed.slice(at)]
  let problem = objection(typed)
  if (!problem && half.length > HALF) problem = 'That code is too long. Type it as the sender\'s page shows it, as in K7QF-3MZPA.'
  return problem ? { session: '', half: '', problem } : { session, half: half.length === HALF ? half : '', problem: '' }
}

/**
 * The second half of a session's code, also typed alone.
 * @param {string} text
 * @param {string} code of the server, for that session
 * @returns {Typed}
 */
export function readHalf(text, code) {
  const session = sessionOf(code)
  const typed = sessionOf(text)
  const half = typed.length === HALF ? typed : typed.slice(session.length)
  let problem = objection(typed)
  if (!problem && half.length !== HALF) problem = 'That is not the whole code. Type it as the sender\'s page shows it, as in K7QF-3MZPA.'
  else if (!problem && typed.length > HALF && !typed.startsWith(session)) problem = 'That is the code of another session. Type the one that the sender\'s page shows now.'
  return { session, half: problem ? '' : half, problem }
}

/** @param {string} typed */
function lengthOf(typed) {
  return FIRST.find(([letters]) => letters.includes(typed[0]))?.[1] ?? 0
}

/** Why it can be no code, '' when it can. @param {string} typed */
function objection(typed) {
  if (/[/#]|HTTPS?:/.test(typed)) return 'That is an address, not a code. Open it as it is.'
  if (/[O0I1]/.test(typed)) return 'Codes have no O, 0, I or 1. Look at the code again.'
  return [...typed].every((letter) => ALPHABET.includes(letter)) ? '' : 'Codes have only letters and digits, as in K7QF-3MZPA.'
}
