// Plays how fast bytes move, and tells what comes of it: how many lanes may carry blocks, and what the road is to do. JSON in and out.
import { createInterface } from 'node:readline'

import { BothWays } from '../../../static/js/live/road/both-ways.js'
import { LanePace } from '../../../static/js/live/send/lane-pace.js'

const EVERY = 50

const calls = {
  // After each stretch, in bytes a second for so many milliseconds, how many lanes may carry.
  lanes: ({ stretches }) => {
    const pace = new LanePace()
    let now = 1
    pace.begin(now)
    return stretches.map(([rate, lasts]) => {
      for (const end = now + lasts; now < end;) pace.noteAcknowledged((rate * EVERY) / 1000, (now += EVERY))
      return pace.most
    })
  },
  // What the road is told during stretches in which both carry so many bytes a second; the road's count only while it carries.
  both: ({ stretches }) => {
    const ways = new BothWays()
    let [now, direct, road] = [0, 0, 0]
    return stretches.map(({ direct: ours, road: theirs, lasts, busy = true, again = false }) => {
      const told = []
      if (again) direct = 0
      for (const end = now + lasts; now < end;) {
        now += EVERY
        direct += (ours * EVERY) / 1000
        road = ways.on ? road + (theirs * EVERY) / 1000 : 0
        const next = ways.look(now, busy, direct, road)
        if (next) told.push(next)
      }
      return told
    })
  },
}

for await (const line of createInterface({ input: process.stdin })) {
  const { call, ...options } = JSON.parse(line)
  process.stdout.write(`${JSON.stringify({ value: calls[call](options) })}\n`)
}
