// What a road's page makes of the bytes that answers bring, and what it seals. JSON in and out; bytes as base64.
import { createInterface } from 'node:readline'

import './browser-globals.mjs'

import { Keys } from '../../../static/js/crypto/keys.js'
import { hello, parseHello, RoadSeal } from '../../../static/js/live/road/road-seal.js'
import { BodyOrder, EnvelopeReader, StretchReader } from '../../../static/js/live/road/stretches.js'

const bytesOf = (text) => new Uint8Array(Buffer.from(text, 'base64'))
const textOf = (bytes) => Buffer.from(bytes).toString('base64')
const joined = (parts) => Buffer.concat(parts.map((part) => Buffer.from(part)))

/** The bodies of one lane in their order, from an answer that comes in parts of so many bytes. */
function bodies({ answer, size }) {
  const [reader, order, found] = [new StretchReader(), new BodyOrder(), []]
  const bytes = bytesOf(answer)
  for (let at = 0; at < bytes.length; at += size) {
    for (const part of reader.read(bytes.subarray(at, at + size))) {
      for (const next of order.accept(part)) {
        const last = found[found.length - 1]
        if (last?.n === next.n) last.parts.push(next.bytes)
        else found.push({ n: next.n, parts: [next.bytes] })
      }
    }
  }
  return found.map(({ n, parts }) => [n, textOf(joined(parts))])
}

/** What a body says, in parts of so many bytes. */
function envelopes({ body, size }) {
  const reader = new EnvelopeReader()
  const [bytes, found] = [bytesOf(body), []]
  for (let at = 0; at < bytes.length; at += size) {
    const last = at + size >= bytes.length
    for (const { head, sealed } of reader.read({ bytes: bytes.subarray(at, at + size), last })) found.push([textOf(head), textOf(sealed)])
  }
  return found
}

const ends = ({ own, other, ownId, otherId }) => [{ seat: own, id: bytesOf(ownId) }, { seat: other, id: bytesOf(otherId) }]

async function sealed({ secret, messages, ...who }) {
  const seal = await RoadSeal.of(new Keys(secret), ...ends(who))
  const made = messages.map(([kind, message]) => seal.seal(kind, bytesOf(message)))
  return (await Promise.all(made)).map((parts) => textOf(joined(parts)))
}

async function opened({ secret, body, size, ...who }) {
  const seal = await RoadSeal.of(new Keys(secret), ...ends(who))
  const found = []
  for (const [head, part] of envelopes({ body, size })) {
    const { kind, message } = await seal.open({ head: bytesOf(head), sealed: bytesOf(part) })
    found.push([kind, textOf(message)])
  }
  return found
}

const calls = { bodies, envelopes, sealed, opened, hello: ({ id }) => textOf(hello(bytesOf(id))), parseHello: ({ bytes }) => textOf(parseHello(bytesOf(bytes))) }

for await (const line of createInterface({ input: process.stdin })) {
  const { call, ...args } = JSON.parse(line)
  try {
    process.stdout.write(`${JSON.stringify({ value: await calls[call](args) })}\n`)
  } catch (error) {
    process.stdout.write(`${JSON.stringify({ refused: error.constructor.name, message: error.message })}\n`)
  }
}
