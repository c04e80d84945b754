/** Streams a file into the browser's own download, through the service worker `save-worker.js`. Memory stays flat. */

import { BASE } from '../lib/base.js'
import { Condition } from '../lib/condition.js'
import { SinkRefused } from '../lib/errors.js'
import { download } from '../lib/browser-save.js'

const SCOPE = `${BASE}/live/save/`
const WORKER = `${SCOPE}worker.js`
// Firefox ends a service worker after 30 s without an event, and calls the short file complete.
const PING = 10_000
const ASKED_WITHIN = 15_000
const FRAME_AFTER = 60_000

export function canStream() {
  // Safari does not download what a service worker answers: it lacks the whole way, and asks the server instead.
  return Boolean(navigator.serviceWorker) && !/^((?!chrome|android).)*safari/i.test(navigator.userAgent)
}

/** @type {Promise<ServiceWorker> | undefined} */
let registering

/** Register early, so that the first file need not wait. */
export function activeWorker() {
  registering ??= register().catch((error) => {
    registering = undefined
    throw error
  })
  return registering
}

/** @returns {Promise<ServiceWorker>} */
async function register() {
  const registration = await navigator.serviceWorker.register(WORKER, { scope: SCOPE })
  const worker = registration.active ?? registration.waiting ?? registration.installing
  if (!worker) throw new Error('The browser did not start its download worker.')
  if (worker.state === 'activated') return worker
  return new Promise((resolve, reject) => {
    worker.addEventListener('statechange', () => {
      if (worker.state === 'activated') resolve(worker)
      if (worker.state === 'redundant') reject(new Error('The browser ended its download worker.'))
    })
  })
}

/**
 * @param {SinkFile} file
 * @param {SinkOptions} _options
 * @param {AbortSignal} [signal]
 * @returns {Promise<Sink>}
 */
export async function openStreamSink(file, _options, signal) {
  const stream = new StreamSink(file.size)
  const abort = () => stream.abort()
  signal?.addEventListener('abort', abort, { once: true })
  try {
    await stream.open(await activeWorker(), file)
    return stream
  } catch (error) {
    await stream.abort()
    throw error
  } finally {
    signal?.removeEventListener('abort', abort)
  }
}

/** @implements {Sink} */
class StreamSink {
  /** @type {'stream'} */
  kind = 'stream'
  keeps = false
  written = 0
  #credit = 0
  #size
  /** @type {'registered' | 'asked' | 'ended'} */
  #stage = 'registered'
  #changed = new Condition()
  #life = new AbortController()
  #channel = new MessageChannel()
  #removeFrame = () => {}

  /** @param {number} size */
  constructor(size) {
    this.#size = size
    this.#channel.port1.onmessage = ({ data }) => this.#receive(data)
  }

  /**
   * Until the browser has asked for the download.
   * @param {ServiceWorker} worker
   * @param {SinkFile} file
   */
  async open(worker, { name, size, type }) {
    const id = crypto.randomUUID()
    worker.postMessage({ open: id, name, size, type }, [this.#channel.port2])
    const pings = setInterval(() => worker.postMessage({ ping: id }), PING)
    this.#life.signal.addEventListener('abort', () => clearInterval(pings))
    const late = setTimeout(() => this.#give(new Error('The browser did not start the download.')), ASKED_WITHIN)
    try {
      await this.#until(() => this.#stage !== 'registered')
    } finally {
      clearTimeout(late)
    }
  }

  /** @param {{ ready?: string, asked?: true, credit?: number, ended?: true, cancelled?: true }} message of the worker */
  #receive({ ready, asked, credit = 0, ended, cancelled }) {
    if (ready) this.#removeFrame = download(`${SCOPE}${ready}`)
    if (asked && this.#stage === 'registered') this.#stage = 'asked'
    if (ended) this.#stage = 'ended'
    this.#credit += credit
    if (cancelled) this.#give(new SinkRefused('The download was cancelled in the browser.'))
    this.#changed.notify()
  }

  /** @param {() => boolean} condition */
  async #until(condition) {
    while (!condition()) await this.#changed.changed(this.#life.signal)
    this.#life.signal.throwIfAborted()
  }

  /** @param {Uint8Array} bytes */
  async write(bytes) {
    await this.#until(() => this.#credit > 0)
    this.#credit -= bytes.length
    this.written += bytes.length
    this.#channel.port1.postMessage({ bytes }, [bytes.buffer])
  }

  async close() {
    if (this.written !== this.#size) throw new Error('The file is not as long as it was said to be.')
    this.#channel.port1.postMessage({ end: true })
    await this.#until(() => this.#stage === 'ended')
    this.#life.abort(new Error('The file is closed.'))
    setTimeout(this.#removeFrame, FRAME_AFTER)
    this.#channel.port1.close()
  }

  async abort() {
    this.#channel.port1.postMessage({ abort: true })
    this.#give(new Error('Saving was given up.'))
    this.#removeFrame()
  }

  /** @param {Error} why */
  #give(why) {
    this.#life.abort(why)
  }
}
