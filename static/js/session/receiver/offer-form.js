/** What the sender offers a receiver, and what the person does about it: which files, and where to. Part of the session island. */

import { folderHint, needsFolder, tooLarge, zipFits } from './save-location.js'

export class Offer {
  /** @type {FileProgress[]} */
  files = []
  /** What a reload has cost, in a sentence. */
  #lost = ''
  #choosing = false
  #view
  #location
  #owner

  /**
   * @param {import('../session-view.js').View} view
   * @param {import('./save-location.js').SaveLocation} location
   * @param {{ open(): boolean, accept(wanted: FileProgress[]): void }} owner open: whether there is something to accept
   * @param {AbortSignal} signal
   */
  constructor(view, location, owner, signal) {
    this.#view = view
    this.#location = location
    this.#owner = owner
    /** @param {string} button @param {(wanted: FileProgress[]) => Promise<boolean | void> | void} choose gives false when the person thought better of it */
    const on = (button, choose) => view.element(button).addEventListener('click', () => this.#acceptWith(choose), { signal })
    on('accept', () => location.downloads())
    on('accept-into', (wanted) => location.pick(wanted))
    on('accept-zip', (wanted) => location.zip(wanted))
  }

  /** @param {FileProgress[]} files @param {string} lost */
  async begin(files, lost) {
    this.files = files
    this.#lost = lost
    this.#view.rows(files, files.length > 1 ? () => this.#weigh() : null)
    this.#view.element('accept-into').textContent = needsFolder(files) ? 'Save into a folder…' : 'Save as…'
    await this.#weigh()
  }

  /** Buttons are there while there is something to decide. */
  show() {
    const open = this.#owner.open()
    this.#view.show('accept', open)
    this.#view.show('accept-into', open && 'showDirectoryPicker' in globalThis)
    this.#view.show('accept-zip', open && needsFolder(this.files))
  }

  get #wanted() {
    const numbers = this.files.length > 1 ? this.#view.chosen() : this.files.map(({ n }) => n)
    return this.files.filter(({ n }) => numbers.includes(n))
  }

  /** Say before accepting what this browser cannot hold, and what a reload has cost. */
  async #weigh() {
    const wanted = this.#wanted
    const large = await tooLarge(wanted)
    this.#view.notice(large || this.#lost || folderHint(this.files))
    this.#able('accept', wanted.length > 0 && !large)
    this.#able('accept-into', wanted.length > 0)
    this.#able('accept-zip', wanted.length > 0 && !large && (await zipFits(wanted)))
  }

  /** @param {string} name @param {boolean} able */
  #able(name, able) {
    const button = /** @type {HTMLButtonElement} */ (this.#view.element(name))
    button.disabled = !able
  }

  /** @param {(wanted: FileProgress[]) => Promise<boolean | void> | void} choose */
  async #acceptWith(choose) {
    if (this.#choosing) return
    this.#choosing = true
    try {
      const wanted = this.#wanted
      if ((await choose(wanted)) !== false) this.#accept(wanted)
    } catch (error) {
      this.#view.notice(/** @type {Error} */ (error).message)
    }
    this.#choosing = false
  }

  /** @param {FileProgress[]} wanted */
  #accept(wanted) {
    if (!this.#owner.open()) return this.#location.giveUp() // it was withdrawn meanwhile
    this.#view.settle()
    this.#view.notice('')
    for (const file of this.files) if (!wanted.includes(file)) this.#view.row(file.n, 'refused', 'not wanted')
    this.#owner.accept(wanted)
  }
}
