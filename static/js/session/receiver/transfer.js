/** What a receiver's page takes of the sender's offer: counted, saved, cancelled, and begun once more. Part of the session island. */

import { wantEntry } from '../../lib/dom.js'
import { Emitter } from '../../lib/emitter.js'
import { AttemptReport } from '../../live/connect/attempt-report.js'
import { Receiver } from '../../live/receive/receiver.js'
import { Interruption } from './save-location.js'

/** @typedef {import('../../live/road/either-way.js').EitherWay} EitherWay */
/** @typedef {import('../../crypto/keys.js').Keys} Keys */

/**
 * Events: `offered` (FileProgress[]: what was not offered before), `progress`, `change` (of a file's state), `become` (ReceiverEvent: what it came to).
 * @extends {Emitter<{ offered: FileProgress[], progress: void, change: void, become: import('./receiver-states.js').ReceiverEvent }>}
 */
export class Transfer extends Emitter {
  /** @type {Receiver | null} */
  #receiver = null
  #report = new AttemptReport()
  #interruption
  #code
  #view
  #signaling
  #location
  #signal

  /**
   * @param {string} code of the session
   * @param {import('../session-view.js').View} view
   * @param {import('../../live/connect/signaling.js').Signaling} signaling
   * @param {import('./save-location.js').SaveLocation} location
   * @param {AbortSignal} signal
   */
  constructor(code, view, signaling, location, signal) {
    super()
    this.#code = code
    this.#view = view
    this.#signaling = signaling
    this.#location = location
    this.#signal = signal
    this.#interruption = new Interruption(code)
  }

  get progress() {
    return this.#receiver?.progress ?? null
  }

  /** What a reload has cost, in a sentence, or ''. */
  get lost() {
    return this.#interruption.sentence
  }

  /** There is a way. */
  opened() {
    this.#report.opened()
  }

  /** From now on what is offered over this way is ours to take. @param {EitherWay} peer @param {Keys | null} keys */
  receive(peer, keys) {
    const receiver = new Receiver(peer, this.#location.sinks(this.#code), keys)
    this.#receiver = receiver
    const ours = () => receiver === this.#receiver
    receiver.listen({
      manifest: (files) => ours() && this.emit('offered', files),
      progress: () => ours() && this.#noteProgress(),
      saved: () => ours() && this.emit('change'),
      failed: () => ours() && this.emit('change'),
      done: () => ours() && this.#done(),
      cancelled: (how) => ours() && this.#cancelled(peer, keys, how),
    }, this.#signal)
  }

  /** @param {FileProgress[]} wanted */
  accept(wanted) {
    this.#interruption.begin()
    wantEntry('link').catch(() => undefined) // while there is a network; tried again when it is needed
    this.#receiver?.accept(wanted.map(({ n }) => n))
    this.emit('become', 'accept')
  }

  /** Files that failed, on from their last good block where their sink still has it; those of a zip in a new one. */
  async acceptAgain() {
    const failed = this.progress?.perFile.filter(({ state }) => state === 'failed') ?? []
    try {
      if (this.#location.archive) await this.#location.zip(failed)
    } catch (error) {
      return this.#view.notice(/** @type {Error} */ (error).message)
    }
    for (const { n } of failed) this.#view.row(n, 'waiting', '')
    this.#receiver?.accept(failed.map(({ n }) => n))
    this.emit('become', 'accept')
  }

  /** The other side is told. @param {string} [reason] */
  cancel(reason) {
    this.#receiver?.cancel(reason)
  }

  /** Nothing stays of what was offered, and nobody hears that it was cancelled. */
  drop() {
    const receiver = this.#receiver
    this.#receiver = null
    receiver?.cancel()
    this.#interruption.end()
  }

  /** What the browser keeps is let go of, for another tab to go on with. @param {EitherWay} peer @param {Keys | null} keys */
  release(peer, keys) {
    this.#receiver?.release()
    this.receive(peer, keys)
  }

  /** It goes on another way: a reload costs nothing any more. */
  settle() {
    this.#interruption.end()
  }

  /** What is here of each file, for another way to go on with. */
  async leave() {
    return (await this.#receiver?.leave()) ?? []
  }

  #noteProgress() {
    this.#report.noteProgress(this.progress?.done ?? 0)
    if (this.#report.due(performance.now())) this.#signaling.send('moving')
    this.emit('progress')
  }

  #done() {
    const failed = this.progress?.perFile.some(({ state }) => state === 'failed')
    if (!failed) this.#interruption.end()
    this.emit('become', failed ? 'fail' : 'finish')
  }

  /** It is over, but the sender may offer again over the same way. @param {EitherWay} peer @param {Keys | null} keys @param {Cancelled} how */
  #cancelled(peer, keys, { by, reason, fault }) {
    this.#interruption.end()
    this.#location.giveUp()
    this.emit('become', by === 'us' ? 'cancel-here' : 'cancel-there')
    for (const { n, state } of this.progress?.perFile ?? []) if (state !== 'saved') this.#view.row(n, 'waiting', 'not saved')
    if (fault) this.#view.fault(reason)
    if (by === 'us' && !peer.met) peer.close() // or the way that is being made would bring the offer again
    else this.receive(peer, keys)
  }
}
