/** What a seat shows of its session: status, progress, path, rows. Part of the session island. */

import { dropAlert, find, make, nameOf, pageTitle, setPageTitle } from '../lib/dom.js'
import { filesize, percent, timeLeft } from '../lib/format.js'
import { RateMeter } from '../lib/rate-meter.js'

/** @typedef {'elsewhere' | 'whole-address'} Cover */
/** @typedef {'idle' | 'signaling' | 'connecting' | 'connected' | 'transferring' | 'verifying' | 'completed' | 'failed' | 'fallback' | 'elsewhere'} Status */

// Nobody reads faster (ms), and each painting takes processor time from the transfer.
const FIGURES_EVERY = 300
/** What must be settled before anything else can be shown, the most important first. @type {Record<Cover, [Status, string]>} */
const COVERS = {
  elsewhere: ['elsewhere', 'This session is open in another tab'],
  'whole-address': ['failed', 'This tab lacks the key of this session'],
}

export class View {
  #meter = new RateMeter()
  #quarter = 0
  #figuresAt = 0
  #later = 0
  /** @type {Map<number, HTMLElement>} */
  #rows = new Map()
  #title = pageTitle()
  #warning = ''
  #noticed = ''
  /** @type {Set<Cover>} */
  #covers = new Set()
  /** @type {[Status, string]} */
  #status
  #root

  /** @param {HTMLElement} root */
  constructor(root) {
    this.#root = root
    const { dataset, textContent } = this.element('status')
    this.#status = [/** @type {Status} */ (dataset.state), textContent?.trim() ?? '']
  }

  /** @param {string} name of a data attribute */
  element(name) {
    return find(this.#root, `[data-${name}]`)
  }

  /** @param {string} name */
  has(name) {
    return Boolean(this.#root.querySelector(`[data-${name}]`))
  }

  /**
   * @param {Status} state
   * @param {string} text
   */
  status(state, text) {
    this.#status = [state, text]
    if (!this.#cover) this.#paintStatus(state, text)
  }

  /** What is in the place of everything else. @returns {Cover | undefined} */
  get #cover() {
    return /** @type {Cover[]} */ (Object.keys(COVERS)).find((name) => this.#covers.has(name))
  }

  /** Show this instead of everything else, or no more; what changes meanwhile is shown at the end. @param {Cover} name @param {boolean} on */
  cover(name, on) {
    if (on) this.#covers.add(name)
    else this.#covers.delete(name)
    const top = this.#cover
    this.#root.toggleAttribute('data-covered', Boolean(top))
    for (const one of Object.keys(COVERS)) this.show(one, one === top)
    this.#paintStatus(...(top ? COVERS[top] : this.#status))
  }

  /** @param {Status} state @param {string} text */
  #paintStatus(state, text) {
    const output = this.element('status')
    output.dataset.state = state
    if (output.textContent !== text) output.textContent = text // spoken once
    this.#root.toggleAttribute('data-moving', state === 'transferring')
    if (state !== 'transferring') this.element('rate').textContent = ''
    if (['completed', 'failed', 'fallback', 'elsewhere'].includes(state)) setPageTitle(`${text} · Packet Post`)
    if (state === 'connecting') this.#meter.reset()
    if (state === 'completed') dropAlert('offline') // whether the server is there matters to nobody any more
  }

  /** What is worth knowing now, in the place of what was said before; not of a warning. @param {string} text '' for none */
  notice(text) {
    this.#noticed = text
    this.#paintNotice()
  }

  /** The other side's page broke the rules: that has ended the transfer. @param {string} sentence what it did */
  fault(sentence) {
    this.notice(`${sentence} Nothing more is taken from it. Reload both pages, and try again.`)
  }

  /** What nobody may miss: no later notice hides it. @param {string} text '' when all begins anew */
  warn(text) {
    this.#warning = text
    this.#paintNotice()
  }

  #paintNotice() {
    const text = [this.#warning, this.#noticed].filter(Boolean).join(' ')
    const notice = this.element('notice')
    notice.hidden = !text
    notice.textContent = text
  }

  /** Another try begins. */
  forgetNotices() {
    this.#warning = ''
    this.notice('')
  }

  /** Whether anybody between the two could read along. @param {import('../crypto/keys.js').Keys | null} keys null: the session is plain */
  async protection(keys) {
    const label = this.element('protection')
    label.dataset.state = keys ? 'sealed' : 'plain'
    label.textContent = keys ? 'End-to-end encrypted' : 'Not end-to-end encrypted'
    label.hidden = false
    this.show('fingerprint', Boolean(keys))
    if (keys) this.element('fingerprint-digits').textContent = await keys.fingerprint()
  }

  /** @param {Omit<Progress, 'perFile'>} progress */
  progress({ done, arrived, total }) {
    if (this.#cover) return
    /** @type {HTMLProgressElement} */
    const bar = find(this.#root, '[data-progress]')
    this.#figuresAt = performance.now()
    bar.hidden = false
    bar.max = total || 1
    bar.value = total ? arrived : 1
    bar.dataset.written = String(done)
    this.element('bytes').textContent = `${percent(arrived, total)} %, ${filesize(arrived)} of ${filesize(total)}`
    this.#speak(arrived, total)
    this.#meter.add(arrived, this.#figuresAt)
    const rate = this.#meter.rate
    this.element('rate').textContent = rate && arrived < total ? `${filesize(Math.round(rate))}/s, ${timeLeft((total - arrived) / rate)}` : ''
    if (arrived < total) setPageTitle(`${percent(arrived, total)} % · Packet Post`)
  }

  /** Has the figures painted when those shown are old enough: now, or once when they will be, so that the last are never left out. @param {() => void} paint */
  paintProgress(paint) {
    if (this.#later) return
    const wait = this.#figuresAt + FIGURES_EVERY - performance.now()
    if (wait <= 0) return paint()
    this.#later = setTimeout(() => {
      this.#later = 0
      paint()
    }, wait)
  }

  /** To screen readers, each quarter once: figures that change all the time would drown everything else. @param {number} done @param {number} total */
  #speak(done, total) {
    const quarter = Math.floor(percent(done, total) / 25)
    if (quarter === this.#quarter) return
    this.#quarter = quarter
    if (quarter > 0 && quarter < 4) this.element('spoken').textContent = `${quarter * 25} % done`
  }

  /** Bytes a second over the last seconds, 0 while unknown. */
  get rate() {
    return this.#meter.rate
  }

  /** @param {Route | 'link'} route */
  route(route) {
    const shown = this.element('path')
    shown.hidden = !route
    shown.dataset.path = route
    shown.textContent = route === 'server' ? 'through the server' : route
  }

  /**
   * @param {string} name
   * @param {boolean} on
   */
  show(name, on) {
    if (this.has(name)) this.element(name).hidden = !on
  }

  /**
   * One row a file; with boxes to choose by where `choose` is given.
   * @param {{ n: number, path: string, size: number }[]} files
   * @param {(() => void) | null} choose
   */
  rows(files, choose = null) {
    this.#rows = new Map(files.map((file) => [file.n, row(file, choose)]))
    this.element('rows').replaceChildren(...this.#rows.values())
  }

  /**
   * @param {number} n
   * @param {string} state
   * @param {string} text
   */
  row(n, state, text) {
    const element = this.#rows.get(n)
    if (!element) return
    element.dataset.state = state
    const shown = find(element, '[data-row-state]')
    if (shown.textContent !== text) shown.textContent = text
  }

  /** One row for each of several receivers. @param {{ seat: number, state: string, text: string }[]} people */
  people(people) {
    const list = this.element('people')
    for (const [n, { seat, state, text }] of people.entries()) {
      const shown = list.children[n] ?? list.appendChild(make('li', { class: 'person', 'data-testid': 'person' }, make('span', {}), make('span', { class: 'fine' })))
      shown.setAttribute('data-state', state)
      const said = [`Receiver ${seat}`, text]
      for (const [part, element] of [...shown.children].entries()) if (element.textContent !== said[part]) element.textContent = said[part]
    }
    while (list.children.length > people.length) list.lastElementChild?.remove()
  }

  /** Numbers of the files whose box is ticked. */
  chosen() {
    const boxes = /** @type {NodeListOf<HTMLInputElement>} */ (this.element('rows').querySelectorAll('input:checked'))
    return Array.from(boxes, (box) => Number(box.value))
  }

  /** The choice is made: boxes go. */
  settle() {
    for (const box of this.element('rows').querySelectorAll('input')) box.remove()
  }

  restoreTitle() {
    setPageTitle(this.#title)
  }
}

/**
 * @param {{ n: number, path: string, size: number }} file
 * @param {(() => void) | null} choose
 */
function row({ n, path, size }, choose) {
  const name = path.slice(path.lastIndexOf('/') + 1)
  const shown = choose ? make('label', {}, box(n, choose), nameOf(path)) : nameOf(path)
  return make('li', { class: 'file-row', 'data-testid': 'file-row', 'data-state': 'waiting', 'data-name': name },
    shown,
    make('span', { class: 'file-size figures' }, filesize(size)),
    make('span', { class: 'file-state', 'data-row-state': '' }))
}

/**
 * @param {number} n
 * @param {() => void} choose
 */
function box(n, choose) {
  const made = make('input', { type: 'checkbox', value: String(n), checked: '' })
  made.addEventListener('change', choose)
  return made
}
