/** The receiver's way to the sender: first the keys, then the browsers look for each other; anew where people try again. Part of the session island. */

import { Emitter } from '../../lib/emitter.js'
import { canGoLive } from '../../live/road/can-go-live.js'
import { EitherWay } from '../../live/road/either-way.js'
import { allowedWays } from '../relay-choice.js'
import { Refusal } from '../session-keys.js'

const SENDER = 0

/**
 * Events: `met` (EitherWay: what comes over it can be read), `none` (this page cannot take part live), `refused` (how: it must not connect), and of the peer `open`, `change` (it is shaky, or
 * steady again), `lost`, `tampered`, `gathered` and `route`.
 * @extends {Emitter<{ met: EitherWay, none: void, refused: 'cannot-decrypt' | 'guessed', open: void, change: void, lost: void, tampered: import('../../live/connect/signed-signals.js').Seen, gathered: void, route: Route }>}
 */
export class WayToSender extends Emitter {
  /** @type {EitherWay | null} */
  peer = null
  /** @type {Promise<unknown> | null} */
  #meeting = null
  #root
  #signaling
  #keys
  #lateLink
  #signal

  /**
   * @param {HTMLElement} root
   * @param {import('../../live/connect/signaling.js').Signaling} signaling
   * @param {import('./receiver-keys.js').ReceiverKeys} keys
   * @param {import('./late-link.js').LateLink} lateLink
   * @param {AbortSignal} signal
   */
  constructor(root, signaling, keys, lateLink, signal) {
    super()
    this.#root = root
    this.#signaling = signaling
    this.#keys = keys
    this.#lateLink = lateLink
    this.#signal = signal
    signal.addEventListener('abort', () => this.peer?.close())
  }

  /** The server has said who is here. */
  begin() {
    this.#meeting = this.#meeting ?? this.#prepare()
  }

  again() {
    this.#disconnect()
    this.#meeting = this.#prepare()
  }

  /** First the keys: nothing connects without them where they are needed. By a code the way is looked for while the secret comes. */
  async #prepare() {
    try {
      await this.#keys.find({ confirmed: () => globalThis.RTCPeerConnection && !this.#lateLink.known && this.#connect(), wrong: () => this.#disconnect() })
      if (!this.#lateLink.open()) this.#meet()
    } catch (error) {
      if (this.#signal.aborted) return
      if (!(error instanceof Refusal)) throw error
      this.emit('refused', error.how)
    }
  }

  #meet() {
    if (!canGoLive(this.#keys.keys, allowedWays(this.#root))) return this.emit('none')
    const peer = this.peer ?? this.#connect()
    peer.openRoad(this.#keys.keys)
    this.emit('met', peer)
    this.#keys.release()
    this.emit('change')
  }

  #disconnect() {
    this.peer?.close()
    this.peer = null
  }

  #connect() {
    this.#disconnect()
    const peer = new EitherWay({ signaling: this.#signaling, seat: SENDER, keys: this.#keys.seatKeys, ...allowedWays(this.#root) })
    this.peer = peer
    peer.listen({
      open: () => this.emit('open'),
      shaky: () => this.emit('change'),
      steady: () => this.emit('change'),
      lost: () => this.emit('lost'),
      tampered: (seen) => this.emit('tampered', seen),
      'no-road': () => this.emit('none'),
      gathered: () => this.emit('gathered'),
      route: (route) => this.emit('route', route),
    }, this.#signal)
    return peer
  }
}
