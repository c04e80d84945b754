/** The receiver's desk of a session: what is coming, saving it, and the link's page when live cannot be. Part of the session island. */

import { tell } from './dom.js'
import { filesize } from './format.js'
import { Awake } from './awake.js'
import { Outcome } from './outcome.js'
import { Peer } from './peer.js'
import { Receiving } from './receive.js'
import { relayOnly } from './relay-choice.js'
import { percent } from './session-words.js'
import { openSink, sinkKeeps, sinkLimit } from './sink.js'

const SENDER = 0
const RELOADED = {
  kept: 'This page was reloaded. What had arrived is still here: save the files again, and they go on from there.',
  gone: 'This page was reloaded, and a browser cannot continue a download of this kind: it starts again from the beginning.',
}

export class ReceiverDesk {
  /** @type {Peer | null} */
  #peer = null
  /** @type {Receiving | null} */
  #receiving = null
  /** @type {ManifestFile[]} */
  #files = []
  #state = 'waiting'
  #outcome = new Outcome()
  /** Where the person wants the files: nowhere in particular, or what was picked. @type {SinkOptions} */
  #place = {}
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
  }

  /** True while leaving the page would lose something. */
  get busy() {
    return this.#state === 'receiving'
  }

  #listen() {
    const signal = this.#signal
    /** @param {string} type @param {(detail: any) => void} work */
    const on = (type, work) => this.#signaling.addEventListener(type, (event) => work(/** @type {CustomEvent} */ (event).detail), { signal })
    on('welcome', ({ link }) => (link ? this.#becomeLink(link) : this.#meet()))
    on('present', () => this.#show())
    on('link', ({ url }) => this.#becomeLink(url))
    on('signal', (message) => message.type === 'error' && this.#refusedLink(message.message ?? ''))
    this.#view.part('accept').addEventListener('click', () => this.#accept(), { signal })
    this.#view.part('cancel').addEventListener('click', () => this.#receiving?.cancel('The receiver cancelled.'), { signal })
    this.#view.part('retry').addEventListener('click', () => this.#retry(), { signal })
    this.#view.part('accept-into').addEventListener('click', () => this.#pick(), { signal })
    this.#root.addEventListener('relay:chosen', (event) => this.#peer?.relayOnly(/** @type {CustomEvent<boolean>} */ (event).detail), { signal })
    // Where no socket can be opened, the link shows up in the part of the page that counts down.
    document.addEventListener('htmx:after:swap', () => this.#lookForLink(), { signal })
    signal.addEventListener('abort', () => this.#peer?.close())
  }

  #lookForLink() {
    const link = this.#root.querySelector('[data-link]')
    if (link instanceof HTMLElement) this.#becomeLink(link.dataset.link ?? '')
  }

  #meet() {
    if (this.#peer) return this.#show()
    if (!globalThis.RTCPeerConnection) {
      this.#signaling.send('ready', { to: SENDER, webrtc: false })
      this.#view.notice('This browser cannot connect to others directly (WebRTC is off or missing). The sender is asked to send by a link; keep this page open.')
      return
    }
    const peer = new Peer({ signaling: this.#signaling, seat: SENDER, relayOnly: relayOnly() })
    this.#peer = peer
    /** @param {string} type @param {(detail: any) => void} work */
    const on = (type, work) => peer.addEventListener(type, (event) => work(/** @type {CustomEvent} */ (event).detail), { signal: this.#signal })
    on('open', () => {
      this.#outcome.opened()
      this.#show()
    })
    for (const change of ['lost', 'shaky', 'steady']) on(change, () => this.#show())
    on('path', (path) => this.#view.path(path))
    this.#receive(peer)
    this.#show()
  }

  /** @param {Peer} peer */
  #receive(peer) {
    const code = this.#root.dataset.code ?? ''
    const receiving = new Receiving(peer, (file, end) => openSink(file, { keepAs: code, ...this.#place }, end))
    this.#receiving = receiving
    /** @param {string} type @param {(detail: any) => void} work */
    const on = (type, work) => receiving.addEventListener(type, (event) => receiving === this.#receiving && work(/** @type {CustomEvent} */ (event).detail), { signal: this.#signal })
    on('manifest', (files) => this.#offered(files))
    on('progress', () => this.#moved())
    on('saved', () => this.#show())
    on('failed', () => this.#show())
    on('done', () => this.#done())
    on('cancelled', ({ by }) => this.#cancelled(peer, by))
  }

  /** It is over, but the sender may offer again over the same way. @param {Peer} peer @param {'us' | 'other'} by */
  #cancelled(peer, by) {
    this.#forget()
    this.#become(by === 'us' ? 'stopped' : 'cancelled')
    this.#receive(peer)
  }

  /** What was not offered before. @param {ManifestFile[]} files */
  async #offered(files) {
    this.#files = files
    this.#become('offered')
    this.#view.rows(files, files.length > 1 ? () => this.#weigh() : null)
    const several = files.length > 1 || files[0]?.path.includes('/')
    this.#view.part('accept-into').textContent = several ? 'Save into a folder…' : 'Save as…'
    await this.#weigh()
  }

  /** Say before accepting what this browser cannot hold, and what a reload has cost. */
  async #weigh() {
    const limit = await sinkLimit()
    const wanted = this.#wanted()
    const tooLarge = limit === null ? undefined : this.#files.find(({ n, size }) => wanted.includes(n) && size > limit)
    if (tooLarge) this.#view.notice(`This browser can save at most ${filesize(limit ?? 0)} at once, and ${tooLarge.path} is larger. Ask the sender to use a link instead, or open this page in another browser.`)
    else this.#view.notice(this.#interrupted ? RELOADED[sinkKeeps() ? 'kept' : 'gone'] : '')
    for (const button of ['accept', 'accept-into']) /** @type {HTMLButtonElement} */ (this.#view.part(button)).disabled = !wanted.length
    if (tooLarge) /** @type {HTMLButtonElement} */ (this.#view.part('accept')).disabled = true
  }

  get #mark() {
    return `receiving ${this.#root.dataset.code}`
  }

  /** An earlier page of this tab was receiving when it was left. */
  get #interrupted() {
    return sessionStorage.getItem(this.#mark) !== null
  }

  #forget() {
    sessionStorage.removeItem(this.#mark)
  }

  /** The person says where, in the browser's own dialog. */
  async #pick() {
    const [only, ...others] = this.#files.filter(({ n }) => this.#wanted().includes(n))
    try {
      if (others.length || only.path.includes('/')) this.#place = { directory: await showDirectoryPicker({ mode: 'readwrite' }) }
      else this.#place = { file: await showSaveFilePicker({ suggestedName: only.path }) }
    } catch (error) {
      if (error instanceof DOMException && error.name === 'AbortError') return // the dialog was closed
      return this.#view.notice('The browser did not allow to save there. Choose another place, or save the files the other way.')
    }
    this.#accept()
  }

  #wanted() {
    return this.#files.length > 1 ? this.#view.chosen() : this.#files.map(({ n }) => n)
  }

  #accept() {
    const wanted = this.#wanted()
    this.#view.settle()
    this.#view.notice('')
    sessionStorage.setItem(this.#mark, '1')
    for (const { n } of this.#files) if (!wanted.includes(n)) this.#view.row(n, 'refused', 'not wanted')
    this.#receiving?.accept(wanted)
    this.#become('receiving')
  }

  #moved() {
    const done = this.#receiving?.progress.done ?? 0
    this.#outcome.moved(done)
    if (this.#outcome.due(performance.now())) this.#signaling.send('moving')
    this.#show()
  }

  #done() {
    const failed = this.#receiving?.progress.perFile.some(({ state }) => state === 'failed')
    if (!failed) this.#forget()
    this.#become(failed ? 'incomplete' : 'done')
  }

  #retry() {
    const failed = this.#state === 'incomplete' ? this.#receiving?.progress.perFile.filter(({ state }) => state === 'failed') : null
    if (failed) return this.#acceptAgain(failed.map(({ n }) => n))
    this.#peer?.close()
    this.#peer = null
    this.#state = 'waiting'
    this.#view.notice('')
    this.#meet()
  }

  /** Files that failed, on from their last good block where their sink still has it. @param {number[]} failed */
  #acceptAgain(failed) {
    for (const n of failed) this.#view.row(n, 'waiting', '')
    this.#receiving?.accept(failed)
    this.#become('receiving')
  }

  /** @param {string} state */
  #become(state) {
    this.#state = state
    this.#awake.keep(this.busy)
    this.#show()
  }

  /** The sender sends by a link now: show its page in this one, and start what can be started. @param {string} url */
  #becomeLink(url) {
    if (this.#state === 'done' || this.#state === 'link') return
    this.#state = 'link'
    this.#forget()
    this.#awake.keep(false)
    this.#peer?.close()
    this.#receiving?.leave()
    this.#view.status('fallback', 'The files come by a link now')
    tell(document, 'link:follow', { url })
    htmx.ajax('GET', url, { source: this.#root, target: '#live', swap: 'outerHTML', replace: url })
  }

  /** @param {string} message */
  #refusedLink(message) {
    if (this.busy && this.#peer?.open) return
    this.#view.status('failed', 'No connection, and no link')
    this.#view.notice(`${message} The sender can try again; keep this page open.`)
    this.#view.show('retry', true)
  }

  /** @param {string} sentence */
  over(sentence) {
    if (this.busy || this.#state === 'link') return // bytes go on without the server
    this.#view.notice(sentence)
    if (this.#state !== 'done') this.#view.status('failed', 'This session is over')
  }

  unreachable() {
    if (this.busy || this.#state === 'link') return
    this.#view.notice('The network keeps live sessions from this page. The sender is asked to send by a link; keep this page open.')
    htmx.ajax('POST', this.#root.dataset.askUrl ?? '', { source: this.#root, target: '#live-state', swap: 'outerMorph' })
  }

  #show() {
    if (this.#state === 'link') return
    const [state, text] = this.#summary()
    this.#view.status(state, text)
    this.#view.show('accept', this.#state === 'offered')
    this.#view.show('accept-into', this.#state === 'offered' && 'showDirectoryPicker' in globalThis)
    this.#view.show('cancel', this.#state === 'offered' || this.#state === 'receiving')
    this.#view.show('retry', ['cancelled', 'stopped', 'incomplete'].includes(this.#state))
    this.#view.show('verified', this.#state === 'done')
    const progress = this.#receiving?.progress
    if (!progress || this.#state === 'offered' || this.#state === 'waiting') return
    this.#view.progress(progress.done, progress.total)
    for (const { n, state: file, done, size, message } of progress.perFile) {
      if (file === 'saved') this.#view.row(n, 'ready', 'verified')
      else if (file === 'failed') this.#view.row(n, 'failed', message)
      else if (file === 'verifying') this.#view.row(n, 'uploading', 'checking')
      else if (file === 'moving' && done) this.#view.row(n, 'uploading', `arriving, ${percent(done, size)} %`)
    }
  }

  /** @returns {[import('./session-view.js').Status, string]} */
  #summary() {
    const here = this.#signaling.isHere(SENDER)
    const open = this.#peer?.well
    if (this.#state === 'done') return ['completed', 'Everything is saved']
    if (this.#state === 'incomplete') return ['failed', 'Not everything could be saved']
    if (this.#state === 'cancelled') return ['failed', 'The sender cancelled']
    if (this.#state === 'stopped') return ['failed', 'Cancelled']
    if (this.#state === 'receiving' && !open) return ['connecting', 'The connection broke. Looking for another way…']
    if (this.#state === 'receiving') {
      const progress = this.#receiving?.progress
      return progress && progress.total > 0 && progress.done >= progress.total ? ['verifying', 'Checking that every byte arrived'] : ['transferring', 'Receiving']
    }
    if (this.#state === 'offered') return ['connected', 'The sender offers you:']
    if (open) return ['connected', 'Connected. Waiting for the list of files']
    return here ? ['connecting', 'Connecting to the sender…'] : ['signaling', 'Waiting for the sender']
  }
}
