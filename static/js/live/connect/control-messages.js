/** Control messages of live transfers: made here, and checked here before anything trusts them. PROTOCOL.md. Pure. */

import { isPath } from '../../lib/file-names.js'
import { blocksOf } from '../lanes/frames.js'

const MOST_FILES = 10_000
const MOST_TEXT = 256 * 1024
const MANIFEST_BYTES = 60 * 1024
const MOST_SIZE = 2 ** 50
const MOST_MESSAGE = 200
const MOST_BLOCK = 2 ** 32 - 1
const MOST_HELD = 4096

/** @typedef {(value: unknown) => boolean} Check */

/** @param {number} most @returns {Check} */
const whole = (most) => (value) => Number.isSafeInteger(value) && Number(value) >= 0 && Number(value) <= most
/** @param {number} most @returns {Check} */
const text = (most) => (value) => typeof value === 'string' && value.length <= most
/** @param {Check} check @returns {Check} */
const optional = (check) => (value) => value === undefined || value === null || check(value)
/** @param {Check} check @param {number} most @returns {Check} */
const listOf = (check, most) => (value) => Array.isArray(value) && value.length <= most && value.every(check)
/** @param {Record<string, Check>} fields @returns {Check} */
const shape = (fields) => (value) => typeof value === 'object' && value !== null &&
  Object.entries(fields).every(([name, check]) => check(/** @type {Record<string, unknown>} */ (value)[name]))
/** @type {Check} */
const flag = (value) => typeof value === 'boolean'
/** @type {Check} */
const hex = (value) => typeof value === 'string' && /^[0-9a-f]{64}$/.test(value)

const file = whole(MOST_FILES - 1)
const lane = whole(9_999)
const reason = optional(text(MOST_MESSAGE))

/** What each message must look like. @type {Record<string, Check>} */
const SHAPES = {
  manifest: shape({ v: whole(1), sealed: optional(flag), more: optional(flag), files: listOf(shape({
    n: file, path: isPath, size: whole(MOST_SIZE), type: optional(text(200)), mtime: optional(whole(2 ** 53 - 1)), seal: optional(whole(99)),
  }), MOST_FILES) }),
  accept: shape({ files: listOf(shape({
    n: file, from: whole(MOST_BLOCK), have: optional(listOf(whole(MOST_BLOCK), MOST_HELD)), seal: optional(whole(99)),
  }), MOST_FILES), more: optional(flag) }),
  refuse: shape({}),
  end: shape({ n: file, root: hex }),
  written: shape({ bytes: whole(2 ** 53 - 1), arrived: optional(whole(2 ** 53 - 1)) }),
  again: shape({ n: file, block: whole(MOST_BLOCK) }),
  saved: shape({ n: file, root: hex }),
  failed: shape({ n: file, code: text(64), message: reason }),
  done: shape({}),
  bye: shape({}),
  cancel: shape({ reason }),
  leaving: shape({}),
  beat: shape({}),
  lane: shape({ lane, sdp: text(12_000) }),
  candidate: shape({ lane, candidate: text(1024), sdpMid: optional(text(64)), sdpMLineIndex: optional(whole(64)) }),
  drop: shape({ lane }),
}

/**
 * Read a control message of the other side; throws on what is not one. Messages of a kind that a newer version may
 * know come back as null.
 * @param {unknown} message
 * @returns {Control | null}
 */
export function parseControl(message) {
  if (typeof message !== 'string' || message.length > MOST_TEXT) throw malformed('is no text, or too long')
  const parsed = parseJson(message)
  if (typeof parsed?.t !== 'string') throw malformed('has no type')
  if (!Object.hasOwn(SHAPES, parsed.t)) return null
  if (!SHAPES[parsed.t](parsed)) throw malformed(`is no ${parsed.t.slice(0, 20)}`)
  return parsed
}

/** @param {string} message */
function parseJson(message) {
  try {
    return JSON.parse(message)
  } catch {
    throw malformed('is not JSON')
  }
}

/** @param {string} what */
function malformed(what) {
  return new Error(`The other side sent a control message that ${what}.`)
}

/**
 * Giving up, with as much of the reason as goes by every way: the server, which relays it where there is no channel, counts bytes.
 * @param {string} reason '' for none
 * @returns {Extract<Control, { t: 'cancel' }>}
 */
export function cancelMessage(reason) {
  const { read } = new TextEncoder().encodeInto(reason, new Uint8Array(MOST_MESSAGE))
  return { t: 'cancel', ...(reason && { reason: reason.slice(0, read) }) }
}

/**
 * The manifest in messages of at most 64 KiB each.
 * @param {ManifestFile[]} files
 * @param {boolean} sealed
 * @returns {Control[]}
 */
export function splitManifest(files, sealed) {
  if (files.length > MOST_FILES) throw new Error(`At most ${MOST_FILES.toLocaleString('en')} files can be sent at once.`)
  return split(files, (part, more) => ({ t: 'manifest', v: 1, ...(sealed && { sealed }), files: part, ...more }))
}

/**
 * Which files are wanted, from which block on, in messages of at most 64 KiB each.
 * @param {Wanted[]} files
 * @returns {Control[]}
 */
export function splitAccept(files) {
  return split(files, (part, more) => ({ t: 'accept', files: part, ...more }))
}

/**
 * @template T
 * @param {T[]} entries
 * @param {(part: T[], more: { more?: true }) => Control} build
 */
function split(entries, build) {
  /** @type {T[][]} */
  const parts = [[]]
  let bytes = 0
  for (const entry of entries) {
    const length = new TextEncoder().encode(JSON.stringify(entry)).length + 1
    if (bytes + length > MANIFEST_BYTES) {
      parts.push([])
      bytes = 0
    }
    parts[parts.length - 1].push(entry)
    bytes += length
  }
  return parts.map((part, at) => build(part, at < parts.length - 1 ? { more: true } : {}))
}

/**
 * Puts split messages together again: gives the whole list with its last part, null before.
 * @template T
 */
export class Gathered {
  /** @type {T[]} */
  #entries = []

  /** @param {T[]} part @param {boolean | undefined | null} more @returns {T[] | null} */
  add(part, more) {
    this.#entries.push(...part)
    if (this.#entries.length > MOST_FILES) throw malformed('lists too many files')
    if (more) return null
    const whole = this.#entries
    this.#entries = []
    return whole
  }
}

/**
 * A manifest whose numbers or paths come twice could not be told apart; throws.
 * @param {ManifestFile[]} files
 */
export function checkManifest(files) {
  const numbers = new Set(files.map(({ n }) => n))
  if (numbers.size !== files.length || files.some(({ size }) => blocksOf(size) > MOST_BLOCK)) {
    throw malformed('lists a file twice')
  }
}
