/** Receives from the sender: shows what is offered, takes what was accepted, checks it and writes it where it belongs. */

import { Bell } from './bell.js'
import { CREDIT } from './blocks.js'
import { checkManifest, Gathered, splitAccept } from './control.js'
import { Assembly, Incoming, pairs } from './incoming.js'
import { fill, hopeless, OtherWay, reasonOf } from './filling.js'

const WRITTEN_EVERY = 2 * 1024 * 1024
// Progress is said this often (ms) on slow lines, where 2 MiB take long.
const WRITTEN_AT_LEAST = 500
const MOST_HELD = 2 * CREDIT

/** @typedef {import('./wire.js').BytesFrame} BytesFrame */

/**
 * Events: `manifest` (FileProgress[]: ask the person, then `accept`), `progress` (Progress), `saved` and `failed` (FileProgress), `done`
 * (each wanted file is saved or failed), `cancelled` ({by: 'us' | 'other', reason}). A transfer outlives its peer: `attach`
 * another one, and the bytes go on from what the sinks have.
 */
export class Receiving extends EventTarget {
  #sinks
  #keys
  /** @type {import('./peer.js').Peer | null} */
  #peer = null
  /** @type {Incoming[]} */
  #files = []
  /** @type {Map<number, Incoming>} */
  #byNumber = new Map()
  #hold = { bytes: 0 }
  /** @type {Gathered<ManifestFile>} */
  #offered = new Gathered()
  /** @type {WeakMap<import('./lane.js').Lane, Assembly>} */
  #assemblies = new WeakMap()
  #arrived = new Bell()
  #attached = new AbortController()
  #life = new AbortController()
  /** @type {Promise<void> | null} */
  #writing = null
  #told = 0
  #toldAt = 0

  /**
   * @param {import('./peer.js').Peer} peer
   * @param {Sinks} sinks
   * @param {import('./keys.js').Keys | null} [keys] null: the bytes come as they are
   */
  constructor(peer, sinks, keys = null) {
    super()
    this.#sinks = sinks
    this.#keys = keys
    this.attach(peer)
  }

  /** Go on over this peer: another one than before. @param {import('./peer.js').Peer} peer */
  attach(peer) {
    this.#attached.abort()
    this.#attached = new AbortController()
    this.#peer = peer
    const { signal } = this.#attached
    /** @param {string} type @param {(detail: any) => void} work */
    const on = (type, work) => peer.addEventListener(type, (event) => this.#guarded(() => work(/** @type {CustomEvent} */ (event).detail)), { signal })
    on('control', (control) => this.#take(control))
    on('frame', ({ lane, frame }) => this.#frame(lane, frame))
    on('fault', (error) => this.cancel(error.message))
  }

  /** @param {() => void} work on something of the other side */
  #guarded(work) {
    try {
      work()
    } catch (error) {
      this.cancel(error instanceof Error ? error.message : String(error))
    }
  }

  /** @returns {Progress} */
  get progress() {
    const wanted = this.#files.filter(({ state }) => state !== 'offered' && state !== 'refused')
    const total = wanted.reduce((sum, { size }) => sum + size, 0)
    return { done: this.#written, total, perFile: this.#files.map(({ shown }) => shown) }
  }

  get #written() {
    return this.#files.reduce((sum, { written }) => sum + written, 0)
  }

  /**
   * Take these files (all, when no numbers are given), or once more one that failed. Resolves when none is left to do.
   * @param {number[]} [numbers]
   */
  async accept(numbers = this.#files.map(({ n }) => n)) {
    const taken = this.#files.filter(({ n, state }) => numbers.includes(n) && (state === 'offered' || state === 'failed'))
    for (const file of taken) file.begin()
    for (const file of this.#files) if (file.state === 'offered') file.state = 'refused'
    if (this.#writing) this.#sayWanted(taken)
    this.#writing ??= this.#writeAll().finally(() => (this.#writing = null))
    await this.#writing
  }

  /** One file after the other into its sink. */
  async #writeAll() {
    const { signal } = this.#life
    let asked = false
    for (let file = this.#nextOpen(); file && !signal.aborted; file = this.#nextOpen()) {
      try {
        // A sink may have kept what came before a reload. Where it cannot, bytes come while it opens, as far as the credit goes.
        if (!asked && !this.#sinks.keep()) asked = this.#sayAllWanted()
        if (!file.sink) file.use(await this.#sinks.open(file.description, signal))
        if (!asked) asked = this.#sayAllWanted()
        else if (file.next) this.#sayWanted([file])
        await fill(file, this.#arrived, signal, () => this.#wrote())
        this.#saved(file)
      } catch (error) {
        if (!signal.aborted && file.open) this.#fail(file, reasonOf(error, file.path))
      }
    }
    if (signal.aborted || !this.#files.some(({ state }) => state === 'saved' || state === 'failed')) return
    this.#sayWritten()
    this.#tell('done')
  }

  #nextOpen() {
    return this.#files.find(({ open }) => open)
  }

  /** @param {Incoming} file */
  #saved(file) {
    file.state = 'saved'
    this.#peer?.say({ t: 'saved', n: file.n, root: file.root })
    this.#tell('saved', file.shown)
  }

  /**
   * A file that cannot be had: the sender is told, and the others go on.
   * @param {Incoming} file
   * @param {{ code: string, message: string }} why
   */
  #fail(file, { code, message }) {
    this.#drop(file, code, message)
    this.#peer?.say({ t: 'failed', n: file.n, code, message: message.slice(0, 200) })
  }

  /** @param {Incoming} file @param {string} code @param {string} message */
  #drop(file, code, message) {
    file.fail(code, message)
    this.#arrived.ring()
    this.#sayWritten()
    this.#tell('failed', file.shown)
  }

  /** Said every 2 MiB, twice a second where these take longer, and at the end. */
  #wrote() {
    const soon = this.#written - this.#told < WRITTEN_EVERY && performance.now() - this.#toldAt < WRITTEN_AT_LEAST
    if (!soon || !this.#files.some(({ open, next, count }) => open && next < count)) this.#sayWritten()
  }

  /** Give up: the other side is told. What is saved stays. @param {string} [reason] */
  cancel(reason = '') {
    if (this.#life.signal.aborted) return
    this.#peer?.say({ t: 'cancel', ...(reason && { reason: reason.slice(0, 200) }) })
    this.#cancelled('us', reason)
  }

  /** Let go without a word, as the files come another way: what is here of each, its sink too. */
  async leave() {
    this.#life.abort(new OtherWay())
    this.#attached.abort()
    await this.#writing
    return this.#files.map((file) => file.leave())
  }

  /** @param {'us' | 'other'} by @param {string} reason */
  #cancelled(by, reason) {
    this.#end(new Error('The transfer was cancelled.'))
    this.#tell('cancelled', { by, reason })
  }

  /** @param {Error} why */
  #end(why) {
    this.#life.abort(why)
    this.#attached.abort()
    for (const file of this.#files) if (file.state !== 'saved') file.abandon()
  }

  /** @param {Control} control */
  #take(control) {
    if (control.t === 'manifest') this.#gather(control)
    else if (control.t === 'cancel') this.#cancelled('other', control.reason ?? '')
    else if (control.t === 'done') this.#peer?.say({ t: 'bye' })
    else if ('n' in control) this.#takeFile(this.#byNumber.get(control.n), control)
  }

  /** @param {Incoming | undefined} file @param {Control} control */
  #takeFile(file, control) {
    if (!file?.open) return
    if (control.t === 'end') file.root = control.root
    else if (control.t === 'failed') {
      this.#drop(file, 'source', control.message || 'The sender could not read this file.')
      file.abandon()
    }
    this.#arrived.ring()
  }

  /** @param {{ files: ManifestFile[], more?: boolean | null, sealed?: boolean | null }} manifest */
  #gather({ files, more, sealed }) {
    if (Boolean(sealed) !== Boolean(this.#keys)) throw new Error('One side is end-to-end encrypted and the other is not. Ask for a new address.')
    const offered = this.#offered.add(files, more)
    if (!offered) return
    checkManifest(offered)
    if (this.#files.length === 0 || !this.#meetAgain(offered)) this.#offer(offered)
    else if (this.#writing || this.#files.some(({ state }) => state !== 'offered')) this.#sayAccept()
  }

  /** @param {ManifestFile[]} offered */
  #offer(offered) {
    for (const file of this.#files.filter(({ state }) => state !== 'saved')) {
      file.fail('source', '') // whoever waits for its bytes stops
      file.abandon()
    }
    this.#files = offered.map((entry) => new Incoming(entry, this.#hold, this.#keys))
    this.#number()
    this.#tell('manifest', this.#files.map(({ shown }) => shown))
  }

  /**
   * The same files again, perhaps chosen in another order. False when none of them is the same.
   * @param {ManifestFile[]} offered
   */
  #meetAgain(offered) {
    const same = pairs(this.#files, offered)
    if (!same.size) return false
    for (const file of this.#files) {
      const entry = same.get(file)
      if (entry) file.meet(entry)
      else if (file.open) this.#drop(file, 'source', 'The sender does not offer this file any more.')
    }
    this.#files = this.#files.filter((file) => same.has(file))
    this.#number()
    return true
  }

  #number() {
    this.#byNumber = new Map(this.#files.map((file) => [file.n, file]))
  }

  /** After a break: what is settled, then what is still wanted. */
  #sayAccept() {
    for (const file of this.#files) {
      if (file.state === 'saved') this.#peer?.say({ t: 'saved', n: file.n, root: file.root })
      else if (file.state === 'failed') this.#peer?.say({ t: 'failed', n: file.n, code: file.code, message: file.message.slice(0, 200) })
    }
    this.#sayAllWanted()
  }

  #sayAllWanted() {
    this.#sayWanted(this.#files.filter(({ open }) => open))
    this.#sayWritten() // the sender's count may be that of a page before a reload
    return true
  }

  /** @param {Incoming[]} files */
  #sayWanted(files) {
    for (const message of splitAccept(files.map(({ wanted }) => wanted))) this.#peer?.say(message)
  }

  #sayWritten() {
    this.#told = this.#written
    this.#toldAt = performance.now()
    this.#peer?.say({ t: 'written', bytes: this.#told })
    this.#tell('progress', this.progress)
  }

  /** @param {import('./lane.js').Lane} lane @param {BytesFrame} frame */
  #frame(lane, frame) {
    if (!this.#files.length) return // still on its way from an earlier try
    const file = this.#byNumber.get(frame.file)
    const length = file?.lengthOf(frame.block) ?? 0
    if (!file || !length) throw new Error('The other side sent a frame of no file.')
    const assembly = this.#assemblies.get(lane) ?? new Assembly()
    this.#assemblies.set(lane, assembly)
    const bytes = assembly.add(frame, length)
    if (bytes && frame.digest) this.#check(file, frame.block, bytes, frame.digest)
  }

  /** @param {Incoming} file @param {number} block @param {Uint8Array} bytes @param {Uint8Array} digest */
  async #check(file, block, bytes, digest) {
    const outcome = await file.check(block, bytes, digest)
    if (outcome === 'again') this.#peer?.say({ t: 'again', n: file.n, block })
    else if (outcome === 'damaged' || outcome === 'unopened') this.#fail(file, hopeless(outcome, file.path))
    if (this.#hold.bytes > MOST_HELD) this.cancel('The other side sent more than it may.')
    this.#arrived.ring()
  }

  /** @param {string} type @param {unknown} [detail] */
  #tell(type, detail = null) {
    this.dispatchEvent(new CustomEvent(type, { detail }))
  }
}
