// Uploads one file with the stock tus-js-client and prints, as JSON, the link that the server told.
// node upload.mjs <endpoint> <file> <options as JSON> [abort after so many bytes, then resume]
import { createReadStream } from 'node:fs'
import { PassThrough } from 'node:stream'
import { Upload } from 'tus-js-client'

const [endpoint, path, json, abortAfter] = process.argv.slice(2)
const options = JSON.parse(json)
// A file's size is known; the client defers the length only of what it cannot measure.
const input = options.uploadLengthDeferred ? createReadStream(path).pipe(new PassThrough()) : createReadStream(path)
const seen = { link: null, aborts: 0, requests: [] }

/** Remembers what went over the wire. */
const onAfterResponse = (request, response) => {
  seen.requests.push(`${request.getMethod()} ${response.getStatus()}`)
  seen.link = response.getHeader('X-Link') ?? seen.link
}

await new Promise((resolve, reject) => {
  const upload = new Upload(input, {
    endpoint,
    metadata: { filename: 'from node.bin', filetype: 'application/zip' },
    onAfterResponse,
    onError: reject,
    onSuccess: resolve,
    onProgress: async (sent) => {
      if (!abortAfter || seen.aborts || sent < Number(abortAfter)) return
      seen.aborts += 1
      await upload.abort()
      upload.start()
    },
    ...options,
  })
  upload.start()
})
console.log(JSON.stringify(seen))
