/** What all roads of a page share: one answer that brings what every seat says, and the connections that bodies take. Knows no page. */

import { onNetworkChange } from '../../lib/network-changes.js'
import { Turns } from '../../lib/turns.js'
import { RoadDown } from './road-down.js'

// Browsers open six connections to a server over HTTP/1.1: two for answers, one for all else of the page. Over HTTP/2 it is one for all.
const BODIES_AT_ONCE = 3
const BODIES_AT_ONCE_MULTIPLEXED = 12
// What is kept of a hello for a road that has not begun.
const MOST_HELLO = 64

/** @typedef {import('./stretches.js').Part} Part */
/**
 * @typedef {{ accept: (part: Part) => void, noteHeard: () => void, noteBroken: (why: import('./road-down.js').RoadClosed) => void, noteMoved: () => void }} RoadEnd
 *   heard: something comes; broken: nothing comes any more, and the end has left; moved: nor then, since the network is another one
 */

/** @type {Map<string, PageRoads>} */
const all = new Map()

/** Those of one session, the same for all who ask. @param {string} url @returns {PageRoads} */
export function pageRoads(url) {
  const found = all.get(url) ?? new PageRoads(url)
  all.set(url, found)
  return found
}

export class PageRoads {
  #url
  /** @type {RoadDown | null} */
  #down = null
  /** @type {Map<number, RoadEnd>} by the other seat */
  #ends = new Map()
  /** @type {Map<number, Part[]>} hellos of seats to which no road has begun */
  #hellos = new Map()
  /** Of bodies on their way. */
  turns = new Turns(isMultiplexed() ? BODIES_AT_ONCE_MULTIPLEXED : BODIES_AT_ONCE)

  /** @param {string} url of all roads of the session */
  constructor(url) {
    this.#url = url
    onNetworkChange({ changed: () => this.#end((end) => end.noteMoved()), doubtful() {} }, new AbortController().signal)
  }

  /** True where the page has one road only: it may have all turns. */
  get single() {
    return this.#ends.size < 2
  }

  /** Where bodies for a seat go. @param {number} seat */
  urlTo(seat) {
    return `${this.#url}/${seat}`
  }

  /** What that seat says comes to this end from now on. @param {number} seat @param {RoadEnd} end */
  join(seat, end) {
    this.#ends.set(seat, end)
    const hello = this.#hellos.get(seat) ?? []
    this.#hellos.delete(seat)
    if (!this.#down) this.#open()
    for (const part of hello) end.accept(part)
  }

  /** @param {number} seat @param {RoadEnd} end */
  leave(seat, end) {
    if (this.#ends.get(seat) !== end) return
    this.#ends.delete(seat)
    if (this.#ends.size) return
    this.#down?.close()
    this.#down = null
  }

  #open() {
    const down = new RoadDown(this.#url)
    this.#down = down
    down.listen({
      open: () => this.#ends.forEach((end) => end.noteHeard()),
      part: (part) => this.#bring(part),
      broken: (why) => down === this.#down && this.#end((end) => end.noteBroken(why)),
    })
    down.open()
  }

  /** @param {Part} part */
  #bring(part) {
    const end = this.#ends.get(part.seat)
    if (end) end.accept(part)
    else if (part.n === 0) this.#keepHello(part)
  }

  /** @param {Part} part */
  #keepHello(part) {
    const kept = this.#hellos.get(part.seat)
    const parts = kept && kept[0].lane === part.lane && !kept[kept.length - 1].last ? kept : []
    const length = parts.reduce((sum, { bytes }) => sum + bytes.length, part.bytes.length)
    if (length <= MOST_HELLO) this.#hellos.set(part.seat, [...parts, { ...part, bytes: part.bytes.slice() }])
  }

  /** The answer is over. All ends leave before any of them is told. @param {(end: RoadEnd) => void} tell */
  #end(tell) {
    const ends = [...this.#ends.values()]
    this.#ends.clear()
    this.#hellos.clear()
    this.#down?.close()
    this.#down = null
    ends.forEach(tell)
  }
}

function isMultiplexed() {
  const [loaded] = /** @type {PerformanceNavigationTiming[]} */ (performance.getEntriesByType('navigation'))
  return /^h[23]/.test(loaded?.nextHopProtocol ?? '')
}
