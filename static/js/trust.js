/** Signs what one seat says to another while they connect, and checks what comes back, by the session's keys. PROTOCOL.md, "Signals". */

import { fromBase64url, toBase64url } from './base64url.js'

/** The signals that set a connection up; whoever changes them could stand in the middle of it. */
const SIGNED = ['offer', 'answer', 'ice-candidate']

/** @typedef {import('./keys.js').Keys} Keys */

export class Trust {
  #key
  #own
  #other

  /**
   * @param {Keys | null} keys null: the session is plain, and nothing is signed or checked
   * @param {number} own our seat
   * @param {number} other theirs
   */
  constructor(keys, own, other) {
    this.#key = keys?.signals() ?? null
    this.#own = own
    this.#other = other
  }

  /**
   * The fields with their `mac`, where there are keys.
   * @param {string} type
   * @param {Record<string, unknown>} fields
   */
  async signed(type, fields) {
    if (!this.#key || !SIGNED.includes(type)) return fields
    const mac = await crypto.subtle.sign('HMAC', await this.#key, covered(type, this.#own, this.#other, fields))
    return { ...fields, mac: toBase64url(new Uint8Array(mac)) }
  }

  /**
   * Whether the other seat said exactly that.
   * @param {SignalMessage} message
   */
  async holds(message) {
    if (!this.#key || !SIGNED.includes(message.type)) return true
    try {
      const mac = fromBase64url(message.mac ?? '')
      return await crypto.subtle.verify('HMAC', await this.#key, mac, covered(message.type, this.#other, this.#own, message))
    } catch {
      return false
    }
  }
}

/**
 * @param {string} type
 * @param {number} from
 * @param {number} to
 * @param {Record<string, any>} message
 */
function covered(type, from, to, { try: attempt, restart = false, sdp, candidate, sdpMid = null, sdpMLineIndex = null }) {
  return new TextEncoder().encode(JSON.stringify([type, from, to, attempt, restart, sdp ?? candidate, sdpMid, sdpMLineIndex]))
}
