/** What the islands need of the page: mounting, building elements, alerts, loading a script. */

/** @typedef {(root: HTMLElement, signal: AbortSignal) => unknown} Mount */

/** @type {{ selector: string, mount: Mount }[]} */
const islands = []
/** @type {Map<HTMLElement, AbortController>} */
const mounted = new Map()
let started = false

/**
 * Bring elements to life, now and after every swap; an element is one island at most. The signal is aborted when the element has left the page.
 * @param {string} selector
 * @param {Mount} mount
 */
export function island(selector, mount) {
  islands.push({ selector, mount })
  if (started) refresh()
}

/** Mount what is on the page, then follow htmx. */
export function startIslands() {
  started = true
  refresh()
  document.addEventListener('htmx:after:swap', refresh)
}

function refresh() {
  for (const [root, life] of mounted) {
    if (root.isConnected) continue
    mounted.delete(root)
    life.abort()
  }
  for (const { selector, mount } of islands) {
    for (const root of document.querySelectorAll(selector)) {
      if (!(root instanceof HTMLElement) || mounted.has(root)) continue
      const life = new AbortController()
      mounted.set(root, life)
      mount(root, life.signal)
    }
  }
}

/**
 * The one element inside root that must be there.
 * @template {HTMLElement} [T=HTMLElement]
 * @param {ParentNode} root
 * @param {string} selector
 * @returns {T}
 */
export function find(root, selector) {
  const found = root.querySelector(selector)
  if (!found) throw new Error(`The page lacks ${selector}.`)
  return /** @type {T} */ (found)
}

/**
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Record<string, string>} attributes
 * @param {...(Node | string)} children
 */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value)
  element.append(...children)
  return element
}

/**
 * A file's name with its folder in a quieter ink; bdi keeps names in any script from turning their surroundings.
 * @param {string} path
 */
export function nameOf(path) {
  const cut = path.lastIndexOf('/') + 1
  const folder = cut ? [make('span', { class: 'file-folder' }, path.slice(0, cut))] : []
  return make('span', { class: 'file-name' }, make('bdi', {}, ...folder, path.slice(cut)))
}

/**
 * Show an error to the person; screen readers speak it. One of a kind is shown once.
 * @param {string} message
 * @param {string} code
 */
export function showAlert(message, code = 'page') {
  dropAlert(code)
  const alert = make('p', { class: 'alert', role: 'alert', 'data-testid': 'alert', 'data-code': code }, message)
  alerts().append(alert)
  alert.scrollIntoView({ block: 'nearest' })
}

/** @param {string} code */
export function dropAlert(code) {
  for (const old of alerts().querySelectorAll(`[data-code="${code}"]`)) old.remove()
}

export function clearAlerts() {
  alerts().replaceChildren()
}

function alerts() {
  return find(document, '#alerts')
}

/**
 * Tell whoever listens; the event bubbles to the document.
 * @param {EventTarget} from
 * @param {string} name
 * @param {unknown} detail
 */
export function tell(from, name, detail = null) {
  from.dispatchEvent(new CustomEvent(name, { detail, bubbles: true }))
}

/** @typedef {'link' | 'send' | 'signals' | 'code'} EntryName what a page may turn into, or need */

/**
 * Ask for scripts that the page turns into later. Those who start pages stand above those who ask, so the answer comes by the event.
 * @param {EntryName} name of the entry
 * @returns {Promise<unknown>} rejects where it cannot be loaded
 */
export function wantEntry(name) {
  const wanted = { name, loaded: Promise.resolve() }
  tell(document, 'entry:wanted', wanted)
  return wanted.loaded
}

/** Call this whenever htmx has swapped something in. @param {() => void} look @param {AbortSignal} [signal] */
export function afterSwap(look, signal) {
  document.addEventListener('htmx:after:swap', look, { signal })
}

/** Call this for each event of that name, wherever on the page it was told. @template D @param {string} name @param {(detail: D) => void} handle @param {AbortSignal} [signal] */
export function onPage(name, handle, signal) {
  document.addEventListener(name, (event) => handle(/** @type {CustomEvent<D>} */ (event).detail), { signal })
}

/** Call this whenever the page comes to be seen, or is seen no more. @param {(visible: boolean) => void} handle @param {AbortSignal} signal */
export function onVisibility(handle, signal) {
  document.addEventListener('visibilitychange', () => handle(isVisible()), { signal })
}

export const isVisible = () => document.visibilityState === 'visible'

/** What the browser's tab is called. */
export const pageTitle = () => document.title

/** @param {string} title */
export function setPageTitle(title) {
  document.title = title
}

/** The page itself, to look for elements in and to tell events. */
export const page = () => document

/** @param {HTMLElement} element invisible, until it is removed */
export function addToPage(element) {
  document.body.append(element)
}

/** Put other buttons into a box; the focus stays in it, or goes where `otherwise` says. @param {HTMLElement} box @param {HTMLElement[]} buttons @param {() => HTMLElement | undefined} [otherwise] */
export function replaceButtons(box, buttons, otherwise) {
  const had = box.contains(document.activeElement)
  box.replaceChildren(...buttons)
  if (had) (box.querySelector('button') ?? otherwise?.())?.focus()
}

export const NOT_LOADED =
  'A part of this page could not be loaded. Check the connection and try again, or reload the page.'

/** @type {Map<string, Promise<void>>} */
const scripts = new Map()

/**
 * Load a classic script once; a failed load may be tried again.
 * @param {string} src
 */
export function loadScript(src) {
  const loading = scripts.get(src) ?? new Promise((resolve, reject) => {
    const script = make('script', { src })
    script.addEventListener('load', () => resolve())
    script.addEventListener('error', () => {
      scripts.delete(src)
      script.remove()
      reject(new Error(NOT_LOADED))
    })
    document.head.append(script)
  })
  scripts.set(src, loading)
  return loading
}
