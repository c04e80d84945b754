/** Sends chosen files to one receiver: offers them, then blocks over whichever lane has room, until all are saved. */

import { Emitter } from '../../lib/emitter.js'
import { Condition } from '../../lib/condition.js'
import { BlockQueue } from './block-queue.js'
import { cancelMessage, Gathered } from '../connect/control-messages.js'
import { rootOf } from '../block-digest.js'
import { LanePace } from './lane-pace.js'
import { LaneQueue } from './lane-queue.js'
import { OutgoingManifest } from './outgoing-manifest.js'
import { cleanPath } from '../../lib/file-names.js'
import { BlockReader } from './block-reader.js'
import { entryOf, sealedEntryOf } from '../../crypto/seal-manifest.js'

/** @typedef {FileProgress & { file: File, reader: BlockReader, root: string, ending: Promise<void> | null }} Outgoing */

/**
 * Events: `accepted` (the files wanted), `refused`, `progress` (Progress, in bytes written by the receiver), `verified` and
 * `failed` (FileProgress), `done` (each wanted file is verified or failed), `cancelled` ({by: 'us' | 'other', reason}).
 * A transfer outlives its peer: `attach` another one, and the bytes go on.
 * @extends {Emitter<{ accepted: FileProgress[], refused: void, progress: Progress, verified: FileProgress, failed: FileProgress, done: void, cancelled: Cancelled }>}
 */
export class Sender extends Emitter {
  /** @type {Outgoing[]} */
  #files
  /** @type {import('../road/either-way.js').EitherWay | null} */
  #peer = null
  #manifest
  #blocks = new BlockQueue()
  /** Bytes that they have, whole blocks or not; null from pages that do not say it. @type {number | null} */
  #arrived = null
  #changed = new Condition()
  /** @type {Gathered<Wanted>} */
  #accepting = new Gathered()
  #keys
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
    this.#keys = keys
    this.#files = files.map(({ file, path }, n) => ({
      n, path: cleanPath(path), file, size: file.size, done: 0, state: 'offered', message: '', code: '', reader: this.#reader(n, path, file), root: '', ending: null,
    }))
    this.#manifest = new OutgoingManifest(files.map(keys ? sealedEntryOf : entryOf), keys) // too many files throw here, where the island can say so
    signal?.addEventListener('abort', () => this.cancel(), { signal: this.#life.signal })
    this.attach(peer)
  }

  /** @param {number} n @param {string} path @param {File} file */
  #reader(n, path, file) {
    const keys = this.#keys
    return new BlockReader(file, keys && ((seal) => keys.ofFile({ ...entryOf({ path, file }, n), seal })))
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
      control: (control) => this.#receive(control),
      fault: (error) => this.cancel(error.message),
    }, signal)
    for (const lane of peer.lanes) this.#serve(lane)
    if (peer.open) this.#offer()
  }

  /** @returns {Progress} */
  get progress() {
    const wanted = this.#files.filter(({ state }) => state !== 'offered' && state !== 'refused')
    let left = this.#blocks.written
    for (const file of wanted) {
      file.done = file.state === 'saved' ? file.size : Math.min(file.size, left)
      left = Math.max(0, left - file.size)
    }
    const total = wanted.reduce((sum, { size }) => sum + size, 0)
    const done = Math.min(total, this.#blocks.written)
    return { done, arrived: Math.min(total, this.#arrived ?? done), total, perFile: this.#files.map(shown) }
  }

  /** Give up: the other side is told. @param {string} [reason] */
  cancel(reason = '') {
    if (this.#life.signal.aborted) return
    this.#peer?.send(cancelMessage(reason))
    this.#cancelled('us', reason)
  }

  /** @param {'us' | 'other'} by @param {string} reason */
  #cancelled(by, reason) {
    this.#end(new Error('The transfer was cancelled.'))
    this.emit('cancelled', { by, reason })
  }

  /** @param {Error} why */
  #end(why) {
    this.#manifest.end()
    this.#life.abort(why)
    this.#attached.abort()
    for (const { reader } of this.#files) reader.rest()
  }

  /** Who has the keys reads the list of files while a way is still looked for. @param {import('../road/either-way.js').EitherWay} peer */
  async #offerAhead(peer) {
    const sealed = await this.#manifest.ahead()
    if (sealed) peer.sendManifest(sealed)
  }

  #offer() {
    this.#manifest.offer((message) => this.#peer?.send(message), this.#files.some(({ state }) => state === 'moving'))
    this.#files[0]?.reader.warm()
  }

  /** @param {Control} control */
  #receive(control) {
    if (control.t === 'accept') this.#gather(control)
    else if (control.t === 'refuse') this.#refused()
    else if (control.t === 'written') this.#noteProgress(control.bytes, control.arrived ?? null)
    else if (control.t === 'cancel') this.#cancelled('other', control.reason ?? '')
    else if ('n' in control && this.#files[control.n]) this.#receiveOf(this.#files[control.n], control)
  }

  /** @param {Outgoing} file @param {Control} control */
  #receiveOf(file, control) {
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
    const ours = wanted.filter(({ n }) => this.#files[n])
    for (const { n, from, have, seal } of ours) {
      const file = this.#files[n]
      file.reader.use(seal ?? 1)
      file.state = 'moving'
      file.ending = null
      this.#blocks.want(n, file.size, from, [...(have ?? []), ...this.#onTheWay(n)])
      this.#finish(file)
    }
    this.#manifest.end()
    this.emit('accepted', ours.map(({ n }) => shown(this.#files[n])))
    this.#changed.notify()
    this.#checkDone()
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
    const file = this.#files[next.n]
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

  /** After the last block was handed out: say the root. @param {Outgoing} file */
  #finish(file) {
    if (file.state !== 'moving' || !this.#blocks.allHanded(file.n)) return
    file.ending ??= this.#sayEnd(file).catch(() => this.#failHere(file))
  }

  /** @param {Outgoing} file */
  async #sayEnd(file) {
    const { digests } = file.reader
    // Blocks that another page of ours sent before a reload were not read by this one.
    for (let block = 0; block < digests.length; block += 1) if (!digests[block]) await file.reader.read(block)
    file.root = await rootOf(/** @type {Uint8Array[]} */ (digests))
    file.reader.rest()
    this.#peer?.send({ t: 'end', n: file.n, root: file.root })
  }

  /** The file changed or went away on this side. @param {Outgoing} file */
  #failHere(file) {
    if (file.state === 'failed') return
    const message = `${file.path} was changed, moved or deleted on the sender's side. Choose it again to send it.`
    this.#peer?.send({ t: 'failed', n: file.n, code: 'source', message: message.slice(-200) })
    this.#fail(file, 'source', message)
  }

  /** @param {Outgoing} file @param {string} code @param {string} message */
  #fail(file, code, message) {
    Object.assign(file, { state: 'failed', code, message })
    this.#blocks.drop(file.n)
    file.reader.rest()
    this.emit('failed', shown(file))
    this.#changed.notify()
    this.#checkDone()
  }

  /** @param {Outgoing} file @param {string} root */
  #saved(file, root) {
    if (file.root && file.root !== root) return this.#fail(file, 'digest', `${file.path} arrived, but not with the right bytes.`)
    file.state = 'saved'
    this.emit('verified', shown(file))
    this.#checkDone()
  }

  #checkDone() {
    const wanted = this.#files.filter(({ state }) => state !== 'offered')
    if (!wanted.length || wanted.some(({ state }) => state !== 'saved' && state !== 'failed')) return
    this.#peer?.send({ t: 'done' })
    this.emit('progress', this.progress)
    this.emit('done')
  }
}

/** @param {Outgoing} file @returns {FileProgress} */
function shown({ n, path, size, done, state, message, code }) {
  return { n, path, size, done, state, message, code }
}
