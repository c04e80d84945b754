// Calls the browser's signing of signals by name: a line of JSON in, a line out.
import { Emitter } from '../../../static/js/lib/emitter.js'
import { createInterface } from 'node:readline'

import './browser-globals.mjs'

import { Keys } from '../../../static/js/crypto/keys.js'
import { Trust, TrustedSignals } from '../../../static/js/live/connect/signed-signals.js'

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
