/** Whether live will work from here, in a line of the sender's page. Part of the session island. */

import { findReach, inWords } from '../../live/connect/reach.js'

/**
 * Found out once, when the server has said whom to ask.
 * @param {import('../session-view.js').View} view
 * @param {import('../../live/connect/signaling.js').Signaling} signaling
 * @param {() => boolean} road whether bytes may go through the server, as far as is known then
 * @param {AbortSignal} signal
 */
export function showReach(view, signaling, road, signal) {
  let asked = false
  signaling.listen({
    welcome: async ({ iceServers }) => {
      if (asked) return
      asked = true
      const reach = await findReach(iceServers, signal)
      const line = view.element('reach')
      line.dataset.reach = reach
      line.textContent = inWords(reach, road())
    },
  }, signal)
}
