// Calls the browser's signing of signals by name: a line of JSON in, a line out.
import { Emitter } from '../../../static/js/lib/emitter.js'
import { createInterface } from 'node:readline'

import './browser-globals.mjs'

import { Keys } from '../../../static/js/crypto/keys.js'
import { isOfSecret, newNonce, Trust, TrustedSignals } from '../../../static/js/live/connect/signed-signals.js'

/** What seat `seat` of a session signs with: by the secret, or by the exchange whose nonce and key are given. */
function seatKeys({ secret, session = 'K7QF', seat = 1, nonce = '', exchanged = {} }) {
  if (!secret) return null
  const keys = new Keys(secret)
  return {
    session,
    seat,
    nonce: () => nonce || newNonce(),
    material: async (said) => (isOfSecret(said) ? keys.material : exchanged[said] ? new TextEncoder().encode(exchanged[said]) : null),
  }
}

const kept = []

/** What the sender hears of what a receiver says, when the server changes it by number: fields to put in its place, null to take away. */
async function heard({ secret, said, changes }) {
  const signaling = new Emitter()
  const keys = seatKeys({ secret })
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
  side: ({ own, ...about }) => kept.push(new Trust(seatKeys(about), own)) - 1,
  signed: ({ id, type, fields }) => kept[id].signed(type, fields),
  judge: ({ id, message }) => kept[id].judge(message),
}

for await (const line of createInterface({ input: process.stdin })) {
  const { call, ...args } = JSON.parse(line)
  try {
    process.stdout.write(`${JSON.stringify({ value: (await calls[call](args)) ?? null })}\n`)
  } catch (error) {
    process.stdout.write(`${JSON.stringify({ refused: error.constructor.name, message: error.message })}\n`)
  }
}
