/** What a live session has of its files when it turns into a link, for the page of that link to go on with. Knows no page. */

/** @typedef {{ path: string, size: number }} Named */

/** @type {HandedOver[]} */
let handedOver = []

/** @type {import('../sinks/zip-sink.js').ZipSink | null} */
let archive = null

/**
 * @param {HandedOver[]} files of the session that became the link
 * @param {import('../sinks/zip-sink.js').ZipSink | null} zip that they were to lie in
 */
export function handOver(files, zip) {
  handedOver = files
  archive = zip
  // What was in it is nowhere now.
  zip?.whole.catch(() => (handedOver = files.filter(({ state }) => state === 'refused')))
}

/** Where the rest of the session's files is wanted. @param {Named} file @returns {SinkOptions} */
export function handedOverSink(file) {
  return archive?.wants(file) ? { archive } : {}
}

/** @param {Named} file @returns {HandedOver | undefined} */
function find({ path, size }) {
  return handedOver.find((one) => one.path === path && one.size === size)
}

/** Whether this person has it already, or did not want it: its download does not start by itself. @param {Named} file */
export function isSettled(file) {
  const state = find(file)?.state
  return state === 'saved' || state === 'refused'
}

/** @param {Named} file */
export function isSaved(file) {
  return find(file)?.state === 'saved'
}

/** Its open sink and the bytes in it, once; null when it must begin anew. @param {Named} file @returns {{ sink: Sink, done: number } | null} */
export function claimHandedOver(file) {
  const half = find(file)
  const sink = half?.sink
  if (!half || !sink) return null
  half.sink = null
  return { sink, done: half.done }
}
