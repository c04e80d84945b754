// Plays what happens to a page's tries, and tells what each next one is. JSON in and out.
import { createInterface } from 'node:readline'

import { SocketChoice } from '../../../static/js/live/connect/socket-choice.js'

/** @param {{ steps: ('noteFailed' | 'noteWelcome' | 'forget')[] }} play */
function play({ steps }) {
  const choice = new SocketChoice()
  return [choice.kind, ...steps.map((step) => (choice[step](), choice.kind))]
}

for await (const line of createInterface({ input: process.stdin })) {
  const { call, ...options } = JSON.parse(line)
  process.stdout.write(`${JSON.stringify({ value: { play }[call](options) })}\n`)
}
