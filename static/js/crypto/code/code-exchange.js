/**
 * What both sides of the exchange by code share: a key from the half of the code that no server has. The receiver proves that it has the same, and
 * only then the sender wraps the secret. Only cryptography. PROTOCOL.md, "By code".
 */

import { WrongCode } from '../../lib/errors.js'
import { fromBase64url } from '../base64url.js'
import { derive } from '../derive.js'
import { lengths, PointRefused, Share, text } from './cpace.js'

export const TAG_BYTES = 32
export const IV_BYTES = 12

/** @typedef {{ session: string, seat: number, half: string }} Typed the server's half, the receiver's seat, and the half that browsers keep to themselves */

/** @param {Typed} typed */
export function shareOf({ session, seat, half }) {
  const channel = lengths(text('packetpost/1 receiver'), text(String(seat)), text('packetpost/1 sender'))
  return Share.make({ password: text(half), channel, sid: text(session) })
}

/** Throws WrongCode. @param {() => Uint8Array<ArrayBuffer>} agree */
export async function keysOf(agree) {
  try {
    const key = agree()
    return { key, tag: await derive(key, 'code confirm', TAG_BYTES), wrap: await derive(key, 'code wrap', 32) }
  } catch (error) {
    if (error instanceof PointRefused) throw new WrongCode()
    throw error
  }
}

/** @param {Uint8Array<ArrayBuffer>} raw @param {KeyUsage} use */
export function wrapping(raw, use) {
  return crypto.subtle.importKey('raw', raw, 'AES-GCM', false, [use])
}

/** @param {string} value */
export function bytesOf(value) {
  try {
    return fromBase64url(value)
  } catch {
    throw new WrongCode()
  }
}
