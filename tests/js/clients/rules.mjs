// The rules that the server knows as well. JSON in and out.
import { createInterface } from 'node:readline'

import { OVERHEAD, RECORD } from '../../../static/js/crypto/record-stream.js'
import { cleanOpened, cleanPath, isPath, keepApart } from '../../../static/js/lib/file-names.js'
import { filesize } from '../../../static/js/lib/format.js'
import { BLOCK, DIGEST_BYTES, FRAME } from '../../../static/js/live/connect/frames.js'

const calls = {
  filesize: ({ bytes }) => filesize(bytes),
  keepApart: ({ paths }) => keepApart(paths),
  cleanOpened: ({ path }) => cleanOpened(path),
  cleanPath: ({ path }) => cleanPath(path),
  isPath: ({ path }) => isPath(path),
  wire: () => ({ block: BLOCK, frame: FRAME, record: RECORD, sealedRecord: RECORD + OVERHEAD, digest: DIGEST_BYTES }),
}

for await (const line of createInterface({ input: process.stdin })) {
  const { call, ...options } = JSON.parse(line)
  process.stdout.write(`${JSON.stringify({ value: calls[call](options) })}\n`)
}
