// Calls the browser's exchange by code by name: a line of JSON in, a line out. Sides are kept by numbers.
import { createInterface } from 'node:readline'

import './browser-globals.mjs'

import { CodeAnswerer } from '../../../static/js/crypto/code/code-answerer.js'
import { CodeAsker } from '../../../static/js/crypto/code/code-asker.js'
import { lengths, Share, text } from '../../../static/js/crypto/code/cpace.js'
import { WrongCode } from '../../../static/js/lib/errors.js'
import { sha512 } from '../../../static/vendor/noble-curves/ristretto255.js'

const kept = []
const keep = (one) => kept.push(one) - 1

// Who guesses may choose any scalar, so also 1: then a point is its own product, and a guess costs half as much.
const ONE = new Uint8Array(64).fill(1, 0, 1)
const UNMULTIPLIED = { sha512, ristretto255: { Point: { fromBytes: (bytes) => ({ multiply: () => ({ is0: () => false, toBytes: () => bytes }) }) } } }

/** Makes askers that guess this half. @param {{ session: string, seat: number, half: string }} guess */
async function guesser({ session, seat, half }) {
  const sid = text(session)
  const channel = lengths(text('packetpost/1 receiver'), text(String(seat)), text('packetpost/1 sender'))
  const { point } = await Share.make({ password: text(half), channel, sid }, ONE)
  return () => new CodeAsker(new Share(UNMULTIPLIED, 1n, point, sid))
}

/** How many of so many tries are given the secret when each guesses one half of `halves`, and the sender has one of them. */
async function guesses({ tries, halves, secret }) {
  const about = { session: 'K7QF', seat: 1 }
  const guessers = await Promise.all(halves.map((half) => guesser({ ...about, half })))
  let given = 0
  for (let at = 0; at < tries; at += 1) {
    const asker = guessers[at % halves.length]()
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
