// Plays what a peer notes of its connection, and tells what came of each note. JSON in and out.
import { createInterface } from 'node:readline'

import { ConnectionHealth } from '../../../static/js/live/connect/connection-health.js'

/** @param {{ notes: (string | [string, boolean])[] }} play */
function play({ notes }) {
  const health = new ConnectionHealth()
  return notes.map((note) => {
    const [name, ...rest] = [note].flat()
    return { got: health[name](...rest) ?? null, shaky: health.shaky, within: health.connectWithin }
  })
}

for await (const line of createInterface({ input: process.stdin })) {
  const { call, ...options } = JSON.parse(line)
  process.stdout.write(`${JSON.stringify({ value: { play }[call](options) })}\n`)
}
