// A program that holds a seat and the session's secret, and says by the road what no page would say. JSON in and out; bytes as base64.
import { randomBytes, randomInt } from 'node:crypto'
import { createInterface } from 'node:readline'

import './browser-globals.mjs'

import { Keys } from '../../../static/js/crypto/keys.js'
import { hello, parseHello, RoadSeal } from '../../../static/js/live/road/road-seal.js'
import { BodyOrder, EnvelopeReader, StretchReader } from '../../../static/js/live/road/stretches.js'
import { pause, settled } from './waiting.mjs'

const bytesOf = (text) => new Uint8Array(Buffer.from(text, 'base64'))
const joined = (parts) => Buffer.concat(parts.map((part) => Buffer.from(part)))
// Neither the test nor the server waits longer for anything.
const MOST_MS = 20_000

/** One road to another seat, from hello to the first word of the other page. */
class HostileSeat {
  #address
  #token
  #seat
  #other
  #keys
  #life = new AbortController()
  #self = { lane: randomInt(2 ** 32), id: new Uint8Array(randomBytes(16)) }
  #n = 0
  #met
  #seal
  #lane = 0
  /** Control messages of the other page. */
  controls = []

  constructor({ url, code, token, seat, other, secret }) {
    this.#address = `${url}/live/${code}`
    this.#token = token
    this.#seat = seat
    this.#other = other
    this.#keys = new Keys(secret)
    this.#met = new Promise((resolve) => { this.#listen(resolve) })
  }

  #fetch(path, options = {}) {
    const { signal } = this.#life
    return fetch(`${this.#address}/${path}`, { ...options, signal, headers: { Authorization: `Bearer ${this.#token}` }, duplex: 'half' })
  }

  /** Sits down, so that the other page knows that somebody is there. */
  async sit() {
    const answer = await this.#fetch('signals?page=hostile', { method: 'POST', body: JSON.stringify({ type: 'hello', token: this.#token }) })
    if (!answer.ok) throw new Error(await answer.text())
    this.#drain(answer.body)
  }

  async #drain(body) {
    try {
      for await (const part of body) void part
    } catch {
      // it has left
    }
  }

  /** Reads what the other page says; calls once it has said hello. */
  async #listen(met) {
    const [order, envelopes, stretches] = [new BodyOrder(), new EnvelopeReader(), new StretchReader()]
    try {
      const answer = await this.#fetch('road?page=hostile')
      if (!answer.ok) throw new Error(await answer.text())
      for await (const bytes of answer.body) {
        for (const part of stretches.read(bytes)) {
          if (part.n === 0) met(await this.#pair(part.lane, parseHello(part.bytes)))
          else if (part.lane === this.#lane) await this.#hear(order.accept(part).flatMap((next) => envelopes.read(next)))
        }
      }
    } catch {
      // it has left, or was cut
    }
  }

  /** What is said from now on is sealed for the page that said this hello, the first one. */
  async #pair(lane, id) {
    if (this.#seal) return
    this.#seal = await RoadSeal.of(this.#keys, { seat: this.#seat, id: this.#self.id }, { seat: this.#other, id })
    this.#lane = (this.#self.lane ^ lane) >>> 0
  }

  async #hear(envelopes) {
    for (const envelope of envelopes) {
      const { kind, message } = await this.#seal.open(envelope)
      if (kind === 0) this.controls.push(JSON.parse(new TextDecoder().decode(message)))
    }
  }

  async meet() {
    await this.#greet()
    await this.#met
    await this.say(0, new TextEncoder().encode('{"t":"beat"}'))
    await settled(() => this.controls.length, MOST_MS)
  }

  /** Until a page listens. */
  async #greet() {
    for (const until = Date.now() + MOST_MS; Date.now() < until;) {
      const taken = await this.put(this.#self.lane, 0, hello(this.#self.id))
      if (taken === 204) return
      await pause(200)
    }
    throw new Error('Nobody listens.')
  }

  async put(lane, n, body) {
    return (await this.#fetch(`road/${this.#other}?lane=${lane}&n=${n}`, { method: 'PUT', body })).status
  }

  /** One envelope, sealed as it ought to be. */
  async say(kind, message) {
    return this.put(this.#lane, ++this.#n, joined(await this.#seal.seal(kind, message)))
  }

  /** Bytes that are no envelope. */
  raw(bytes) {
    return this.put(this.#lane, ++this.#n, bytes)
  }

  leave() {
    this.#life.abort()
  }
}

/** @type {HostileSeat} */
let seat
const calls = {
  async begin(who) {
    seat = new HostileSeat(who)
    await seat.sit()
    await seat.meet()
  },
  control: ({ texts }) => inOrder(texts, (text) => seat.say(0, new TextEncoder().encode(text))),
  frames: ({ frames }) => inOrder(frames, (frame) => seat.say(1, bytesOf(frame))),
  raw: ({ bodies }) => inOrder(bodies, (body) => seat.raw(bytesOf(body))),
  heard: () => seat.controls,
  leave: () => seat.leave(),
}

async function inOrder(said, say) {
  const statuses = []
  for (const one of said) statuses.push(await say(one).catch((error) => String(error)))
  return statuses
}

for await (const line of createInterface({ input: process.stdin })) {
  const { call, ...options } = JSON.parse(line)
  const value = await calls[call](options)
  process.stdout.write(`${JSON.stringify({ value: value ?? null })}\n`)
}
