/** What live can do from this browser and network, before anything is sent. Asks nobody but the ICE servers of the settings. Knows no page. */

// A host that is asked answers within this, or not at all. Milliseconds.
const WITHIN = 1_500

/** `far`: others find this browser's address; `near`: only those in its own network; `none`: nothing direct. @typedef {'far' | 'near' | 'none'} Reach */

/**
 * @param {RTCIceServer[]} iceServers
 * @param {AbortSignal} signal
 * @returns {Promise<Reach>}
 */
export async function findReach(iceServers, signal) {
  if (!globalThis.RTCPeerConnection) return 'none'
  const connection = new RTCPeerConnection({ iceServers })
  try {
    return await gathered(connection, signal)
  } finally {
    connection.close()
  }
}

/** @param {RTCPeerConnection} connection @param {AbortSignal} signal @returns {Promise<Reach>} */
function gathered(connection, signal) {
  return new Promise((resolve) => {
    /** @type {Reach} */
    let reach = 'none'
    const end = () => resolve(reach)
    AbortSignal.any([signal, AbortSignal.timeout(WITHIN)]).addEventListener('abort', end)
    connection.onicecandidate = ({ candidate }) => {
      if (!candidate) return end()
      if (candidate.protocol !== 'udp') return // of TCP alone browsers make no way to each other
      if (candidate.type === 'host') reach = 'near'
      if (candidate.type !== 'host') resolve('far')
    }
    connection.createDataChannel('reach')
    connection.setLocalDescription().catch(end)
  })
}

/**
 * In words.
 * @param {Reach} reach
 * @param {boolean} road whether bytes may go through the server
 */
export function inWords(reach, road) {
  if (reach === 'far') return `Live works from here: straight to them${road ? ', or through this server' : ' in most networks'}.`
  if (road) return `Live works from here: through this server${reach === 'near' ? ', or straight to them in the same network' : ''}.`
  return reach === 'near' ? 'From here live works within your network; others need a link.' : 'Live does not work from here: the files need a link.'
}
