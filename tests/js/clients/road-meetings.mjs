// Two pages that meet on a road again and again, while answers break, pages are replaced, and bodies are late or lost. JSON in and out.
import { createInterface } from 'node:readline'

import './browser-globals.mjs'

import { Keys, newSecret } from '../../../static/js/crypto/keys.js'
import { Turns } from '../../../static/js/lib/turns.js'
import { Road } from '../../../static/js/live/road/road.js'
import { RoadClosed } from '../../../static/js/live/road/road-down.js'
import { pause, settled } from './waiting.mjs'

/** Numbers that look random, the same for a seed. @param {number} seed */
function chanceOf(seed) {
  let state = seed
  return (below = 1) => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31
    return (state / 2 ** 31) * below
  }
}

/** Counts how often each pair of ids had its keys made. */
class CountedKeys extends Keys {
  /** @type {Map<string, number>} */
  made = new Map()

  road(from, to) {
    const pair = `${from.id} ${to.id}`
    this.made.set(pair, (this.made.get(pair) ?? 0) + 1)
    return super.road(from, to)
  }
}

/** What the server does for two seats: brings bodies to the answer that is open at the other one, each lane's in their order. */
class Server {
  /** @type {(import('../../../static/js/live/road/page-roads.js').RoadEnd | null)[]} */
  ends = [null, null]
  #chance
  #late
  #queues = new Map()
  /** Hellos that it says again at random, when it is hostile. */
  #hellos = []
  hostile = false

  /** @param {(below?: number) => number} chance @param {number} late milliseconds that a body takes at most */
  constructor(chance, late) {
    this.#chance = chance
    this.#late = late
  }

  roadsOf(seat) {
    const name = `http://page${servers.size}/`
    servers.set(new URL(name).host, { server: this, from: seat })
    return {
      turns: new Turns(3),
      single: true,
      urlTo: () => name,
      join: (_, end) => (this.ends[seat] = end),
      leave: (_, end) => this.ends[seat] === end && (this.ends[seat] = null),
    }
  }

  /** Bodies of one lane in their order, others as they like; one that was given up may come all the same. */
  async take(from, url, body, signal) {
    const [lane, n] = ['lane', 'n'].map((name) => Number(url.searchParams.get(name)))
    const key = `${from} ${lane}`
    const before = this.#queues.get(key)
    const mine = (async () => {
      await before
      await pause(this.#chance(this.#late))
      if (signal.aborted && this.#chance() < 0.5) return false
      const part = { seat: from, lane, n, left: 0, bytes: new Uint8Array(await body.arrayBuffer()), last: true }
      if (n === 0 && this.hostile) this.#hellos.push(part)
      const end = this.ends[1 - from]
      end?.accept(part)
      if (this.hostile) this.#repeatOne()
      return Boolean(end)
    })()
    this.#queues.set(key, mine)
    const taken = await mine
    signal.throwIfAborted()
    return taken ? new Response(null, { status: 204 }) : Response.json({ code: 'nobody-listens', message: '' }, { status: 409 })
  }

  #repeatOne() {
    const part = this.#hellos[Math.floor(this.#chance(this.#hellos.length))]
    if (part) this.ends[1 - part.seat]?.accept(part)
  }

  break(seat) {
    const end = this.ends[seat]
    this.ends[seat] = null
    end?.noteBroken(new RoadClosed('cut', false))
  }
}

/** @type {Map<string, { server: Server, from: number }>} */
const servers = new Map()
globalThis.fetch = (address, { body, signal }) => {
  const url = new URL(address)
  const { server, from } = servers.get(url.host)
  return server.take(from, url, body, signal)
}

/** @param {{ seed: number, breaks: number, late: number, within: number, strangers?: boolean }} how */
async function meet({ seed, breaks, late, within, strangers = false }) {
  const chance = chanceOf(seed)
  const server = new Server(chance, late)
  const secret = newSecret()
  const [closed, heard, roads] = [[], [[], []], []]
  const start = (seat) => {
    const road = new Road({ roads: server.roadsOf(seat), own: seat, other: 1 - seat, keys: new Keys(strangers && seat ? newSecret() : secret) })
    road.listen({
      closed: (why) => closed.push(why.message),
      control: (text) => JSON.parse(text).t === 'say' && heard[seat].push(JSON.parse(text).n),
    })
    roads[seat] = road
    road.begin()
  }
  start(0)
  start(1)
  for (let n = 0; n < breaks; n += 1) {
    await pause(chance(3 * late))
    const seat = chance() < 0.5 ? 0 : 1
    if (chance() < 0.5) server.break(seat)
    else {
      roads[seat].close()
      server.ends[seat] = null
      start(seat)
    }
  }
  const open = await settled(() => closed.length || roads.every((road) => road.open), within) && !closed.length
  for (const list of heard) list.length = 0
  for (let n = 0; open && n < 50; n += 1) for (const road of roads) road.sendControl(JSON.stringify({ t: 'say', n }))
  await settled(() => !open || heard.every((list) => list.length === 50), within)
  for (const road of roads) road.close()
  return { open, closed, right: heard.every((list) => list.join() === [...Array(50).keys()].join()) }
}

/** How often a pair had its keys made at most, on one side, while the server says hellos again. @param {{ seed: number, breaks: number, late: number }} how */
async function keysMade({ seed, breaks, late }) {
  const chance = chanceOf(seed)
  const server = Object.assign(new Server(chance, late), { hostile: true })
  const secret = newSecret()
  const keys = [0, 1].map(() => new CountedKeys(secret))
  const roads = [0, 1].map((seat) => new Road({ roads: server.roadsOf(seat), own: seat, other: 1 - seat, keys: keys[seat] }))
  for (const road of roads) road.begin()
  for (let n = 0; n < breaks; n += 1) {
    await pause(chance(3 * late) + 20)
    for (const road of roads) road.sendControl('{"t":"beat"}')
    server.break(chance() < 0.5 ? 0 : 1)
  }
  for (const road of roads) road.close()
  return Math.max(0, ...keys.flatMap(({ made }) => [...made.values()]))
}

/** Many at once. @param {{ seeds: number[] }} how */
const meetAll = ({ seeds, ...how }) => Promise.all(seeds.map(async (seed) => ({ seed, ...(await meet({ seed, ...how })) })))

const keysMadeAll = ({ seeds, ...how }) => Promise.all(seeds.map((seed) => keysMade({ seed, ...how })))

for await (const line of createInterface({ input: process.stdin })) {
  const { call, ...options } = JSON.parse(line)
  process.stdout.write(`${JSON.stringify({ value: await { meetAll, keysMadeAll }[call](options) })}\n`)
}
