// Calls the browser's handshake and trust by name: a line of JSON in, a line out. Handshakes are kept by numbers.
import { Emitter } from '../../../static/js/lib/emitter.js'
import { createInterface } from 'node:readline'

import './browser-globals.mjs'

import { HandshakeReceiver, HandshakeSender } from '../../../static/js/crypto/sas-handshake.js'
import { Keys } from '../../../static/js/crypto/keys.js'
import { Trust, TrustedSignals } from '../../../static/js/live/connect/signed-signals.js'
import { wordsOf } from '../../../static/js/crypto/word-list.js'

const kept = []
const keep = (one) => kept.push(one) - 1
const trust = ({ secret, own, other }) => new Trust(secret ? new Keys(secret) : null, own, other)

/** What the sender hears of what a receiver says, when the server changes it by number: fields to put in its place, null to take away. */
async function heard({ secret, said, changes }) {
  const signaling = new Emitter()
  const keys = secret ? new Keys(secret) : null
  const life = new AbortController()
  const sender = new TrustedSignals(signaling, { keys, own: 0, other: 1 }, life.signal)
  const got = []
  const all = new Promise((resolve) => {
    for (const type of ['signal', 'tampered']) {
      sender.addEventListener(type, ({ detail }) => {
        got.push(type === 'signal' ? detail.try : detail.missing ? 'missing' : 'tampered')
        if (got.length === said.length) resolve(got)
      })
    }
  })
  let number = 0
  const relayed = (type, { to, ...fields }) => {
    const change = changes[number++] ?? {}
    const message = { type, from: 1, ...fields, ...change }
    for (const name of Object.keys(change)) if (change[name] === null) delete message[name]
    signaling.emit('signal', message)
  }
  const receiver = new TrustedSignals(Object.assign(new Emitter(), { send: relayed }), { keys, own: 1, other: 0 }, life.signal)
  for (const [type, fields] of said) receiver.send(type, fields)
  return all
}

const calls = {
  heard,
  ask: async ({ code }) => keep(await HandshakeReceiver.begin(code)),
  commit: ({ id }) => kept[id].commit,
  isAnswer: ({ id, value }) => kept[id].isAnswer(value),
  took: ({ id, value }) => kept[id].took(value),
  reveal: ({ id, value }) => kept[id].reveal(value),
  open: ({ id, value }) => kept[id].open(value),
  share: async ({ code, commit }) => keep(await HandshakeSender.begin(code, commit)),
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
