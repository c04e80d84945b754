// Plays what is said over a socket, and tells what goes out at each `dequeue`. JSON in and out.
import { createInterface } from 'node:readline'

import { Outbox } from '../../../static/js/live/connect/outbox.js'

/** @param {{ most: number, steps: (string | [string, string])[] }} play */
function play({ most, steps }) {
  const outbox = new Outbox(most)
  return steps.map((step) => {
    const [name, ...rest] = [step].flat()
    return { got: outbox[name](...rest) ?? null, doubtful: outbox.doubtful }
  })
}

for await (const line of createInterface({ input: process.stdin })) {
  const { call, ...options } = JSON.parse(line)
  process.stdout.write(`${JSON.stringify({ value: { play }[call](options) })}\n`)
}
