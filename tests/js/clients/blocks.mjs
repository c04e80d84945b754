// A file's blocks from the sender's reader to the receiver's check: a line of JSON in, a line out. Bytes are base64.
import { createInterface } from 'node:readline'

import './browser-globals.mjs'

import { IncomingFile } from '../../../static/js/live/receive/incoming-file.js'
import { Keys } from '../../../static/js/crypto/keys.js'
import { BlockReader } from '../../../static/js/live/send/block-reader.js'
import { decodeFrame, encodeAck, OutgoingBlock } from '../../../static/js/live/lanes/frames.js'

const bytes = (text) => new Uint8Array(Buffer.from(text, 'base64'))
const text = (array) => Buffer.from(array).toString('base64')
const keysOf = (secret) => (secret ? new Keys(secret) : null)
let incoming

const decoded = (buffer) => {
  const { payload, digest, ...frame } = decodeFrame(buffer)
  return { ...frame, payload: text(payload), digest: digest && text(digest) }
}

const calls = {
  read: async ({ secret, entry, file, block }) => {
    const keys = keysOf(secret)
    const reader = new BlockReader(new File([bytes(file)], 'x'), keys && ((seal) => keys.ofFile({ ...entry, seal })))
    reader.use(entry.seal ?? 1)
    const read = await reader.read(block)
    return { bytes: text(read.bytes), digest: text(read.digest) }
  },
  // Once as it was and once as it is, from one reader.
  readTwice: async ({ secret, entry, files, block }) => {
    const keys = keysOf(secret)
    let file = new File([bytes(files[0])], 'x')
    const changing = { size: file.size, slice: (from, to) => file.slice(from, to) }
    const reader = new BlockReader(changing, keys && ((seal) => keys.ofFile({ ...entry, seal })))
    reader.use(entry.seal ?? 1)
    const before = text((await reader.read(block)).bytes)
    reader.rest()
    file = new File([bytes(files[1])], 'x')
    return [before, text((await reader.read(block)).bytes)]
  },
  incoming: ({ secret, entry }) => {
    incoming = new IncomingFile(entry, { bytes: 0 }, keysOf(secret))
    incoming.begin()
  },
  meet: ({ entry }) => incoming.meet(entry),
  length: ({ block }) => incoming.lengthOf(block),
  check: ({ block, carried, digest }) => incoming.check(block, bytes(carried), bytes(digest)),
  take: () => text(incoming.dequeue()),
  // The frames of a block cut at these places, as they lie in messages.
  frames: ({ block, cuts }) => {
    const outgoing = new OutgoingBlock([bytes(block)], new Uint8Array(32).fill(7))
    const found = cuts.map((end, at) => decoded(outgoing.frame({ n: 5, block: 6 }, cuts[at - 1] ?? 0, end).slice().buffer))
    outgoing.release()
    return found
  },
  // A block that goes in one frame, as it lies in its message.
  cut: ({ file, block, carried, digest }) => {
    const outgoing = new OutgoingBlock([bytes(carried)], bytes(digest))
    return text(outgoing.frame({ n: file, block }, 0, outgoing.length))
  },
  ack: ({ received }) => text(encodeAck(received)),
  decode: ({ message }) => decoded(bytes(message).buffer),
}

for await (const line of createInterface({ input: process.stdin })) {
  const { call, ...args } = JSON.parse(line)
  try {
    process.stdout.write(`${JSON.stringify({ value: (await calls[call](args)) ?? null })}\n`)
  } catch (error) {
    process.stdout.write(`${JSON.stringify({ refused: error.constructor.name, message: error.message })}\n`)
  }
}
