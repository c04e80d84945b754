/** What of a receiver's files is here, in the rows of its page. Part of the session island. */

import { percent } from '../../lib/format.js'

/** @param {import('../session-view.js').View} view @param {Progress} progress */
export function showReceived(view, progress) {
  view.progress(progress)
  for (const file of progress.perFile) {
    const said = receivedRow(file)
    if (said) view.row(file.n, ...said)
  }
}

/**
 * What a row says of its file: state and text; null where it stays as it is.
 * @param {FileProgress} file
 * @returns {[string, string] | null}
 */
function receivedRow({ state, message, done, size }) {
  if (state === 'saved') return ['ready', 'verified']
  if (state === 'failed') return ['failed', message]
  if (state === 'verifying') return ['uploading', 'checking']
  return state === 'moving' && done ? ['uploading', `arriving, ${percent(done, size)} %`] : null
}
