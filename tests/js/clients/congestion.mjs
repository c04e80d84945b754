// Lanes over a line that is only computed: bytes wait their turn on it, and are acknowledged a round trip later. JSON in and out.
import { createInterface } from 'node:readline'

import './browser-globals.mjs'

import { CongestionWindow } from '../../../static/js/live/lanes/congestion.js'
import { LaneCount } from '../../../static/js/live/lanes/lane-count.js'
import { LaneFlow } from '../../../static/js/live/lanes/lane-flow.js'

/**
 * @param {{ trip: number, rate: number, lanes: number, lasts: number, spare: number }} line milliseconds, bytes a millisecond, and
 *   what the browsers themselves take of every round trip. The first tenth is not looked at: slow start, which is not here, spreads it.
 */
function run({ trip, rate, lanes, lasts, spare }) {
  const window = new CongestionWindow()
  window.found(trip)
  const flows = Array.from({ length: lanes }, () => new LaneFlow(window))
  const flying = []
  let [now, free, queued, delivered, most] = [0, 0, 0, 0, 0]
  while (now < lasts) {
    for (const flow of flows) {
      while (flow.allows(flow.frame)) {
        const bytes = flow.frame
        flow.sent(bytes, now)
        if (now > lasts / 10) queued = Math.max(queued, free - now)
        free = Math.max(free, now) + bytes / rate
        flying.push({ at: free + trip + spare, flow, total: flow.sentTotal, bytes })
      }
    }
    if (now > lasts / 10) most = Math.max(most, ...flows.map(({ inFlight }) => inFlight / window.bytes))
    const next = flying.shift()
    now = next.at
    delivered += next.bytes
    next.flow.arrived(next.total, now)
  }
  return { window: window.bytes, frame: flows[0].frame, rate: delivered / now, queued, most }
}

function die({ bytes }) {
  const window = new CongestionWindow()
  const [dead, living] = [new LaneFlow(window), new LaneFlow(window)]
  for (const flow of [dead, living]) flow.sent(bytes, 0)
  dead.end()
  return { inFlight: window.inFlight, lanes: window.lanes }
}

/** Bytes a second that came in over 4 lanes and over 8; how many lanes there are to be in the end. */
function count({ trip, four, eight }) {
  const lanes = new LaneCount()
  lanes.measured(trip)
  for (let now = 1; now < 10_000; now += 100) lanes.noteReceived((lanes.wanted === 4 ? four : eight) / 10, lanes.wanted, now)
  return lanes.wanted
}

function acknowledge({ sent, total }) {
  const flow = new LaneFlow(new CongestionWindow())
  flow.sent(sent, 0)
  flow.arrived(total, 1)
}

const calls = { run, die, count, acknowledge }

for await (const line of createInterface({ input: process.stdin })) {
  const { call, ...args } = JSON.parse(line)
  try {
    process.stdout.write(`${JSON.stringify({ value: calls[call](args) ?? null })}\n`)
  } catch (error) {
    process.stdout.write(`${JSON.stringify({ refused: error.constructor.name, message: error.message })}\n`)
  }
}
