/** The further lanes of a peer: as many as goodput wants, negotiated over lane 0's control channel. */

import { Lane } from './lane.js'
import { LaneCount } from './lane-count.js'

const OPEN_WITHIN = 15_000
const GRACE = 5_000
const MOST_FAILURES = 3
const MOST_LANES = 16

/**
 * @typedef {object} LanePoolHost what it needs of the peer
 * @property {() => RTCConfiguration} configuration
 * @property {(control: Control) => boolean} send
 * @property {(lane: Lane) => void} adopt listens to a lane's frames, death and opening
 * @property {import('./congestion.js').CongestionWindow} window
 */

export class LanePool {
  /** @type {Map<number, Lane>} all but lane 0, also those that are not open yet */
  #lanes = new Map()
  #host
  #offers
  #count = new LaneCount()
  #next = 1
  #failures = 0
  /** Our network, or theirs, is another one: lanes need another way as soon as lane 0 has one. */
  #doubted = false

  /**
   * @param {LanePoolHost} host
   * @param {boolean} offers only the receiver opens lanes
   */
  constructor(host, offers) {
    this.#host = host
    this.#offers = offers
  }

  get open() {
    return [...this.#lanes.values()].filter((lane) => lane.open)
  }

  /** Open as many as are wanted, once there is a control channel. */
  fill() {
    if (!this.#offers) return
    while (this.#lanes.size + 1 < this.#count.wanted && this.#failures < MOST_FAILURES) this.#offer(this.#make(this.#next++), false)
  }

  /** @param {Lane} lane @param {boolean} restart */
  async #offer(lane, restart) {
    try {
      if (restart) lane.configure(this.#host.configuration())
      const sdp = await lane.offer(restart)
      if (!this.#host.send({ t: 'lane', lane: lane.number, sdp })) lane.close()
    } catch {
      lane.close()
    }
  }

  /** @param {number} number */
  #make(number) {
    const lane = new Lane(number, this.#host.configuration(), this.#host.window)
    this.#lanes.set(number, lane)
    let opened = false
    let timer = setTimeout(() => lane.close(), OPEN_WITHIN)
    lane.listen({
      open: () => {
        opened = true
        this.#failures = 0
        clearTimeout(timer)
      },
      shaky: () => {
        clearTimeout(timer)
        timer = setTimeout(() => lane.close(), GRACE)
      },
      steady: () => opened && clearTimeout(timer),
      candidate: (candidate) => this.#sayCandidate(number, candidate),
      dead: () => {
        clearTimeout(timer)
        this.#lanes.delete(number)
        if (!opened) this.#failures += 1
      },
    })
    this.#host.adopt(lane)
    return lane
  }

  /** @param {number} lane @param {RTCIceCandidate} candidate */
  #sayCandidate(lane, { candidate, sdpMid, sdpMLineIndex }) {
    this.#host.send({ t: 'candidate', lane, candidate, sdpMid, sdpMLineIndex })
  }

  /**
   * A control message about lanes.
   * @param {Control} control
   * @returns {boolean} false when it is about something else
   */
  accept(control) {
    if (control.t === 'lane') this.#described(control.lane, control.sdp)
    else if (control.t === 'candidate') this.#lanes.get(control.lane)?.addCandidate(control)
    else if (control.t === 'drop') this.#drain(control.lane)
    else return false
    return true
  }

  /** @param {number} number @param {string} sdp */
  async #described(number, sdp) {
    if (this.#offers) return this.#lanes.get(number)?.answered(sdp).catch(() => this.#lanes.get(number)?.close())
    const known = this.#lanes.get(number)
    if (number === 0 || (!known && this.#lanes.size >= MOST_LANES)) return
    const lane = known ?? this.#make(number)
    try {
      if (known) lane.configure(this.#host.configuration())
      this.#host.send({ t: 'lane', lane: number, sdp: await lane.answer(sdp) })
    } catch {
      lane.close()
    }
  }

  /** @param {number} number */
  #drain(number) {
    const lane = this.#lanes.get(number)
    if (!lane || this.#offers) return
    lane.draining = true
    lane.emit('drain')
  }

  /** Lane 0 has found its way: a long path wants more lanes. @param {number | null} trip its round trip in milliseconds, if known */
  measured(trip) {
    if (trip === null) return
    this.#host.window.found(trip)
    if (this.#offers && this.#count.measured(trip)) this.fill()
  }

  /** Bytes came in: see whether more lanes would help, or fewer. @param {number} bytes @param {number} now */
  noteReceived(bytes, now) {
    if (!this.#offers || !this.#count.noteReceived(bytes, this.open.length + 1, now)) return
    this.fill()
    const newestFirst = [...this.#lanes.keys()].sort((one, other) => other - one)
    const tooMany = Math.max(0, this.#lanes.size + 1 - this.#count.wanted)
    for (const lane of newestFirst.slice(0, tooMany)) this.#host.send({ t: 'drop', lane })
  }

  /** The way that the lanes take may be gone. */
  doubt() {
    this.#doubted = true
  }

  /** Lane 0 is well: find other ways for the lanes that were open, so that what is on them arrives. */
  restart() {
    if (!this.#doubted) return
    this.#doubted = false
    for (const lane of this.open) this.#offer(lane, true)
  }

  /** A new life begins: those that failed before may work now. */
  forgive() {
    this.#failures = 0
  }

  close() {
    for (const lane of [...this.#lanes.values()]) lane.close()
  }
}
