/** Receives from the sender: shows what is offered, takes what was accepted, checks it and writes it where it belongs. */

import { Emitter } from '../../lib/emitter.js'
import { guarded } from '../../lib/guarded.js'
import { Condition } from '../../lib/condition.js'
import { cancelMessage } from '../connect/control-messages.js'
import { hopeless, OtherWay } from './fill-sink.js'
import { BlockAssembly } from './block-assembly.js'
import { IncomingFiles } from './incoming-files.js'
import { ProgressMessages, sendFailed, sendSaved, sendSettled, sendWanted } from './file-messages.js'
import { IncomingManifest } from './incoming-manifest.js'
import { SaveQueue } from './save-queue.js'
import { CREDIT } from '../lanes/frames.js'

const MOST_HELD = 2 * CREDIT

/** @typedef {import('../lanes/frames.js').BytesFrame} BytesFrame */
/** @typedef {import('./incoming-file.js').IncomingFile} IncomingFile */

/**
 * Events: `manifest` (FileProgress[]: ask the person, then `accept`), `progress` (Progress), `saved` and `failed` (FileProgress), `done`
 * (each wanted file is saved or failed), `cancelled` ({by: 'us' | 'other', reason}). A transfer outlives its peer: `attach`
 * another one, and the bytes go on from what the sinks have.
 * @extends {Emitter<{ manifest: FileProgress[], progress: Progress, saved: FileProgress, failed: FileProgress, done: void, cancelled: Cancelled }>}
 */
export class Receiver extends Emitter {
  #sinks
  /** @type {import('../road/either-way.js').EitherWay | null} */
  #peer = null
  #files
  #manifest
  #queue
  #assembly = new BlockAssembly()
  #arrived = new Condition()
  #attached = new AbortController()
  #life = new AbortController()
  /** @type {Promise<void> | null} */
  #saving = null
  #progressMessages = new ProgressMessages()

  /**
   * @param {import('../road/either-way.js').EitherWay} peer
   * @param {Sinks} sinks
   * @param {import('../../crypto/keys.js').Keys | null} [keys] null: the bytes come as they are
   */
  constructor(peer, sinks, keys = null) {
    super()
    this.#sinks = sinks
    this.#manifest = new IncomingManifest(keys)
    this.#files = new IncomingFiles(keys)
    this.#queue = new SaveQueue(this.#files, sinks, this.#arrived)
    this.#queue.listen({
      want: (file) => sendWanted(this.#peer, [file]),
      'want-all': () => this.#wantAll(),
      written: () => this.#noteWritten(),
      saved: (file) => this.#saved(file),
      failed: ({ file, ...why }) => this.#fail(file, why),
    })
    this.attach(peer)
  }

  /** Go on over this peer: another one than before. @param {import('../road/either-way.js').EitherWay} peer */
  attach(peer) {
    this.#attached.abort()
    this.#attached = new AbortController()
    this.#peer = peer
    const { signal } = this.#attached
    peer.listen({
      control: (control) => guarded(() => this.#receive(control), (error) => this.#giveUp(error)),
      manifest: (sealed) => this.#seeAhead(sealed),
      frame: ({ lane, frame }) => guarded(() => this.#frame(lane, frame), (error) => this.#giveUp(error)),
      'lane-lost': (lane) => this.#assembly.forget(lane),
      fault: (error) => this.#giveUp(error),
    }, signal)
  }

  get progress() {
    return this.#files.progress(this.#assembly.bytes)
  }

  /**
   * Take these files (all, when no numbers are given), or once more one that failed. Resolves when none is left to do.
   * @param {number[]} [numbers]
   */
  async accept(numbers = this.#files.all.map(({ n }) => n)) {
    const taken = this.#files.all.filter(({ n, state }) => numbers.includes(n) && (state === 'offered' || state === 'failed'))
    for (const file of taken) file.begin()
    for (const file of this.#files.all) if (file.state === 'offered') file.state = 'refused'
    if (this.#saving) sendWanted(this.#peer, taken)
    this.#saving ??= this.#saveAll().finally(() => (this.#saving = null))
    await this.#saving
  }

  async #saveAll() {
    const { signal } = this.#life
    await this.#queue.saveAll(signal)
    if (signal.aborted || !this.#files.all.some(({ state }) => state === 'saved' || state === 'failed')) return
    this.#sendProgress()
    this.emit('done')
  }

  /** @param {IncomingFile} file */
  #saved(file) {
    file.state = 'saved'
    sendSaved(this.#peer, file)
    this.emit('saved', file.shown)
  }

  /**
   * A file that cannot be had: the sender is told, and the others go on.
   * @param {IncomingFile} file
   * @param {{ code: string, message: string }} why
   */
  #fail(file, { code, message }) {
    this.#drop(file, code, message)
    sendFailed(this.#peer, file)
  }

  /** @param {IncomingFile} file @param {string} code @param {string} message */
  #drop(file, code, message) {
    file.fail(code, message)
    if (this.#sinks.whole()) this.#spoil(file)
    this.#arrived.notify()
    this.#sendProgress()
    this.emit('failed', file.shown)
  }

  /** Files that were to be in one place fail together. @param {IncomingFile} first that failed */
  #spoil(first) {
    first.abandon()
    const message = first.code === 'refused' ? first.message : `The zip could not be finished without ${first.path}.`
    for (const file of this.#files.open) {
      file.fail('refused', message)
      file.abandon()
      sendFailed(this.#peer, file)
    }
  }

  /** A block is in its sink: the sender hears of it now and then, and at the end. */
  #noteWritten() {
    if (this.#progressMessages.due(this.#files.written, performance.now()) || !this.#files.hungry) this.#sendProgress()
  }

  /** The other side broke the rules. @param {Error} error */
  #giveUp({ message }) {
    this.cancel(message, true)
  }

  /** Give up: the other side is told. What is saved stays. @param {string} [reason] @param {boolean} [fault] of the other side */
  cancel(reason = '', fault = false) {
    if (this.#life.signal.aborted) return
    this.#peer?.send(cancelMessage(reason))
    this.#cancelled({ by: 'us', reason, fault })
  }

  /** Let go without a word, as the files come another way: what is here of each, its sink too. */
  async leave() {
    this.#life.abort(new OtherWay())
    this.#attached.abort()
    await this.#saving
    return this.#files.all.map((file) => file.leave())
  }

  /** Let go without a word, for another page of this browser to go on with what it keeps. */
  async release() {
    for (const { sink } of await this.leave()) await sink?.release?.()
  }

  /** @param {Cancelled} how */
  #cancelled(how) {
    this.#end(new Error('The transfer was cancelled.'))
    this.emit('cancelled', how)
  }

  /** @param {Error} why */
  #end(why) {
    this.#life.abort(why)
    this.#attached.abort()
    for (const file of this.#files.all) if (file.state !== 'saved') file.abandon()
  }

  /** @param {Control} control */
  #receive(control) {
    if (control.t === 'manifest') this.#gather(control)
    else if (control.t === 'cancel') this.#cancelled({ by: 'other', reason: control.reason ?? '' })
    else if (control.t === 'done') this.#peer?.send({ t: 'bye' })
    else if ('n' in control) this.#receiveOf(this.#files.get(control.n), control)
  }

  /** @param {IncomingFile | undefined} file @param {Control} control */
  #receiveOf(file, control) {
    if (!file?.open) return
    if (control.t === 'end') file.root = control.root
    else if (control.t === 'failed') {
      this.#drop(file, 'source', control.message || 'The sender could not read this file.')
      file.abandon()
    }
    this.#arrived.notify()
  }

  /** @param {Parameters<IncomingManifest['add']>[0]} manifest */
  #gather(manifest) {
    const offered = this.#manifest.add(manifest)
    if (!offered) return
    const gone = this.#files.meetAgain(offered)
    if (!gone) return this.#offer(offered)
    for (const file of gone) if (file.open) this.#drop(file, 'source', 'The sender does not offer this file any more.')
    if (!this.#saving && this.#files.all.every(({ state }) => state === 'offered')) return
    sendSettled(this.#peer, this.#files.all)
    this.#queue.askForAll()
  }

  /** What comes while a way is looked for. It comes once more over the way, and may be accepted before. @param {string} sealed */
  async #seeAhead(sealed) {
    const offered = await this.#manifest.open(sealed)
    if (offered && !this.#files.all.length && !this.#life.signal.aborted) this.#offer(offered)
  }

  /** @param {ManifestFile[]} offered */
  #offer(offered) {
    this.#files.replace(offered)
    this.emit('manifest', this.#files.shown)
  }

  #wantAll() {
    sendWanted(this.#peer, this.#files.open)
    this.#sendProgress() // the sender's count may be that of a page before a reload
  }

  #sendProgress() {
    const { progress } = this
    this.#progressMessages.send(this.#peer, this.#files.written, progress.arrived, performance.now())
    this.emit('progress', progress)
  }

  /** @param {object} lane @param {BytesFrame} frame */
  #frame(lane, frame) {
    if (!this.#files.all.length) return // still on its way from an earlier try
    const file = this.#files.get(frame.file)
    const length = file?.lengthOf(frame.block) ?? 0
    if (!file || !length) throw new Error('The other side sent a frame of no file.')
    const bytes = this.#assembly.add(lane, frame, length)
    if (bytes && frame.digest) this.#check(file, frame.block, bytes, frame.digest)
    else if (this.#saving && this.#progressMessages.late(performance.now())) this.#sendProgress()
  }

  /** @param {IncomingFile} file @param {number} block @param {Uint8Array} bytes @param {Uint8Array} digest */
  async #check(file, block, bytes, digest) {
    const outcome = await file.check(block, bytes, digest)
    if (outcome === 'again') this.#peer?.send({ t: 'again', n: file.n, block })
    else if (outcome === 'damaged' || outcome === 'unopened') this.#fail(file, hopeless(outcome, file.path))
    if (this.#files.hold.bytes > MOST_HELD) this.cancel('The other side sent more than it may.', true)
    this.#arrived.notify()
  }
}
