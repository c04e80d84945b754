/** Sends chosen files to one receiver: offers them, then blocks over whichever lane has room, until all are saved. */

import { Emitter } from '../../lib/emitter.js'
import { guarded } from '../../lib/guarded.js'
import { Condition } from '../../lib/condition.js'
import { BlockQueue } from './block-queue.js'
import { cancelMessage, Gathered } from '../connect/control-messages.js'
import { rootOf } from '../block-digest.js'
import { LanePace } from './lane-pace.js'
import { LaneQueue } from './lane-queue.js'
import { OutgoingFiles } from './outgoing-files.js'
import { OutgoingManifest } from './outgoing-manifest.js'
import { entryOf, sealedEntryOf } from '../../crypto/seal-manifest.js'

/** @typedef {import('./outgoing-files.js').OutgoingFile} OutgoingFile */

/**
 * Events: `accepted` (the files wanted), `refused`, `progress` (Progress, in bytes written by the receiver), `verified` and
 * `failed` (FileProgress), `done` (each wanted file is verified or failed), `cancelled` ({by: 'us' | 'other', reason}).
 * A transfer outlives its peer: `attach` another one, and the bytes go on.
 * @extends {Emitter<{ accepted: FileProgress[], refused: void, progress: Progress, verified: FileProgress, failed: FileProgress, done: void, cancelled: Cancelled }>}
 */
export class Sender extends Emitter {
  /** @type {import('../road/either-way.js').EitherWay | null} */
  #peer = null
  #files
  #manifest
  #blocks = new BlockQueue()
  /** Bytes that they have, whole blocks or not; null from pages that do not say it. @type {number | null} */
  #arrived = null
  #changed = new Condition()
  /** @type {Gathered<Wanted>} */
  #accepting = new Gathered()
  /** @type {Map<import('../road/either-way.js').AnyLane, LaneQueue>} */
  #loads = new Map()
  #pace = new LanePace()
  /** How many of them a block is on its way to, and whether one waits for others to be done. */
  #carrying = 0
  #held = false
  #attached = new AbortController()
  #life = new AbortController()

  /**
   * @param {import('../road/either-way.js').EitherWay} peer
   * @param {{ file: File, path: string }[]} files
   * @param {import('../../crypto/keys.js').Keys | null} [keys] null: the bytes go as they are
   * @param {AbortSignal} [signal] aborted when the person cancels
   */
  constructor(peer, files, keys = null, signal) {
    super()
    this.#files = new OutgoingFiles(files, keys)
    this.#manifest = new OutgoingManifest(files.map(keys ? sealedEntryOf : entryOf), keys) // too many files throw here, where the island can say so
    signal?.addEventListener('abort', () => this.cancel(), { signal: this.#life.signal })
    this.attach(peer)
  }

  /** Go on over this peer: another one, or the same after a break. @param {import('../road/either-way.js').EitherWay} peer */
  attach(peer) {
    this.#attached.abort()
    this.#attached = new AbortController()
    this.#peer = peer
    const { signal } = this.#attached
    peer.listen({
      open: () => this.#offer(),
      answered: () => this.#offerAhead(peer),
      lane: (lane) => this.#serve(lane),
      control: (control) => guarded(() => this.#receive(control), (error) => this.#giveUp(error)),
      fault: (error) => this.#giveUp(error),
    }, signal)
    for (const lane of peer.lanes) this.#serve(lane)
    if (peer.open) this.#offer()
  }

  get progress() {
    return this.#files.progress(this.#blocks.written, this.#arrived)
  }

  /** The other side broke the rules. @param {Error} error */
  #giveUp({ message }) {
    this.cancel(message, true)
  }

  /** Give up: the other side is told. @param {string} [reason] @param {boolean} [fault] of the other side */
  cancel(reason = '', fault = false) {
    if (this.#life.signal.aborted) return
    this.#peer?.send(cancelMessage(reason))
    this.#cancelled({ by: 'us', reason, fault })
  }

  /** @param {Cancelled} how */
  #cancelled(how) {
    this.#end(new Error('The transfer was cancelled.'))
    this.emit('cancelled', how)
  }

  /** @param {Error} why */
  #end(why) {
    this.#manifest.end()
    this.#life.abort(why)
    this.#attached.abort()
    this.#files.rest()
  }

  /** Who has the keys reads the list of files while a way is still looked for. @param {import('../road/either-way.js').EitherWay} peer */
  async #offerAhead(peer) {
    const sealed = await this.#manifest.ahead()
    if (sealed) peer.sendManifest(sealed)
  }

  #offer() {
    this.#manifest.offer((message) => this.#peer?.send(message), this.#files.moving)
    this.#files.get(0)?.reader.warm()
  }

  /** @param {Control} control */
  #receive(control) {
    if (control.t === 'accept') this.#gather(control)
    else if (control.t === 'refuse') this.#refused()
    else if (control.t === 'written') this.#noteProgress(control.bytes, control.arrived ?? null)
    else if (control.t === 'cancel') this.#cancelled({ by: 'other', reason: control.reason ?? '' })
    else if ('n' in control) this.#receiveOf(this.#files.get(control.n), control)
  }

  /** @param {OutgoingFile | undefined} file @param {Control} control */
  #receiveOf(file, control) {
    if (!file) return
    if (control.t === 'saved') this.#saved(file, control.root)
    else if (control.t === 'failed') this.#fail(file, control.code, control.message || 'The other side could not save this file.')
    else if (control.t === 'again') {
      this.#blocks.giveBack({ n: file.n, block: control.block })
      this.#changed.notify()
    }
  }

  /** @param {{ files: Wanted[], more?: boolean | null }} accept */
  #gather({ files, more }) {
    const wanted = this.#accepting.add(files, more)
    if (!wanted) return
    const ours = wanted.flatMap(({ n }) => this.#files.get(n) ?? [])
    for (const wish of wanted) this.#want(this.#files.get(wish.n), wish)
    this.#manifest.end()
    this.emit('accepted', ours.map(({ shown }) => shown))
    this.#changed.notify()
    this.#checkDone()
  }

  /** @param {OutgoingFile | undefined} file @param {Wanted} wish */
  #want(file, { from, have, seal }) {
    if (!file) return
    file.reader.use(seal ?? 1)
    file.state = 'moving'
    file.ending = null
    this.#blocks.want(file.n, file.size, from, [...(have ?? []), ...this.#onTheWay(file.n)])
    this.#finish(file)
  }

  /** Blocks of a file that living lanes carry now. @param {number} n */
  #onTheWay(n) {
    return [...this.#loads.values()].flatMap((load) => load.unacknowledged).filter((block) => block.n === n).map(({ block }) => block)
  }

  #refused() {
    this.#end(new Error('The other side does not want these files.'))
    this.emit('refused')
  }

  /** @param {number} bytes @param {number | null} arrived */
  #noteProgress(bytes, arrived) {
    this.#blocks.noteWritten(bytes)
    this.#arrived = arrived
    this.#changed.notify()
    this.emit('progress', this.progress)
  }

  /** Carry blocks over this lane for as long as it lives. @param {import('../road/either-way.js').AnyLane} lane */
  async #serve(lane) {
    if (this.#loads.has(lane)) return
    const load = new LaneQueue(lane)
    this.#loads.set(lane, load)
    let acked = lane.flow.acked
    lane.listen({
      drain: () => this.#changed.notify(),
      ack: () => {
        this.#pace.noteAcknowledged(lane.flow.acked - acked, performance.now())
        acked = lane.flow.acked
        if (this.#held && this.#carrying < this.#pace.most) this.#changed.notify()
      },
    })
    const { signal } = this.#attached
    const both = AbortSignal.any([signal, lane.signal])
    try {
      while (!lane.draining) await this.#carryOne(load, both)
      await lane.untilEmpty()
      lane.close()
    } catch (error) {
      if (!both.aborted) this.cancel(String(error))
    }
    this.#loads.delete(lane)
    for (const block of load.unacknowledged) this.#blocks.giveBack(block)
    this.#changed.notify()
  }

  /** @param {LaneQueue} load @param {AbortSignal} signal */
  async #carryOne(load, signal) {
    const next = this.#manifest.asking || (this.#held = this.#carrying >= this.#pace.most) ? null : this.#blocks.next()
    if (!next) return this.#changed.changed(signal)
    load.enqueue(next)
    this.#pace.begin(performance.now())
    this.#carrying += 1
    try {
      await this.#carry(load, next, signal)
    } finally {
      this.#carrying -= 1
      this.#changed.notify()
    }
  }

  /** @param {LaneQueue} load @param {import('./block-queue.js').Block} next @param {AbortSignal} signal */
  async #carry(load, next, signal) {
    const file = /** @type {OutgoingFile} */ (this.#files.get(next.n))
    let read
    try {
      read = await file.reader.read(next.block)
    } catch {
      load.forget(next)
      return this.#failHere(file)
    }
    await load.carry(next, read, signal)
    signal.throwIfAborted()
    this.#finish(file)
  }

  /** After the last block was handed out: say the root. @param {OutgoingFile} file */
  #finish(file) {
    if (file.state !== 'moving' || !this.#blocks.allHanded(file.n)) return
    file.ending ??= this.#sayEnd(file).catch(() => this.#failHere(file))
  }

  /** @param {OutgoingFile} file */
  async #sayEnd(file) {
    const { digests } = file.reader
    // Blocks that another page of ours sent before a reload were not read by this one.
    for (let block = 0; block < digests.length; block += 1) if (!digests[block]) await file.reader.read(block)
    file.root = await rootOf(/** @type {Uint8Array[]} */ (digests))
    file.reader.rest()
    this.#peer?.send({ t: 'end', n: file.n, root: file.root })
  }

  /** The file changed or went away on this side. @param {OutgoingFile} file */
  #failHere(file) {
    if (file.state === 'failed') return
    const message = `${file.path} was changed, moved or deleted on the sender's side. Choose it again to send it.`
    this.#peer?.send({ t: 'failed', n: file.n, code: 'source', message: message.slice(-200) })
    this.#fail(file, 'source', message)
  }

  /** @param {OutgoingFile} file @param {string} code @param {string} message */
  #fail(file, code, message) {
    file.fail(code, message)
    this.#blocks.drop(file.n)
    this.emit('failed', file.shown)
    this.#changed.notify()
    this.#checkDone()
  }

  /** @param {OutgoingFile} file @param {string} root */
  #saved(file, root) {
    if (file.root && file.root !== root) return this.#fail(file, 'digest', `${file.path} arrived, but not with the right bytes.`)
    file.state = 'saved'
    this.emit('verified', file.shown)
    this.#checkDone()
  }

  #checkDone() {
    if (!this.#files.settled) return
    this.#peer?.send({ t: 'done' })
    this.emit('progress', this.progress)
    this.emit('done')
  }
}
