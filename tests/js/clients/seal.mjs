// Calls the browser's codec by name: a line of JSON in, a line out. Bytes are base64.
import { createInterface } from 'node:readline'

import './browser-globals.mjs'

import { openContents, sealContents } from '../../../static/js/crypto/sealed-names.js'
import { Keys, newSecret } from '../../../static/js/crypto/keys.js'
import { cleanOpened } from '../../../static/js/lib/file-names.js'
import { forUnpacking, keepApart } from '../../../static/js/lib/unpacked-names.js'
import { openedRecords } from '../../../static/js/crypto/opened-records.js'
import { openedBytes, openMessage, Seal, sealedOffset, sealMessage, sealRecords } from '../../../static/js/crypto/record-stream.js'
import { SealedSource } from '../../../static/js/crypto/sealed-source.js'

const bytes = (text) => new Uint8Array(Buffer.from(text, 'base64'))
const text = (array) => Buffer.from(array).toString('base64')

async function* pieces(whole, length) {
  for (let at = 0; at < whole.length; at += length) yield whole.subarray(at, at + length)
}

async function readAll(source, start, part) {
  const read = []
  for (let at = start, ended = false; !ended; at += part) {
    const { value, done } = await source.slice(at, at + part)
    read.push(new Uint8Array(await value.arrayBuffer()))
    ended = done
  }
  return Buffer.concat(read)
}

async function stream(seal, sealed, size, first, piece) {
  const opened = []
  for await (const part of openedRecords(pieces(sealed.subarray(sealedOffset(first, seal.layout)), piece), seal, size, first)) opened.push(part)
  return text(Buffer.concat(opened))
}

const calls = {
  newSecret: () => newSecret(),
  seal: async ({ material, salt, file }) => text(await sealMessage(await Seal.of(bytes(material), bytes(salt)), bytes(file))),
  open: async ({ material, message }) => text(await openMessage(bytes(material), bytes(message))),
  // As the link's page does: from some record on, in pieces as the network brings them.
  stream: async ({ material, salt, message, size, first, piece }) => {
    return stream(await Seal.of(bytes(material), bytes(salt)), bytes(message), size, first, piece)
  },
  // The same of a file by its entry, without what stands before its first record.
  openFile: async ({ secret, entry, sealed, first = 0, piece = 1e6 }) => stream(await (await Keys.of(secret)).ofFile(entry), bytes(sealed), entry.size, first, piece),
  sealFile: async ({ secret, password, entry, file }) => {
    const seal = await (await Keys.of(secret, password)).ofFile(entry)
    const head = seal instanceof Seal ? [seal.header()] : []
    return text(Buffer.concat([...head, ...(await sealRecords(seal, 0, bytes(file), entry.size))]))
  },
  // As an upload reads it: in parts from wherever the server's offset is.
  source: async ({ secret, entry, file, start, part }) => {
    const seal = await (await Keys.of(secret)).ofFile(entry)
    return text(await readAll(new SealedSource(new Blob([bytes(file)]), seal), start, part))
  },
  // Two tries of one page, and between them the file may have changed.
  tries: async ({ secret, entry, files }) => {
    const seal = await (await Keys.of(secret)).ofFile(entry)
    const read = []
    for (const file of files) read.push(text(await readAll(new SealedSource(new Blob([bytes(file)]), seal), 0, 1e6)))
    return read
  },
  cleanOpened: ({ path }) => cleanOpened(path),
  keepApart: ({ paths }) => keepApart(paths),
  forUnpacking: ({ paths }) => forUnpacking(paths),
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
