/** Puts the transfer core on a bare page, with handles for the tests. No page of ours, only our modules. */

import { Peer } from '/static/js/peer.js'
import { Receiving } from '/static/js/receive.js'
import { Sending } from '/static/js/send.js'
import { Signaling } from '/static/js/signaling.js'
import { openSink } from '/static/js/sink.js'

const live = {
  events: [], paths: [], connections: [], transfer: null, peer: null, signaling: null, progress: null, manifest: null, verified: 0,
}
window.live = live

const Connection = window.RTCPeerConnection
window.RTCPeerConnection = class extends Connection {
  constructor(...config) {
    super(...config)
    live.connections.push(this)
  }
}

const note = (target, ...types) => types.forEach((type) =>
  target.addEventListener(type, ({ detail }) => live.events.push({ type, at: performance.now(), detail: plain(detail) })))

function plain(detail) {
  if (detail instanceof Error) return String(detail)
  try {
    return JSON.parse(JSON.stringify(detail))
  } catch {
    return null
  }
}

function meet(url, token, seat) {
  live.signaling = new Signaling(url, token)
  note(live.signaling, 'welcome', 'present', 'down', 'refused', 'unreachable', 'trouble')
  live.peer = new Peer({ signaling: live.signaling, seat })
  note(live.peer, 'open', 'path', 'shaky', 'steady', 'lost', 'fault')
  live.peer.addEventListener('lane', ({ detail }) => live.events.push({ type: 'lane', detail: detail.number }))
  live.peer.addEventListener('lane-lost', ({ detail }) => live.events.push({ type: 'lane-lost', detail: detail.number }))
  live.signaling.open()
}

function watch(transfer) {
  live.transfer = transfer
  note(transfer, 'accepted', 'refused', 'saved', 'verified', 'failed', 'done', 'cancelled')
  transfer.addEventListener('progress', ({ detail }) => (live.progress = detail))
}

live.send = (url, token, paths = []) => {
  const files = [...document.querySelector('#files').files].map((file, at) => ({ file, path: paths[at] ?? file.name }))
  meet(url, token, 1)
  watch(new Sending(live.peer, files))
}

live.receive = (url, token, { accept = true, ...options } = {}) => {
  meet(url, token, 0)
  const transfer = new Receiving(live.peer, (file, signal) => openSink(file, options, signal))
  watch(transfer)
  transfer.addEventListener('manifest', ({ detail }) => {
    live.manifest = detail
    if (accept === true) transfer.accept()
    else if (Array.isArray(accept)) transfer.accept(accept)
  })
}

live.saw = (type) => live.events.filter((event) => event.type === type)

/** One bare channel between the same two pages, its bytes thrown away: what ours is measured against. */
live.bare = async (url, token, role, bytes) => {
  const signaling = new Signaling(url, token)
  const to = role === 'sender' ? 1 : 0
  const pc = new Connection({ iceServers: [] })
  const channel = pc.createDataChannel('bare', { negotiated: true, id: 0, ordered: true })
  channel.binaryType = 'arraybuffer'
  channel.bufferedAmountLowThreshold = 1024 * 1024
  pc.onicecandidate = ({ candidate }) => candidate?.candidate &&
    signaling.send('ice-candidate', { to, candidate: candidate.candidate, sdpMid: candidate.sdpMid, sdpMLineIndex: candidate.sdpMLineIndex, try: 1 })
  signaling.addEventListener('signal', async ({ detail }) => {
    if (detail.type === 'offer') {
      await pc.setRemoteDescription(detail)
      await pc.setLocalDescription()
      signaling.send('answer', { to, sdp: pc.localDescription.sdp, try: 1 })
    } else if (detail.type === 'answer') await pc.setRemoteDescription(detail)
    else if (detail.type === 'ice-candidate') await pc.addIceCandidate({ candidate: detail.candidate, sdpMid: detail.sdpMid })
  })
  signaling.open()
  await new Promise((resolve) => signaling.addEventListener('welcome', resolve))
  if (role === 'receiver') {
    await pc.setLocalDescription()
    signaling.send('offer', { to, sdp: pc.localDescription.sdp, try: 1 })
  }
  await new Promise((resolve) => (channel.onopen = resolve))
  const began = performance.now()
  if (role === 'sender') await blast(channel, bytes)
  else await drain(channel, bytes)
  signaling.close()
  return bytes / (performance.now() - began) / 1048.576
}

async function blast(channel, bytes) {
  const message = new Uint8Array(256 * 1024)
  for (let sent = 0; sent < bytes; sent += message.length) {
    if (channel.bufferedAmount > 4 * 1024 * 1024) await new Promise((resolve) => (channel.onbufferedamountlow = resolve))
    channel.send(message)
  }
  await new Promise((resolve) => (channel.onmessage = resolve))
}

async function drain(channel, bytes) {
  let received = 0
  await new Promise((resolve) => (channel.onmessage = ({ data }) => {
    live.received = received += data.byteLength
    if (received >= bytes) resolve()
  }))
  channel.send('done')
}
