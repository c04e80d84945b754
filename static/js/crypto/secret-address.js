/** Addresses that carry a secret behind their #: read from the page's own, shown as text and as a QR code. The server never sees it. */

import { find } from '../lib/dom.js'
import { isSecret } from './keys.js'

/** @typedef {{ size: number, get(x: number, y: number): boolean }} Bitmap */
/** @typedef {{ generate(text: string, options: object): Bitmap, correction: { M: number } }} LeanQr */

// The server's own codes (web/links/link_views.py) look the same.
const BORDER = 2
const SECRET = 43

/** The secret of the page's address; '' when there is none, or not the whole of one. */
export function secretInAddress() {
  return secretIn(location.href)
}

/** Whether the page's address was to carry one, be it cut off or altered on its way. No other address of ours has so long an end. */
export function hasSecretInAddress() {
  return Boolean(secretInAddress()) || /#[\w-]{16}/.test(unwrapped(location.href))
}

/**
 * The secret in an address that somebody pasted, or pasted alone; '' when there is none. What mails and chats have put behind it is cut off,
 * since its length is known, and so are line breaks within.
 * @param {string} text
 */
export function secretIn(text) {
  for (const part of unwrapped(text).split('#').reverse()) {
    const begun = part.replace(/^(?:%[0-9a-f]{2}|[^\w%-])+/i, '').slice(0, SECRET)
    if (isSecret(begun)) return begun
  }
  return ''
}

/** What is wrong with the page's address, as a sentence; '' where there is nothing behind its #, or a secret. */
export function faultOfAddress() {
  const end = unwrapped(location.href).split('#').at(1) ?? ''
  if (!end || secretIn(location.href)) return ''
  return `Behind the # of this address belong ${SECRET} letters and digits, and here are ${/^[\w-]*/.exec(end)?.[0].length}. Paste the whole link, as the sender copied it.`
}

/** @param {string} text */
function unwrapped(text) {
  return text.replace(/%23/gi, '#').replace(/\s|%(?:20|09|0a|0d)/gi, '')
}

/**
 * Let the address field and the QR code inside root carry the secret.
 * @param {HTMLElement} root
 * @param {string} secret
 */
export async function showSecret(root, secret) {
  /** @type {HTMLInputElement} */
  const field = find(root, '[data-select]')
  field.value = `${field.value.split('#')[0]}#${secret}`
  const { generate, correction } = await loadLeanQr()
  draw(find(root, '.qr svg'), generate(field.value, { minCorrectionLevel: correction.M }))
}

/** @param {Element} svg @param {Bitmap} bitmap */
function draw(svg, bitmap) {
  const side = bitmap.size + 2 * BORDER
  svg.setAttribute('viewBox', `0 0 ${side} ${side}`)
  find(/** @type {HTMLElement} */ (svg), 'path').setAttribute('d', strokes(bitmap))
}

/** One stroke for each run of dark modules in a row. @param {Bitmap} bitmap */
function strokes(bitmap) {
  let path = ''
  for (let y = 0; y < bitmap.size; y += 1) {
    for (let x = 0; x < bitmap.size; x += 1) {
      if (!bitmap.get(x, y)) continue
      const from = x
      while (bitmap.get(x + 1, y)) x += 1
      path += `M${from + BORDER} ${y + BORDER + 0.5}h${x + 1 - from}`
    }
  }
  return path
}

/** @returns {Promise<LeanQr>} */
function loadLeanQr() {
  return import(new URL('../../vendor/lean-qr/index.mjs', import.meta.url).href)
}
