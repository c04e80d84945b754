// A bare data channel: one connection, one ordered and reliable channel, bytes that are thrown away. What any page could do.

const CHUNK = 64 * 1024
const HIGH = 4 * 1024 * 1024
const LOW = 1024 * 1024

const pc = new RTCPeerConnection()
const channel = pc.createDataChannel('bare', { negotiated: true, id: 0 })
channel.binaryType = 'arraybuffer'
channel.bufferedAmountLowThreshold = LOW
const opened = new Promise((resolve) => channel.addEventListener('open', resolve))
let came = 0
let wanted = Infinity
let enough = () => {}
channel.onmessage = ({ data }) => {
  came += data.byteLength
  if (came >= wanted) enough()
}

async function described() {
  await pc.setLocalDescription()
  while (pc.iceGatheringState !== 'complete') await new Promise((resolve) => pc.addEventListener('icegatheringstatechange', resolve, { once: true }))
  return pc.localDescription.sdp
}

globalThis.bare = {
  offer: described,
  async answer(sdp) {
    await pc.setRemoteDescription({ type: 'offer', sdp })
    return described()
  },
  async answered(sdp) {
    await pc.setRemoteDescription({ type: 'answer', sdp })
    await opened
  },
  async send(bytes) {
    const chunk = new Uint8Array(CHUNK)
    for (let sent = 0; sent < bytes; sent += CHUNK) {
      if (channel.bufferedAmount > HIGH) await new Promise((resolve) => channel.addEventListener('bufferedamountlow', resolve, { once: true }))
      channel.send(chunk)
    }
  },
  /** Until so many bytes are here, or so many milliseconds over; how many have come. */
  async received(bytes, most) {
    await new Promise((resolve) => {
      wanted = bytes
      enough = resolve
      setTimeout(resolve, most)
      if (came >= wanted) resolve()
    })
    return came
  },
}
