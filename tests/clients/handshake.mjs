// Calls the browser's handshake and trust by name: a line of JSON in, a line out. Handshakes are kept by numbers.
import { createInterface } from 'node:readline'

import { Asking, Sharing } from '../../static/js/handshake.js'
import { Keys } from '../../static/js/keys.js'
import { Trust } from '../../static/js/trust.js'
import { wordsOf } from '../../static/js/words.js'

const kept = []
const keep = (one) => kept.push(one) - 1
const trust = ({ secret, own, other }) => new Trust(secret ? new Keys(secret) : null, own, other)

const calls = {
  ask: async ({ code }) => keep(await Asking.begin(code)),
  commit: ({ id }) => kept[id].commit,
  isAnswer: ({ id, value }) => kept[id].isAnswer(value),
  took: ({ id, value }) => kept[id].took(value),
  reveal: ({ id, value }) => kept[id].reveal(value),
  open: ({ id, value }) => kept[id].open(value),
  share: async ({ code, commit }) => keep(await Sharing.begin(code, commit)),
  shared: ({ id }) => kept[id].share,
  give: ({ id, value, secret }) => kept[id].give(value, secret),
  words: ({ numbers }) => wordsOf(numbers),
  signed: ({ type, fields, ...who }) => trust(who).signed(type, fields),
  holds: ({ message, ...who }) => trust(who).holds(message),
}

for await (const line of createInterface({ input: process.stdin })) {
  const { call, ...args } = JSON.parse(line)
  try {
    process.stdout.write(`${JSON.stringify({ value: (await calls[call](args)) ?? null })}\n`)
  } catch (error) {
    process.stdout.write(`${JSON.stringify({ refused: error.constructor.name, message: error.message })}\n`)
  }
}
