/** What a session's page shows of its protection: a label, and words to compare where the code was typed. Part of the session island. */

import { find, make } from '../lib/dom.js'

/** @typedef {'sealed' | 'words' | 'plain'} Protected */

/** @type {Record<Protected, { sender: string, receiver: string }>} */
const LABELS = {
  sealed: { sender: 'End-to-end encrypted: the address carries the key', receiver: 'End-to-end encrypted: the address carried the key' },
  words: { sender: 'End-to-end encrypted: compare the words', receiver: 'End-to-end encrypted: compare the words' },
  plain: { sender: 'Not end-to-end encrypted', receiver: 'Not end-to-end encrypted' },
}

export class Protection {
  #root
  /** @type {Map<number, string[]>} */
  #words = new Map()

  /** @param {HTMLElement} root */
  constructor(root) {
    this.#root = root
  }

  /** @param {Protected} state */
  show(state) {
    const label = find(this.#root, '[data-protection]')
    label.dataset.state = state
    label.textContent = LABELS[state][this.#root.dataset.role === 'sender' ? 'sender' : 'receiver']
    label.hidden = false
  }

  /**
   * The words that a receiver's page shows too; none takes them away.
   * @param {number} seat the receiver's
   * @param {string[]} words
   */
  words(seat, words) {
    if (words.length) this.#words.set(seat, words)
    else this.#words.delete(seat)
    find(this.#root, '[data-words]').hidden = !this.#words.size
    const several = Number(this.#root.dataset.maxReceivers) > 1 && this.#root.dataset.role === 'sender'
    find(this.#root, '[data-words-list]').replaceChildren(...[...this.#words].map(([number, some]) => line(several ? `Receiver ${number}` : '', number, some)))
  }
}

/** @param {string} who @param {number} seat @param {string[]} words */
function line(who, seat, words) {
  const caption = who ? [make('span', { class: 'fine' }, who), ' '] : []
  const shown = words.flatMap((word, at) => [...(at ? [' '] : []), make('b', {}, word)])
  return make('p', { class: 'words-line', 'data-testid': 'words', 'data-seat': String(seat) }, ...caption, ...shown)
}
