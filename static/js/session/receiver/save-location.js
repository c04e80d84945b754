/** Where a receiver's files go: what the browser can hold, what a reload has cost, what the person picks. Part of the session island. */

import { openArchive } from '../../sinks/zip-sink.js'
import { filesize } from '../../lib/format.js'
import { cleanOpened } from '../../lib/file-names.js'
import { openSink, sinkKeeps, sinkLimit } from '../../sinks/open-sink.js'

const RELOADED = {
  kept: 'What had arrived is still here: save the files again, and they go on from there.',
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

/** Whether a zip of all of them can be saved by this browser. @param {{ size: number }[]} wanted */
export async function zipFits(wanted) {
  const limit = await sinkLimit()
  return limit === null || wanted.reduce((sum, { size }) => sum + size, 0) <= limit
}

/** A hint for those who cannot pick a folder; '' where there is nothing to say. @param {{ path: string }[]} files */
export function folderHint(files) {
  if ('showDirectoryPicker' in globalThis || !files.some(({ path }) => path.includes('/'))) return ''
  return 'This browser saves each file by itself, without its folder. Save them as one zip to keep the folders.'
}

/** Where the person wants the files: among the browser's downloads, where they picked, or together in one zip. */
export class SaveLocation {
  /** @type {SinkOptions} */
  #options = {}

  /** @returns {import('../../sinks/zip-sink.js').ZipSink | null} */
  get archive() {
    return this.#options.archive ?? null
  }

  /** Each among the browser's downloads. */
  downloads() {
    this.#options = {}
  }

  /**
   * The person says where, in the browser's own dialog; false when it was closed. Rejects with a sentence.
   * @param {{ path: string }[]} wanted
   */
  async pick(wanted) {
    try {
      if (needsFolder(wanted)) this.#options = { directory: await showDirectoryPicker({ mode: 'readwrite' }) }
      else this.#options = { file: await showSaveFilePicker({ suggestedName: wanted[0].path }) }
      return true
    } catch (error) {
      if (error instanceof DOMException && error.name === 'AbortError') return false
      throw new Error('The browser did not allow to save there. Choose another place, or save the files the other way.')
    }
  }

  /** Exactly these, in one zip among the downloads. Rejects like `openSink`. @param {FileProgress[]} wanted */
  async zip(wanted) {
    this.#options = { archive: await openArchive(zipName(wanted), wanted) }
  }

  /** A zip that is not whole is not kept. */
  giveUp() {
    this.archive?.giveUp()
    this.downloads()
  }

  /** Whether what is saved there survives this page. */
  get keeps() {
    return !this.archive && sinkKeeps()
  }

  /** @param {string} code of the session @returns {Sinks} */
  sinks(code) {
    return {
      open: (file, end) => openSink(file, { keepAs: code, ...this.#options }, end),
      keep: () => this.keeps,
      whole: () => this.archive?.whole ?? null,
    }
  }
}

/** The name of the folder that all of them lie in, where there is one. @param {{ path: string }[]} files */
function zipName(files) {
  const tops = new Set(files.map(({ path }) => (path.includes('/') ? path.split('/')[0] : '')))
  const [top] = tops
  return `${(tops.size === 1 && cleanOpened(top)) || 'files'}.zip`
}
