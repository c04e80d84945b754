// Plays how a page's bodies go up: the server's answers come when the test says so. JSON in and out.
import { createInterface } from 'node:readline'

import './browser-globals.mjs'

import { Turns } from '../../../static/js/lib/turns.js'
import { RoadUp } from '../../../static/js/live/road/road-up.js'

const settled = () => new Promise((resolve) => setTimeout(resolve, 5))
// As large as the first body may be.
const ENVELOPE = 256 * 1024

/** Steps: a number is answered, `add` says something more. @param {{ most: number, single: boolean, steps: (number | 'add')[] }} play @returns the bodies on their way after each */
async function play({ most, single, steps }) {
  /** @type {Map<number, () => void>} */
  const onWay = new Map()
  globalThis.fetch = (/** @type {any} */ url) => new Promise((resolve) => {
    const n = Number(new URL(url).searchParams.get('n'))
    onWay.set(n, () => resolve(new Response(null, { status: 204 })))
  })
  const up = new RoadUp(/** @type {any} */ ({ turns: new Turns(most), single, urlTo: () => 'http://localhost/road/1' }), 1)
  up.greet(7, new Uint8Array(20))
  const told = []
  for (const step of [0, ...steps]) {
    await settled()
    if (step === 'add') up.add([new Uint8Array(ENVELOPE)])
    else {
      onWay.get(step)?.()
      onWay.delete(step)
    }
    await settled()
    told.push([...onWay.keys()])
  }
  return told[told.length - 1]
}

for await (const line of createInterface({ input: process.stdin })) {
  const { call, ...options } = JSON.parse(line)
  process.stdout.write(`${JSON.stringify({ value: await { play }[call](options) })}\n`)
}
