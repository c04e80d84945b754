/** Where a receiver's files go: what the browser can hold, what a reload has cost, what the person picks. Part of the session island. */

import { filesize } from './format.js'
import { sinkKeeps, sinkLimit } from './sink.js'

const RELOADED = {
  kept: 'This page was reloaded. What had arrived is still here: save the files again, and they go on from there.',
  gone: 'This page was reloaded, and a browser cannot continue a download of this kind: it starts again from the beginning.',
}

/** Kept by the tab from accepting to the end: whether an earlier page of it was receiving when it was left. */
export class Interruption {
  #mark

  /** @param {string} code */
  constructor(code) {
    this.#mark = `receiving ${code}`
  }

  begin() {
    sessionStorage.setItem(this.#mark, '1')
  }

  end() {
    sessionStorage.removeItem(this.#mark)
  }

  /** A sentence about it; '' when there was none. */
  get sentence() {
    return sessionStorage.getItem(this.#mark) === null ? '' : RELOADED[sinkKeeps() ? 'kept' : 'gone']
  }
}

/**
 * Why this browser cannot save one of these, in a sentence; '' when it can.
 * @param {{ path: string, size: number }[]} wanted
 */
export async function tooLarge(wanted) {
  const limit = await sinkLimit()
  const large = limit === null ? undefined : wanted.find(({ size }) => size > limit)
  return large ? `This browser can save at most ${filesize(limit ?? 0)} at once, and ${large.path} is larger. Ask the sender to use a link instead, or open this page in another browser.` : ''
}

/** Several files need a folder. @param {{ path: string }[]} files */
export function needsFolder(files) {
  return files.length > 1 || Boolean(files[0]?.path.includes('/'))
}

/**
 * The person says where, in the browser's own dialog; null when it was closed. Rejects with a sentence.
 * @param {{ path: string }[]} wanted
 * @returns {Promise<SinkOptions | null>}
 */
export async function pickPlace(wanted) {
  try {
    if (needsFolder(wanted)) return { directory: await showDirectoryPicker({ mode: 'readwrite' }) }
    return { file: await showSaveFilePicker({ suggestedName: wanted[0].path }) }
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') return null
    throw new Error('The browser did not allow to save there. Choose another place, or save the files the other way.')
  }
}
