// Calls the browser's codec by name: a line of JSON in, a line out. Bytes are base64.
import { createInterface } from 'node:readline'

import './browser-globals.mjs'

import { openContents, sealContents } from '../../../static/js/crypto/sealed-names.js'
import { Keys, newSecret } from '../../../static/js/crypto/keys.js'
import { cleanOpened, keepApart } from '../../../static/js/lib/file-names.js'
import { openedRecords } from '../../../static/js/crypto/opened-records.js'
import { openedBytes, openMessage, Seal, sealedOffset, sealMessage } from '../../../static/js/crypto/record-stream.js'
import { SealedSource } from '../../../static/js/crypto/sealed-source.js'

const bytes = (text) => new Uint8Array(Buffer.from(text, 'base64'))
const text = (array) => Buffer.from(array).toString('base64')

async function* pieces(whole, length) {
  for (let at = 0; at < whole.length; at += length) yield whole.subarray(at, at + length)
}

const calls = {
  newSecret: () => newSecret(),
  seal: async ({ material, salt, file }) => text(await sealMessage(await Seal.of(bytes(material), bytes(salt)), bytes(file))),
  open: async ({ material, message }) => text(await openMessage(bytes(material), bytes(message))),
  // As the link's page does: from some record on, in pieces as the network brings them.
  stream: async ({ material, salt, message, size, first, piece }) => {
    const rest = bytes(message).subarray(sealedOffset(first))
    const opened = []
    for await (const part of openedRecords(pieces(rest, piece), await Seal.of(bytes(material), bytes(salt)), size, first)) opened.push(part)
    return text(Buffer.concat(opened))
  },
  sealFile: async ({ secret, password, entry, file }) => text(await sealMessage(await (await Keys.of(secret, password)).ofFile(entry), bytes(file))),
  // As an upload reads it: in parts from wherever the server's offset is.
  source: async ({ secret, entry, file, start, part }) => {
    const source = new SealedSource(new Blob([bytes(file)]), await (await Keys.of(secret)).ofFile(entry))
    const read = []
    for (let at = start, ended = false; !ended; at += part) {
      const { value, done } = await source.slice(at, at + part)
      read.push(new Uint8Array(await value.arrayBuffer()))
      ended = done
    }
    return text(Buffer.concat(read))
  },
  cleanOpened: ({ path }) => cleanOpened(path),
  keepApart: ({ paths }) => keepApart(paths),
  openedBytes: ({ sealed, size }) => openedBytes(sealed, size),
  proof: async ({ secret, password }) => (await Keys.of(secret, password)).proof(),
  sealContents: async ({ secret, password, entries }) => sealContents(await Keys.of(secret, password), entries),
  openContents: async ({ secret, password, sealed }) => openContents(await Keys.of(secret, password), sealed),
}

for await (const line of createInterface({ input: process.stdin })) {
  const { call, ...args } = JSON.parse(line)
  try {
    process.stdout.write(`${JSON.stringify({ value: await calls[call](args) })}\n`)
  } catch (error) {
    process.stdout.write(`${JSON.stringify({ refused: error.constructor.name, message: error.message })}\n`)
  }
}
