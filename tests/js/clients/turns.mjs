// Lets several take turns, and tells who had one when. JSON in and out.
import { createInterface } from 'node:readline'

import { Turns } from '../../../static/js/lib/turns.js'

const settled = () => new Promise((resolve) => setTimeout(resolve))

/** Steps: `+a` a asks, `-a` a's turn ends, `!a` a wants none any more. @param {{ most: number, steps: string[] }} play */
async function play({ most, steps }) {
  const turns = new Turns(most)
  const lives = new Map()
  /** @type {string[]} */
  const told = []
  for (const [what, who] of steps) {
    if (what === '-') turns.end()
    else if (what === '!') lives.get(who).abort()
    else {
      lives.set(who, new AbortController())
      turns.begin(lives.get(who).signal).then(() => told.push(who), () => told.push(`${who} left`))
    }
    if (what !== '+') await settled()
  }
  await settled()
  return told
}

for await (const line of createInterface({ input: process.stdin })) {
  const { call, ...options } = JSON.parse(line)
  process.stdout.write(`${JSON.stringify({ value: await { play }[call](options) })}\n`)
}
