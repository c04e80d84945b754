// The rules that the server knows as well. JSON in and out.
import { createInterface } from 'node:readline'

import './browser-globals.mjs'

import { canHaveHalf, newHalf, readCode, readHalf } from '../../../static/js/crypto/code/typed-code.js'
import { ONE_MESSAGE, OWN_MESSAGES, RECORD } from '../../../static/js/crypto/record-stream.js'
import { cleanOpened, cleanPath, isPath } from '../../../static/js/lib/file-names.js'
import { forUnpacking, keepApart } from '../../../static/js/lib/unpacked-names.js'
import { filesize } from '../../../static/js/lib/format.js'
import { cancelMessage, parseControl } from '../../../static/js/live/connect/control-messages.js'
import { BLOCK, DIGEST_BYTES, FRAME } from '../../../static/js/live/lanes/frames.js'

/** A control message with one field set; the others are plain. */
const CONTROLS = {
  sdp: { t: 'lane', lane: 1 },
  candidate: { t: 'candidate', lane: 1 },
  sdpMid: { t: 'candidate', lane: 1, candidate: '' },
  sdpMLineIndex: { t: 'candidate', lane: 1, candidate: '' },
  reason: { t: 'cancel' },
  code: { t: 'failed', n: 0 },
}

function accepts(field, value) {
  try {
    return parseControl(JSON.stringify({ ...CONTROLS[field], [field]: value })) !== null
  } catch {
    return false
  }
}

const calls = {
  accepts: ({ field, value }) => accepts(field, value),
  canHaveHalf: ({ code }) => canHaveHalf(code),
  readCode: ({ text }) => readCode(text),
  readHalf: ({ text, code }) => readHalf(text, code),
  newHalves: ({ count }) => Array.from({ length: count }, newHalf),
  cancel: ({ reason }) => cancelMessage(reason),
  filesize: ({ bytes }) => filesize(bytes),
  keepApart: ({ paths }) => keepApart(paths),
  forUnpacking: ({ paths }) => forUnpacking(paths),
  cleanOpened: ({ path }) => cleanOpened(path),
  cleanPath: ({ path }) => cleanPath(path),
  isPath: ({ path }) => isPath(path),
  wire: () => ({ block: BLOCK, frame: FRAME, record: RECORD, sealedRecord: RECORD + OWN_MESSAGES.more, oldSealedRecord: RECORD + ONE_MESSAGE.more, digest: DIGEST_BYTES }),
}

for await (const line of createInterface({ input: process.stdin })) {
  const { call, ...options } = JSON.parse(line)
  process.stdout.write(`${JSON.stringify({ value: calls[call](options) })}\n`)
}
