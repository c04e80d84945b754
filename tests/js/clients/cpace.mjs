// Calls the browser's CPace by name: a line of JSON in, a line out. Bytes are hex; shares are kept by numbers.
import { createInterface } from 'node:readline'

import './browser-globals.mjs'

import { Share } from '../../../static/js/crypto/code/cpace.js'

const kept = []
const bytes = (hex) => new Uint8Array(Buffer.from(hex, 'hex'))
const hex = (data) => Buffer.from(data).toString('hex')

const calls = {
  share: async ({ password, channel, sid, random }) => {
    const share = await Share.make({ password: bytes(password), channel: bytes(channel), sid: bytes(sid) }, random ? bytes(random) : undefined)
    return { id: kept.push(share) - 1, point: hex(share.point) }
  },
  initiated: ({ id, other, ours, theirs }) => hex(kept[id].initiated(bytes(other), { ours: bytes(ours), theirs: bytes(theirs) })),
  answered: ({ id, other, ours, theirs }) => hex(kept[id].answered(bytes(other), { ours: bytes(ours), theirs: bytes(theirs) })),
}

for await (const line of createInterface({ input: process.stdin })) {
  const { call, ...args } = JSON.parse(line)
  try {
    process.stdout.write(`${JSON.stringify({ value: await calls[call](args) })}\n`)
  } catch (error) {
    process.stdout.write(`${JSON.stringify({ refused: error.constructor.name, message: error.message })}\n`)
  }
}
