/**
 * The service worker that turns received bytes into downloads. Its scope is /live/save/ alone: no page lies in it. A page
 * opens an entry with a port; the browser asks for the entry's address; what then comes through the port is the answer's body.
 */

const SCOPE = new URL('./', self.location.href).pathname
const CREDIT = 4 * 1024 * 1024
const FORGET_AFTER = 60_000

/** @type {Map<string, Entry>} */
const entries = new Map()

/**
 * Chromium looks for buffers to clear away where one is made (from 32 MiB on), but not where one comes through a port (from
 * 64 MiB on, and late): measured with 1 GiB, 126 MiB of memory at most instead of 184.
 */
function clearAway() {
  new ArrayBuffer(1)
}

class Entry {
  #port
  #granted = 0
  /** @type {ReadableStreamDefaultController | null} */
  #controller = null
  #served = false
  #over = false

  constructor({ open, name, size, type }, port) {
    this.id = open
    this.#port = port
    this.name = name
    this.size = size
    this.type = type
    this.stream = new ReadableStream({
      start: (controller) => void (this.#controller = controller),
      pull: () => this.#grant(),
      cancel: () => this.#cancelled(),
    }, new ByteLengthQueuingStrategy({ highWaterMark: CREDIT }))
    port.onmessage = ({ data }) => this.#take(data)
    port.postMessage({ ready: `${open}/${encodeURIComponent(name)}` })
  }

  #take({ bytes, end, abort }) {
    if (this.#over) return
    if (bytes) {
      clearAway()
      this.#granted -= bytes.length
      this.#controller.enqueue(bytes)
      this.#grant()
    } else if (end) {
      this.#controller.close()
      this.#finish({ ended: true })
    } else if (abort) {
      // A download that lacks bytes must fail, not end: a short file would look like the whole one.
      this.#controller.error(new Error('The sender or the receiver gave up.'))
      this.#finish({})
    }
  }

  /** Let the page send as much as the download has room for. */
  #grant() {
    const credit = this.#controller.desiredSize - this.#granted
    if (!this.#served || this.#over || credit <= 0) return
    this.#granted += credit
    this.#port.postMessage({ credit })
  }

  #cancelled() {
    this.#finish({ cancelled: true })
  }

  #finish(message) {
    this.#over = true
    this.#port.postMessage(message)
    if (this.#served) entries.delete(this.id)
    else setTimeout(() => entries.delete(this.id), FORGET_AFTER)
  }

  /** The browser asks: answer once. */
  answer() {
    if (this.#served) return new Response('This download has been served already.', { status: 410 })
    this.#served = true
    if (this.#over) entries.delete(this.id)
    this.#port.postMessage({ asked: true })
    this.#grant()
    return new Response(this.stream, { headers: this.#headers() })
  }

  #headers() {
    const plain = this.name.replace(/[^\x20-\x7e]|["\\%]/g, '_')
    const encoded = encodeURIComponent(this.name).replace(/['()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16)}`)
    return {
      'Content-Type': 'application/octet-stream',
      'Content-Length': String(this.size),
      'Content-Disposition': `attachment; filename="${plain}"; filename*=UTF-8''${encoded}`,
      'Content-Security-Policy': "sandbox; default-src 'none'",
      'X-Content-Type-Options': 'nosniff',
      'Cache-Control': 'no-store',
    }
  }
}

self.addEventListener('install', () => self.skipWaiting())
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()))
self.addEventListener('message', (event) => {
  if (event.data.open) entries.set(event.data.open, new Entry(event.data, event.ports[0]))
})
self.addEventListener('fetch', (event) => {
  const { pathname, origin } = new URL(event.request.url)
  if (origin !== self.location.origin || !pathname.startsWith(SCOPE)) return
  const entry = entries.get(pathname.slice(SCOPE.length).split('/')[0])
  if (entry) event.respondWith(entry.answer())
})
