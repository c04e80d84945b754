/** A seat's connection to the server: says hello, comes back to the same seat when it breaks, and loses nothing that was to be said. */

import { Emitter } from '../../lib/emitter.js'
import { onNetworkChange } from '../../lib/network-changes.js'
import { httpSocket, openSocket } from './open-socket.js'
import { Outbox } from './outbox.js'
import { SocketChoice } from './socket-choice.js'
import { SocketPulse } from './socket-pulse.js'

const FIRST_PAUSE = 400
const LONGEST_PAUSE = 15_000
// The server is there, but what it keeps is away for now.
const TRY_LATER = 1013
const LATER_PAUSE = 3_000
const OPEN_WITHIN = 12_000
const OPEN = 1
const MOST_QUEUED = 256
/** The server's answers after which trying again is pointless: wrong token, no such session, ended. */
const FINAL = [4003, 4004, 4010]
/** Another tab has taken the seat, or had it first. */
const ELSEWHERE = [4001, 4009]
const BEAT = JSON.stringify({ type: 'beat' })

/**
 * @typedef {{ welcome: Welcome, present: SeatMessage, joined: SeatMessage, left: SeatMessage, link: { url: string }, ended: { state: string }, signal: SignalMessage,
 *   trouble: SignalMessage, down: { code: number }, refused: { code: number, reason: string }, unreachable: void, elsewhere: void }} SignalingEvents
 */

/**
 * Events, each with `detail`: `welcome` (Welcome), `present`, `joined`, `left`, `link`, `ended`, `signal` (SignalMessage with `from`),
 * `trouble` (the server refused a message), `down` (the socket closed; it comes back by itself), `refused` ({code, reason}; it
 * does not), `unreachable` (no socket could be opened at all so far), `elsewhere` (another tab has the seat: `ask` for it, or `claim` it).
 * @extends {Emitter<SignalingEvents>}
 */
export class Signaling extends Emitter {
  #url
  #choice = new SocketChoice()
  #token
  #last = 0
  #pause = FIRST_PAUSE
  /** @type {import('./open-socket.js').AnySocket | null} */
  #socket = null
  #outbox = new Outbox(MOST_QUEUED)
  #pulse = new SocketPulse()
  /** @type {Welcome | null} */
  #welcome = null
  /** @type {Map<number, boolean>} */
  #here = new Map()
  #greeted = false
  /** Another tab has the seat. */
  #elsewhere = false
  /** The person wants the seat here. */
  #taking = false
  #life = new AbortController()
  #timer = 0
  #deadline = 0
  #tab

  /**
   * @param {string} url of the socket, also relative
   * @param {{ token?: string, tab?: string }} [who] without a token the seat's cookie says who we are; without a tab the seat is taken from any other
   */
  constructor(url, { token, tab } = {}) {
    super()
    this.#url = new URL(url, location.href)
    this.#token = token
    this.#tab = tab
  }

  /** The last welcome, also while the socket is down. */
  get welcome() {
    return this.#welcome
  }

  /** True between a welcome and the socket's end. */
  get up() {
    return this.#greeted && this.#socket?.readyState === OPEN
  }

  /** True while another tab has the seat, as far as we know: nothing is said or heard here. */
  get elsewhere() {
    return this.#elsewhere
  }

  /** Whether somebody's socket is open on that seat, as far as we know. @param {number} seat */
  isHere(seat) {
    return this.#here.get(seat) ?? false
  }

  open() {
    const { signal } = this.#life
    this.#pulse.listen({ beat: () => this.#beat(), dead: () => this.#died() }, signal)
    onNetworkChange({ changed: () => this.#moved(), doubtful: () => this.#doubt() }, signal)
    addEventListener('pageshow', () => this.#hurry(), { signal })
    this.#deadline = setTimeout(() => this.emit('unreachable'), OPEN_WITHIN)
    this.#connect()
  }

  /** Where another tab had the seat: get it if that one is gone. */
  ask() {
    if (this.#elsewhere) this.#hurry()
  }

  /** Get the seat from another tab. */
  claim() {
    this.#taking = true
    this.ask()
  }

  close() {
    this.#life.abort()
    this.#pulse.stop()
    clearTimeout(this.#timer)
    clearTimeout(this.#deadline)
    this.#socket?.close(1000) // without a number it would look broken, and the seat be kept
    this.#socket = null
  }

  /**
   * Say it now, or as soon as the socket is back, and again where it may be lost; not while another tab has the seat.
   * When very much waits, the oldest falls out.
   * @param {string} type
   * @param {Record<string, unknown>} [fields]
   */
  send(type, fields = {}) {
    if (this.#elsewhere) return
    this.#outbox.add(JSON.stringify({ type, ...fields }))
    this.#flush()
  }

  #flush() {
    if (!this.up) return
    for (const text of this.#outbox.dequeue()) this.#socket?.send(text)
    if (this.#outbox.doubtful) this.#pulse.noteSent()
  }

  #beat() {
    if (!this.up) return this.#replace()
    this.#socket?.send(BEAT)
    this.#outbox.noteBeat()
  }

  /** The socket may be dead: it shows at once whether it is. */
  #doubt() {
    if (this.up) this.#pulse.doubt()
    else this.#hurry()
  }

  /** The socket is dead, whatever it says. It is told to close, so that nothing more comes from it. */
  #replace() {
    const socket = this.#socket
    this.#socket = null
    if (socket) {
      socket.close()
      this.#down(1006)
    }
    this.#hurry()
  }

  #died() {
    this.#noteFailed()
    this.#replace()
  }

  /** Who is cut off learns nothing of what gets through. */
  #noteFailed() {
    if (!this.#greeted && navigator.onLine) this.#choice.noteFailed()
  }

  /** What was said may be lost. @param {number} code */
  #down(code) {
    this.#pulse.stop()
    this.#outbox.again()
    this.emit('down', { code })
  }

  /** The network is another one. */
  #moved() {
    this.#choice.forget()
    this.#replace()
  }

  #connect() {
    if (this.#life.signal.aborted) return
    this.#greeted = false
    if (this.#choice.kind === 'socket') this.#adopt(openSocket(this.#url))
    else this.#connectByHttp()
  }

  async #connectByHttp() {
    clearTimeout(this.#timer)
    const open = await httpSocket().catch(() => null)
    if (this.#socket || this.#life.signal.aborted) return
    if (open) this.#adopt(open(this.#url, this.#tab))
    else this.#closed(1006, '') // the server is gone too
  }

  /** @param {import('./open-socket.js').AnySocket} socket */
  #adopt(socket) {
    this.#socket = socket
    const current = () => this.#socket === socket
    this.#pulse.expect(this.#choice.within)
    socket.onopen = () => socket.send(JSON.stringify({ type: 'hello', token: this.#token, last: this.#last, tab: this.#tab, ...(this.#taking && { take: true }) }))
    socket.onmessage = (/** @type {{ data: string }} */ { data }) => current() && this.#receive(data)
    socket.onclose = (/** @type {{ code: number, reason: string }} */ { code, reason }) => current() && this.#closed(code, reason)
  }

  /** @param {number} code @param {string} reason */
  #closed(code, reason) {
    this.#socket = null
    if (FINAL.includes(code)) {
      this.close()
      this.emit('refused', { code, reason })
      return
    }
    if (ELSEWHERE.includes(code) && !this.#taking) return this.#giveWay()
    this.#noteFailed()
    this.#down(code)
    this.#timer = setTimeout(() => this.#connect(), this.#pause * (0.5 + Math.random()))
    this.#pause = Math.min(code === TRY_LATER ? LATER_PAUSE : LONGEST_PAUSE, this.#pause * 2)
  }

  /** What was to be said from here is not said any more: whoever has the seat begins anew. */
  #giveWay() {
    clearTimeout(this.#deadline)
    this.#pulse.stop()
    this.#outbox.clear()
    this.#here.clear()
    this.#elsewhere = true
    this.emit('elsewhere')
  }

  /** The network is back, or the page: do not wait for the pause to end. */
  #hurry() {
    if (this.#socket) return
    clearTimeout(this.#timer)
    this.#connect()
  }

  /** @param {string} text */
  #receive(text) {
    const message = parsed(text)
    if (!message) return
    this.#pulse.noteReceived()
    if (typeof message.n === 'number' && message.type !== 'welcome') this.#last = message.n
    if (message.type === 'beat') this.#beatAnswered()
    else if (message.type === 'welcome') this.#enter(/** @type {any} */ (message))
    else if (message.type === 'extended') this.#extend(/** @type {any} */ (message))
    else if (message.type === 'error' && message.from === undefined) this.emit('trouble', message)
    else if (message.from !== undefined) this.emit('signal', message)
    else if (['present', 'joined', 'left', 'link', 'ended'].includes(message.type)) this.#note(message)
  }

  /** @param {Welcome} welcome */
  #enter(welcome) {
    clearTimeout(this.#deadline)
    this.#pause = FIRST_PAUSE
    this.#welcome = welcome
    this.#here = new Map(welcome.seats.map(({ seat, here }) => [seat, here]))
    this.#greeted = true
    this.#choice.noteWelcome()
    this.#elsewhere = this.#taking = false
    this.#pulse.start()
    this.#flush()
    this.emit('welcome', welcome)
  }

  #beatAnswered() {
    this.#outbox.confirm()
    this.#pulse.noteAnswered(!this.#outbox.doubtful)
  }

  /** The session lives longer, and so do what the next connections ask relays with. @param {Pick<Welcome, 'expiresAt' | 'iceServers'>} message */
  #extend({ expiresAt, iceServers }) {
    if (this.#welcome) this.#welcome = { ...this.#welcome, expiresAt, iceServers }
  }

  /** @param {SignalMessage} message */
  #note(message) {
    if (message.type === 'present' && message.seat !== undefined) this.#here.set(message.seat, Boolean(message.here))
    this.emit(/** @type {'present'} */ (message.type), /** @type {SeatMessage} */ (message))
  }
}

/** @param {string} text @returns {SignalMessage | null} */
function parsed(text) {
  try {
    const message = JSON.parse(text)
    return typeof message?.type === 'string' ? message : null
  } catch {
    return null
  }
}
