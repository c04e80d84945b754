/** The keys of one sealed link or session: all from the secret in its address and, where there is one, its password. PROTOCOL.md, "Sealed". */

import { fromBase64url, toBase64url } from './base64url.js'
import { derive, importMaterial } from './derive.js'
import { RecordMessages } from './record-messages.js'
import { ONE_MESSAGE, OWN_MESSAGES, Seal } from './record-stream.js'

const SECRET_BYTES = 32
// OWASP's number for PBKDF2-HMAC-SHA-256 (Password Storage Cheat Sheet): about 0.3 s on a desktop.
const ROUNDS = 600_000

/** @typedef {'contents' | 'manifest'} FileList of a link, or of a live session, of which neither can stand for the other */
/** How files are sealed now; entries of links and sessions until release 0.2 say nothing. */
export const SEAL = 2

/** @typedef {{ n: number, path: string, size: number, mtime?: number | null, seal?: number | null }} Identity which file it is, and how it is sealed */

/** How a file lies in its sealed bytes. @param {Pick<Identity, 'seal'>} file */
export function layoutOf({ seal }) {
  return seal === SEAL ? OWN_MESSAGES : ONE_MESSAGE
}

/** Whether this page can seal and open: WebCrypto exists in secure contexts only. */
export function canSeal() {
  return Boolean(globalThis.isSecureContext && globalThis.crypto?.subtle)
}

/** @returns {string} for the address */
export function newSecret() {
  return toBase64url(crypto.getRandomValues(new Uint8Array(SECRET_BYTES)))
}

/** @param {string} text */
export function isSecret(text) {
  return /^[A-Za-z0-9_-]{43}$/.test(text)
}

export class Keys {
  /** As it stands in the address. */
  secret
  #stretched
  #base
  /** @type {Promise<CryptoKey> | null} */
  #imported = null

  /**
   * @param {string} secret
   * @param {string} [stretched] base64url of what the password became
   */
  constructor(secret, stretched = '') {
    if (!isSecret(secret)) throw new Error('The end of the address, behind the #, is not whole. Copy the whole address again.')
    this.secret = secret
    this.#stretched = stretched
    this.#base = new Uint8Array([...fromBase64url(secret), ...fromBase64url(stretched)])
  }

  /**
   * With a password, slowly.
   * @param {string} secret
   * @param {string} [password]
   */
  static async of(secret, password = '') {
    if (!password) return new Keys(secret)
    const salt = await new Keys(secret).#derive('password salt', 16)
    const typed = await crypto.subtle.importKey('raw', new TextEncoder().encode(password.normalize('NFC')), 'PBKDF2', false, ['deriveBits'])
    const stretched = await crypto.subtle.deriveBits({ name: 'PBKDF2', hash: 'SHA-256', salt, iterations: ROUNDS }, typed, 256)
    return new Keys(secret, toBase64url(new Uint8Array(stretched)))
  }

  /** What a tab keeps of them. @returns {string} */
  kept() {
    return JSON.stringify([this.secret, this.#stretched])
  }

  /** @param {string} kept */
  static from(kept) {
    const [secret, stretched] = JSON.parse(kept)
    return new Keys(secret, stretched)
  }

  /** What the server checks instead of the password. */
  async proof() {
    return toBase64url(await this.#derive('password proof', 32))
  }

  /** What the keys of signals are made of. */
  get material() {
    return fromBase64url(this.secret)
  }

  /** The same on both pages, for people who compare it by voice: five groups of four digits. */
  async fingerprint() {
    const bytes = await this.#derive('fingerprint', 10)
    return Array.from({ length: 5 }, (_, at) => String(((bytes[2 * at] << 8) | bytes[2 * at + 1]) % 10_000).padStart(4, '0')).join(' ')
  }

  /** The seal of one file. @param {Identity} file @returns {Promise<import('./record-stream.js').FileSeal>} */
  async ofFile({ n, path, size, mtime, seal }) {
    if (seal === SEAL) return new RecordMessages(`file ${n} ${path} ${size} ${mtime ?? 0}`, (label, bytes) => this.#derive(label, bytes))
    return Seal.of(await this.#derive(`file ${n}`, 32), await this.#derive(`salt ${n} ${path} ${size} ${mtime ?? 0}`, 16))
  }

  /** A new seal of a list of files: never used twice, since lists change. @param {FileList} [list] */
  async newContents(list) {
    return Seal.of(await this.contents(list), crypto.getRandomValues(new Uint8Array(16)))
  }

  /** The keying material of a list of files. @param {FileList} [list] */
  contents(list = 'contents') {
    return this.#derive(list, 32)
  }

  /**
   * The key for what one end of a road's lane says to the other.
   * @param {{ seat: number, id: Uint8Array }} from
   * @param {{ seat: number, id: Uint8Array }} to
   */
  async road(from, to) {
    const raw = await this.#derive(`road ${from.seat} ${to.seat} ${toBase64url(from.id)} ${toBase64url(to.id)}`, 32)
    return crypto.subtle.importKey('raw', raw, 'AES-GCM', false, ['encrypt', 'decrypt'])
  }

  /** Tells the secret from others, and gives nothing of it away. */
  async mark() {
    return toBase64url(await new Keys(this.secret).#derive('mark', 16))
  }

  /** @param {string} label @param {number} bytes */
  async #derive(label, bytes) {
    this.#imported ??= importMaterial(this.#base)
    return derive(await this.#imported, label, bytes)
  }
}
