/** Addresses that carry a secret behind their #: read from the page's own, shown as text and as a QR code. The server never sees it. */

import { find } from '../lib/dom.js'
import { isSecret } from './keys.js'

/** @typedef {{ size: number, get(x: number, y: number): boolean }} Bitmap */
/** @typedef {{ generate(text: string, options: object): Bitmap, correction: { M: number } }} LeanQr */

// The server's own codes (web/links/link_views.py) look the same.
const BORDER = 2

/** The secret of the page's address; '' when there is none, or not the whole of one. */
export function secretInAddress() {
  return secretIn(location.href)
}

/** The secret in an address that somebody pasted, or pasted alone; '' when there is none. @param {string} text */
export function secretIn(text) {
  const end = text.trim().split('#').at(-1) ?? ''
  return isSecret(end) ? end : ''
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
