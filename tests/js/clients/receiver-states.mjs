// The receiver's table of states: events in, states and what they show out. JSON in and out.
import { createInterface } from 'node:readline'

import { nextState, receiverSummary, shownIn } from '../../../static/js/session/receiver/receiver-states.js'

const calls = {
  after: ({ events, from = 'waiting' }) => events.reduce(nextState, from),
  shown: ({ state, over, stuck = false }) => shownIn(state, over, stuck),
  summary: ({ state, now }) => receiverSummary(state, now),
}

for await (const line of createInterface({ input: process.stdin })) {
  const { call, ...options } = JSON.parse(line)
  process.stdout.write(`${JSON.stringify({ value: calls[call](options) })}\n`)
}
