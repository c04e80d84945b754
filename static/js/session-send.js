/** The sender's desk of a session: one transfer for each receiver, and the link when live cannot be. Part of the session island. */

import { manifestOf } from './chosen.js'
import { find, showAlert, tell } from './dom.js'
import { Outcome } from './outcome.js'
import { Peer } from './peer.js'
import { Sending } from './send.js'
import { summary, sum } from './session-words.js'
import { Awake } from './awake.js'

// No open channel this long after both are there, or none again this long after one broke: a link instead. Milliseconds.
const CONNECT_WITHIN = 12_000
const RESTORE_WITHIN = 20_000

/** @typedef {import('./session-words.js').Part} Part one receiver's part */

export class SenderDesk {
  /** @type {Chosen[]} */
  #chosen = []
  /** @type {Map<number, Part>} */
  #parts = new Map()
  #fellBack = false
  #root
  #view
  #signaling
  #signal
  #awake

  /**
   * @param {HTMLElement} root
   * @param {import('./session-view.js').View} view
   * @param {import('./signaling.js').Signaling} signaling
   * @param {AbortSignal} signal
   */
  constructor(root, view, signaling, signal) {
    this.#root = root
    this.#view = view
    this.#signaling = signaling
    this.#signal = signal
    this.#awake = new Awake(signal)
    this.#listen()
    view.show('again', true)
  }

  /** True while leaving the page would interrupt somebody. */
  get busy() {
    return !this.#fellBack && [...this.#parts.values()].some(({ state }) => state === 'transferring')
  }

  #listen() {
    const signal = this.#signal
    this.#root.addEventListener('files:chosen', (event) => this.#take(/** @type {CustomEvent<Handover>} */ (event).detail.chosen), { signal })
    /** @param {string} type @param {(detail: any) => void} work */
    const on = (type, work) => this.#signaling.addEventListener(type, (event) => work(/** @type {CustomEvent} */ (event).detail), { signal })
    on('welcome', ({ seats }) => seats.forEach((/** @type {{ seat: number, here: boolean }} */ { seat, here }) => this.#present(seat, here)))
    on('joined', ({ seat }) => {
      tell(this.#root, 'session:changed')
      this.#present(seat, false)
    })
    on('present', ({ seat, here }) => this.#present(seat, here))
    on('left', ({ seat }) => this.#left(seat))
    on('signal', (message) => message.type === 'ready' && message.webrtc === false && this.#fallBack('no-webrtc'))
    this.#view.part('cancel').addEventListener('click', () => this.#cancelAll(), { signal })
    this.#view.part('retry').addEventListener('click', () => this.#retry(), { signal })
    const form = find(this.#root, '[data-fall-back]')
    form.addEventListener('submit', () => this.#prepareLink(), { signal, capture: true })
    form.addEventListener('htmx:after:request', (event) => this.#linkAnswered(/** @type {CustomEvent<HtmxDetail>} */ (event).detail.ctx), { signal })
    this.#signal.addEventListener('abort', () => this.#closeAll())
  }

  /** @param {Chosen[]} chosen */
  #take(chosen) {
    this.#chosen = chosen
    this.#view.show('again', false)
    this.#view.rows(chosen.map(({ path, file }, n) => ({ n, path, size: file.size })))
    find(this.#root, '[data-fall-back] button').removeAttribute('disabled')
    if (!globalThis.RTCPeerConnection) return this.#fallBack('no-webrtc')
    for (const part of this.#parts.values()) this.#serve(part)
    this.#show()
  }

  /** @param {number} seat @param {boolean} here */
  #present(seat, here) {
    if (this.#fellBack || !globalThis.RTCPeerConnection) return
    const part = this.#parts.get(seat) ?? this.#meet(seat)
    if (here) this.#expect(part, CONNECT_WITHIN)
    else if (!part.peer.open) clearTimeout(part.timer)
    this.#show()
  }

  /** @param {number} seat @returns {Part} */
  #meet(seat) {
    const box = this.#root.querySelector('[data-relay-only]')
    const relayOnly = box instanceof HTMLInputElement && box.checked
    const part = { seat, peer: new Peer({ signaling: this.#signaling, seat, relayOnly }), sending: null, state: 'connecting', timer: 0, outcome: new Outcome() }
    this.#parts.set(seat, part)
    /** @param {string} type @param {(detail: any) => void} work */
    const on = (type, work) => part.peer.addEventListener(type, (event) => work(/** @type {CustomEvent} */ (event).detail), { signal: this.#signal })
    on('open', () => this.#opened(part))
    on('lost', () => this.#lost(part))
    on('path', (path) => {
      part.outcome.path = path
      this.#view.path(path)
    })
    this.#serve(part)
    return part
  }

  /** Begin to offer the files, as soon as there are files and a peer. @param {Part} part */
  #serve(part) {
    if (part.sending || !this.#chosen.length) return
    const sending = new Sending(part.peer, this.#chosen)
    part.sending = sending
    /** @param {string} type @param {(detail: any) => void} work */
    const on = (type, work) => sending.addEventListener(type, (event) => work(/** @type {CustomEvent} */ (event).detail), { signal: this.#signal })
    on('accepted', () => this.#become(part, 'transferring'))
    on('refused', () => this.#become(part, 'refused'))
    on('progress', () => this.#moved(part))
    on('verified', () => this.#show())
    on('failed', () => this.#show())
    on('done', () => this.#done(part))
    on('cancelled', ({ by }) => this.#cancelled(part, by))
  }

  /** @param {Part} part */
  #opened(part) {
    clearTimeout(part.timer)
    part.outcome.opened()
    if (part.state === 'connecting' || part.state === 'restoring') this.#become(part, part.sending?.progress.total ? 'transferring' : 'connected')
  }

  /** @param {Part} part */
  #lost(part) {
    if (!['transferring', 'connected'].includes(part.state)) return
    this.#become(part, 'restoring')
    this.#expect(part, RESTORE_WITHIN)
  }

  /** Fall back unless the channel opens within so many milliseconds. @param {Part} part @param {number} within */
  #expect(part, within) {
    if (part.peer.open || ['done', 'cancelled', 'refused', 'left'].includes(part.state)) return
    clearTimeout(part.timer)
    part.timer = setTimeout(() => {
      if (!part.peer.open) this.#fallBack(part.state === 'restoring' ? 'lost' : 'no-channel')
    }, within)
  }

  /** @param {Part} part */
  #moved(part) {
    const now = performance.now()
    part.outcome.moved(part.sending?.progress.done ?? 0)
    if (part.outcome.due(now)) this.#signaling.send('moving')
    this.#show()
  }

  /** @param {Part} part */
  #done(part) {
    const failed = part.sending?.progress.perFile.some(({ state }) => state === 'failed')
    part.outcome.tell(failed ? 'failed' : part.peer.path === 'relayed' ? 'relayed' : 'direct', failed ? 'other' : '')
    this.#become(part, 'done')
  }

  /** @param {Part} part @param {'us' | 'other'} by */
  #cancelled(part, by) {
    part.outcome.tell('cancelled', '')
    this.#become(part, by === 'us' ? 'stopped' : 'cancelled')
  }

  /** @param {number} seat */
  #left(seat) {
    const part = this.#parts.get(seat)
    if (!part) return
    clearTimeout(part.timer)
    part.peer.close()
    this.#parts.delete(seat)
    this.#show()
  }

  /** @param {Part} part @param {string} state */
  #become(part, state) {
    part.state = state
    this.#awake.keep(this.busy)
    this.#show()
  }

  #cancelAll() {
    for (const { sending } of this.#parts.values()) sending?.cancel('The sender cancelled.')
  }

  /** Begin anew with everybody who did not get everything. */
  #retry() {
    this.#view.notice('')
    for (const [seat, part] of this.#parts) {
      if (part.state === 'done') continue
      part.peer.close()
      this.#parts.delete(seat)
      this.#present(seat, this.#signaling.isHere(seat))
    }
  }

  #closeAll() {
    for (const { peer, timer } of this.#parts.values()) {
      clearTimeout(timer)
      peer.close()
    }
  }

  /** Files that some receiver still lacks. */
  #missing() {
    const parts = [...this.#parts.values()].filter(({ state }) => state !== 'left')
    const saved = (/** @type {number} */ n) => parts.length > 0 && parts.every(({ sending }) => sending?.progress.perFile[n].state === 'saved')
    return this.#chosen.filter((_, n) => !saved(n))
  }

  #prepareLink() {
    const missing = this.#missing()
    const manifest = /** @type {HTMLInputElement} */ (find(this.#root, '[data-fall-back] [data-manifest]'))
    manifest.value = manifestOf(missing)
    tell(this.#root, 'session:files', missing)
  }

  /** @param {import('./outcome.js').Reason} reason */
  #fallBack(reason) {
    // Whoever receives well goes on; the link is for when nobody does.
    if (this.#fellBack || !this.#chosen.length || this.busy) return
    this.#fellBack = true
    for (const { outcome } of this.#parts.values()) outcome.tell('fell-back', reason)
    this.#view.status('fallback', 'The browsers cannot reach each other. Sending by a link instead')
    this.#view.path('link')
    this.#prepareLink()
    tell(find(this.#root, '[data-fall-back]'), 'live:failed')
  }

  /** The server did not make a link: say so on both sides. @param {HtmxContext | undefined} ctx */
  #linkAnswered(ctx) {
    const status = ctx?.response?.status ?? 0
    if (status >= 200 && status < 300) return
    this.#fellBack = false
    const message = status === 413 || status === 507 ? 'The server does not take these files as a link either.' : 'The server could not be reached for a link.'
    this.#view.status('failed', 'No connection, and no link')
    this.#view.notice(`${message} Try again when both of you are in the same network, or send less at once.`)
    this.#view.show('retry', true)
    for (const seat of this.#parts.keys()) this.#signaling.send('error', { to: seat, code: 'no-link', message })
  }

  /** @param {string} sentence */
  over(sentence) {
    if (this.busy || this.#fellBack) return // bytes go on without the server
    this.#view.notice(sentence)
    if (![...this.#parts.values()].some(({ state }) => state === 'done')) this.#view.status('failed', 'This session is over')
  }

  unreachable() {
    if (this.busy) return
    if (this.#chosen.length) this.#fallBack('no-socket')
    else showAlert('This page cannot keep a connection to the server, which live sending needs. Get a link instead.', 'live')
  }

  #show() {
    if (this.#fellBack) return
    const parts = [...this.#parts.values()]
    const [state, text] = summary(parts, this.#chosen.length > 0, (seat) => this.#signaling.isHere(seat))
    this.#view.status(state, text)
    const all = parts.map(({ sending }) => sending?.progress).filter((one) => one?.total)
    if (all.length) this.#view.progress(sum(all.map((one) => one?.done ?? 0)), sum(all.map((one) => one?.total ?? 0)))
    this.#view.show('verified', state === 'completed')
    this.#view.show('cancel', state === 'transferring' || state === 'verifying')
    this.#view.show('fall-back', state !== 'completed')
    this.#view.show('retry', parts.some((part) => part.state === 'cancelled' || part.state === 'stopped'))
    this.#showRows(parts)
  }

  /** @param {Part[]} parts */
  #showRows(parts) {
    this.#chosen.forEach((_, n) => {
      const files = parts.map(({ sending }) => sending?.progress.perFile[n]).filter((one) => one && one.state !== 'offered')
      const failed = files.find((one) => one?.state === 'failed')
      const saved = files.filter((one) => one?.state === 'saved').length
      if (failed) this.#view.row(n, 'failed', failed.message)
      else if (files.length && saved === files.length) this.#view.row(n, 'ready', 'verified')
      else if (files.some((one) => one?.done)) this.#view.row(n, 'uploading', saved ? `verified by ${saved} of ${files.length}` : 'sending')
    })
  }
}
