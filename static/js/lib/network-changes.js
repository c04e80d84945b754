/** Tells when the browser has another network than before, as from Wi-Fi to mobile. Knows no page. */

/**
 * @param {{ changed: () => void, doubtful: () => void }} told changed: what was open before is dead; doubtful: it may be
 * @param {AbortSignal} signal
 */
export function onNetworkChange({ changed, doubtful }, signal) {
  // Only Chromium has it, and tells the kind of network on phones only; elsewhere it changes with every estimate of speed.
  const connection = /** @type {EventTarget & { type?: string } | undefined} */ (/** @type {any} */ (navigator).connection)
  let kind = connection?.type
  addEventListener('online', changed, { signal })
  connection?.addEventListener('change', () => {
    const before = kind
    kind = connection.type
    if (kind !== before) changed()
    else doubtful()
  }, { signal })
}
