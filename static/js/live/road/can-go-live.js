/** Whether a page can take part live at all. Knows no page. */

/**
 * Directly, or by the road.
 * @param {import('../../crypto/keys.js').Keys | null} keys
 * @param {{ directOnly: boolean, roadUrl: string }} allowed
 */
export function canGoLive(keys, { directOnly, roadUrl }) {
  return Boolean(globalThis.RTCPeerConnection || (keys && roadUrl && !directOnly))
}
