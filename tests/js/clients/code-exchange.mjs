// Calls the browser's exchange by code by name: a line of JSON in, a line out. Sides are kept by numbers.
import { createInterface } from 'node:readline'

import './browser-globals.mjs'

import { CodeAnswerer } from '../../../static/js/crypto/code/code-answerer.js'
import { CodeAsker } from '../../../static/js/crypto/code/code-asker.js'
import { WrongCode } from '../../../static/js/lib/errors.js'

const kept = []
const keep = (one) => kept.push(one) - 1

/** How many of so many tries are given the secret when each guesses one half of `halves`, and the sender has one of them. */
async function guesses({ tries, halves, secret }) {
  const about = { session: 'K7QF', seat: 1 }
  let given = 0
  for (let at = 0; at < tries; at += 1) {
    const asker = await CodeAsker.begin({ ...about, half: halves[at % halves.length] })
    const answerer = await CodeAnswerer.begin({ ...about, half: halves[Math.floor(Math.random() * halves.length)] }, asker.hello)
    try {
      await answerer.give(await asker.confirm(answerer.share), secret)
      given += 1
    } catch (error) {
      if (!(error instanceof WrongCode)) throw error
    }
  }
  return given
}

const calls = {
  guesses,
  ask: async (typed) => keep(await CodeAsker.begin(typed)),
  hello: ({ id }) => kept[id].hello,
  isAnswer: ({ id, value }) => kept[id].isAnswer(value),
  confirm: ({ id, value }) => kept[id].confirm(value),
  open: ({ id, value }) => kept[id].open(value),
  answer: async ({ hello, ...typed }) => keep(await CodeAnswerer.begin(typed, hello)),
  share: ({ id }) => kept[id].share,
  isConfirmed: ({ id, value }) => kept[id].isConfirmed(value),
  give: ({ id, value, secret }) => kept[id].give(value, secret),
}

for await (const line of createInterface({ input: process.stdin })) {
  const { call, ...args } = JSON.parse(line)
  try {
    process.stdout.write(`${JSON.stringify({ value: (await calls[call](args)) ?? null })}\n`)
  } catch (error) {
    process.stdout.write(`${JSON.stringify({ refused: error.constructor.name, message: error.message })}\n`)
  }
}
