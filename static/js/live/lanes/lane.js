/** One peer connection with its channel of frames, and on lane 0 the channel of control messages. Knows no signaling. */

import { Emitter } from '../../lib/emitter.js'
import { guarded } from '../../lib/guarded.js'
import { LaneFlow } from './lane-flow.js'
import { decodeFrame, encodeAck } from './frames.js'

/**
 * Events: `candidate` (ours, RTCIceCandidate), `open`, `frame` (BytesFrame), `control` (text), `shaky` and `steady` (ICE lost its
 * way, found it again), `fault` (Error: the other side broke the rules), `dead` (once; nothing comes after it).
 * @extends {Emitter<{ candidate: RTCIceCandidate, open: void, frame: import('./frames.js').BytesFrame, ack: void, control: string, shaky: string, steady: void, fault: Error, drain: void, dead: void }>}
 */
export class Lane extends Emitter {
  /** Set when the receiver wants fewer lanes: the block on it is the last one. */
  draining = false
  #pc
  #frames
  /** @type {RTCDataChannel | null} */
  #control = null
  #received = 0
  #life = new AbortController()
  #described = false
  /** @type {RTCIceCandidateInit[]} those that came before the description */
  #early = []
  #window

  /**
   * @param {number} number
   * @param {RTCConfiguration} configuration
   * @param {import('./congestion.js').CongestionWindow} window what it shares with the other lanes
   */
  constructor(number, configuration, window) {
    super()
    this.number = number
    this.#window = window
    this.flow = new LaneFlow(window)
    this.#pc = new RTCPeerConnection(configuration)
    this.#frames = this.#channel('frames', 0)
    this.#frames.onmessage = ({ data }) => guarded(() => this.#receive(data), (error) => this.emit('fault', error))
    if (number === 0) {
      this.#control = this.#channel('control', 1)
      this.#control.onmessage = ({ data }) => guarded(() => this.emit('control', data), (error) => this.emit('fault', error))
    }
    this.#pc.onicecandidate = ({ candidate }) => candidate?.candidate && this.emit('candidate', candidate)
    this.#pc.onconnectionstatechange = () => this.#connection()
  }

  /** @param {string} label @param {number} id */
  #channel(label, id) {
    const channel = this.#pc.createDataChannel(label, { negotiated: true, id, ordered: true })
    channel.binaryType = 'arraybuffer'
    channel.onopen = () => this.open && this.emit('open')
    channel.onclose = () => this.close()
    return channel
  }

  get open() {
    return this.#frames.readyState === 'open' && (!this.#control || this.#control.readyState === 'open')
  }

  get dead() {
    return this.#life.signal.aborted
  }

  /** Aborted when the lane is dead. */
  get signal() {
    return this.#life.signal
  }

  get steady() {
    return this.#pc.connectionState === 'connected'
  }

  /** Ask these servers from the next restart of ICE on: the credentials of the old ones may have ended. @param {RTCConfiguration} configuration */
  configure(configuration) {
    this.#pc.setConfiguration({ ...this.#pc.getConfiguration(), ...configuration })
  }

  /** An offer, or one that restarts ICE. @param {boolean} [restart] */
  async offer(restart = false) {
    await this.#pc.setLocalDescription(await this.#pc.createOffer({ iceRestart: restart }))
    return this.#pc.localDescription?.sdp ?? ''
  }

  /** @param {string} sdp the other side's offer @returns {Promise<string>} our answer */
  async answer(sdp) {
    await this.#describe({ type: 'offer', sdp })
    await this.#pc.setLocalDescription()
    return this.#pc.localDescription?.sdp ?? ''
  }

  /** The other side's answer; one that nobody waits for is passed over. @param {string} sdp */
  async answered(sdp) {
    if (this.#pc.signalingState === 'have-local-offer') await this.#describe({ type: 'answer', sdp })
  }

  /** @param {RTCSessionDescriptionInit} description */
  async #describe(description) {
    this.#described = true
    const described = this.#pc.setRemoteDescription(description)
    for (const candidate of this.#early.splice(0)) this.addCandidate(candidate)
    await described
  }

  /**
   * The other side's candidate, never looked into (`.local` names, relays: all are passed on).
   * @param {RTCIceCandidateInit} candidate
   */
  async addCandidate(candidate) {
    if (!this.#described) this.#early.push(candidate)
    // A candidate that this browser does not understand is one way less, not an error.
    else await this.#pc.addIceCandidate(candidate).catch(() => undefined)
  }

  /** @param {string} text @returns {boolean} false when there is no control channel now */
  sendControl(text) {
    if (this.#control?.readyState !== 'open') return false
    this.#control.send(text)
    return true
  }

  /**
   * Send a frame now; ask `untilRoom` before. False on a dead lane.
   * @param {Uint8Array<ArrayBuffer>} frame
   */
  send(frame) {
    if (this.#frames.readyState !== 'open') return false
    this.flow.sent(frame.byteLength, performance.now())
    this.#frames.send(frame)
    return true
  }

  /**
   * Until the other page has acknowledged enough for so many more bytes. Rejects when the lane dies.
   * @param {number} bytes
   */
  async untilRoom(bytes) {
    while (!this.flow.allows(bytes)) await this.#window.room.changed(this.signal)
    this.signal.throwIfAborted()
  }

  /** Until everything sent is acknowledged. Rejects when the lane dies. */
  async untilEmpty() {
    while (this.flow.inFlight) await this.#window.room.changed(this.signal)
    this.signal.throwIfAborted()
  }

  /** @param {ArrayBuffer} data */
  #receive(data) {
    const frame = decodeFrame(data)
    if (frame.kind === 'bytes') {
      this.#received += data.byteLength
      if (this.#frames.readyState === 'open') this.#frames.send(encodeAck(this.#received))
      this.emit('frame', frame)
      return
    }
    this.flow.arrived(frame.received, performance.now())
    this.emit('ack')
  }

  #connection() {
    const state = this.#pc.connectionState
    if (state === 'closed') this.close()
    else if (state === 'connected') this.emit('steady')
    else if (state === 'disconnected' || state === 'failed') this.emit('shaky', state)
  }

  /**
   * The route that bytes take, and its round trip in milliseconds as ICE measured it. Null while none is chosen.
   * Their relay is known as one by their candidate, which may come after its first packets: ask again then.
   * @returns {Promise<{ kind: 'relayed' | 'direct', trip: number | null } | null>}
   */
  async route() {
    const report = await this.#pc.getStats()
    const stats = new Map(/** @type {any} */ (report))
    const transport = [...stats.values()].find(({ type }) => type === 'transport')
    const pair = stats.get(transport?.selectedCandidatePairId) ??
      [...stats.values()].find(({ type, selected, nominated, state }) => type === 'candidate-pair' && (selected || (nominated && state === 'succeeded')))
    if (!pair) return null
    const relayed = [pair.localCandidateId, pair.remoteCandidateId].some((id) => stats.get(id)?.candidateType === 'relay')
    return { kind: relayed ? 'relayed' : 'direct', trip: pair.currentRoundTripTime ? pair.currentRoundTripTime * 1000 : null }
  }

  close() {
    if (this.dead) return
    this.#life.abort(new Error('The connection to the other browser was lost.'))
    this.flow.end()
    this.#pc.close()
    this.emit('dead')
  }
}
