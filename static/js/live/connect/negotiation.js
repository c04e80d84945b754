/** Sets lane 0 up over the server: offers, answers and candidates of one try after the other. PROTOCOL.md, "Signals between seats". */

import { Emitter } from '../../lib/emitter.js'
import { TrustedSignals } from './signed-signals.js'

const MOST_TRIES = 10_000

/** @typedef {import('../lanes/lane.js').Lane} Lane */
/**
 * Whether we make the offers; the lane that is set up, or is there; a new one in its place; which relays there are now.
 * @typedef {{ offers: boolean, current(): Lane | null, replace(): Lane, configuration(): RTCConfiguration }} LaneZero
 */

/**
 * Events: `answered` (an offer of theirs, which was no restart), `candidate` (Lane: it knows one more way), `manifest` (what they offer, sealed),
 * `called` (they ask for a way now; true: another one for what is open), `cancelled` (why, or ''), `tampered` ({type, missing}: a signal was changed on its way, and not used).
 * @extends {Emitter<{ answered: void, candidate: Lane, manifest: string, called: boolean, cancelled: string | undefined, tampered: import('./signed-signals.js').Seen }>}
 */
export class Negotiation extends Emitter {
  // A page of ours before a reload used other numbers; answers to it may still lie in the mailbox.
  #try = Math.floor(Math.random() * MOST_TRIES)
  #signals
  #lane
  #signal

  /**
   * @param {import('./signaling.js').Signaling} signaling
   * @param {ConstructorParameters<typeof TrustedSignals>[1]} who
   * @param {LaneZero} lane
   * @param {AbortSignal} signal
   */
  constructor(signaling, who, lane, signal) {
    super()
    this.#lane = lane
    this.#signal = signal
    this.#signals = new TrustedSignals(signaling, who, signal)
    this.#signals.listen({ signal: (message) => this.#receive(message), tampered: (how) => this.emit('tampered', how) })
  }

  /** Offer a new lane: what belongs to earlier ones comes too late from now on. @param {Lane} lane */
  begin(lane) {
    this.#try = (this.#try + 1) % MOST_TRIES
    this.#offer(lane, false)
  }

  /** Offer other ways for a lane that is there. @param {Lane} lane */
  restart(lane) {
    lane.configure(this.#lane.configuration())
    this.#offer(lane, true)
  }

  /** @param {RTCIceCandidate} candidate of our side */
  sendCandidate({ candidate, sdpMid, sdpMLineIndex }) {
    this.#send('ice-candidate', { candidate, sdpMid, sdpMLineIndex })
  }

  /** Say what is offered before there is a way. Only who has the keys can read it. @param {string} sealed */
  sendManifest(sealed) {
    this.#send('manifest', { value: sealed })
  }

  /** @param {string} type @param {Record<string, unknown>} fields */
  #send(type, fields) {
    this.#signals.send(type, { try: this.#try, ...fields })
  }

  /** @param {Lane} lane @param {boolean} restart */
  async #offer(lane, restart) {
    try {
      const sdp = await lane.offer(restart)
      if (!lane.dead) this.#send('offer', { sdp, ...(restart && { restart }) })
    } catch {
      lane.close()
    }
  }

  /** What the server relayed. Answers, candidates and manifests of another try are too late. @param {SignalMessage} message */
  #receive(message) {
    if (message.type === 'offer') this.#answer(message)
    else if (message.type === 'cancel') this.emit('cancelled', message.reason)
    else if (message.type === 'ready') this.emit('called', Boolean(message.moved))
    else if (message.try !== this.#try) return
    else if (message.type === 'ice-candidate') this.#learnCandidate(message)
    else if (message.type === 'manifest') this.emit('manifest', message.value ?? '')
    else if (message.type === 'answer' && this.#lane.offers) this.#answered(message.sdp ?? '')
  }

  /** @param {string} sdp */
  #answered(sdp) {
    const lane = this.#lane.current()
    lane?.answered(sdp).catch(() => lane.close())
  }

  /** @param {SignalMessage} message an ICE candidate, which may say what the way in use is */
  async #learnCandidate({ candidate, sdpMid, sdpMLineIndex }) {
    const lane = this.#lane.current()
    await lane?.addCandidate({ candidate, sdpMid, sdpMLineIndex })
    if (lane) this.emit('candidate', lane)
  }

  /** @param {SignalMessage} message an offer */
  async #answer({ try: number = -1, sdp = '', restart }) {
    if (this.#lane.offers || this.#signal.aborted) return
    const current = this.#lane.current()
    if (restart ? number !== this.#try || !current : number === this.#try && current) return
    this.#try = number
    const lane = (restart && current) || this.#lane.replace()
    if (restart) lane.configure(this.#lane.configuration())
    try {
      const answer = await lane.answer(sdp)
      if (lane.dead) return
      this.#send('answer', { sdp: answer })
      if (!restart) this.emit('answered')
    } catch {
      lane.close()
    }
  }
}
