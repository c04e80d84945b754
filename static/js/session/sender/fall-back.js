/** How a sender's session turns into a link: decided or asked for, then made or refused by the server. Part of the session island. */

import { manifestOf } from '../../choose/read-dropped.js'
import { keepSession } from '../../crypto/key-store.js'
import { sealedEntryOf } from '../../crypto/seal-manifest.js'
import { sealContents, sealedManifest } from '../../crypto/sealed-names.js'
import { find, tell } from '../../lib/dom.js'
import { Emitter } from '../../lib/emitter.js'

/** @typedef {import('../../crypto/keys.js').Keys} Keys */
/** @typedef {import('./status-text.js').Because} Because */
/** @typedef {Chosen & { n: number }} Numbered as in the live manifest, so that the link goes on with the same stream */

// An answer that comes so soon counts, whatever came back meanwhile: who was told of the link has gone there. Milliseconds.
const ANSWERED_WITHIN = 5_000

const UNREACHED = 'The server could not be reached for a link.'

/**
 * `idle` → `asked` → `made` or `refused`; what was refused may be asked for again, and what was decided be withdrawn until it is made. Events: `wanted` (the person wants a link), `made`,
 * and `refused` (a sentence why).
 * @extends {Emitter<{ wanted: void, made: void, refused: string }>}
 */
export class FallBack extends Emitter {
  /** @type {'idle' | 'asked' | 'made' | 'refused'} */
  state = 'idle'
  /** Why live was given up for the link; null where a person asked, or nothing is decided. @type {Because | null} */
  reason = null
  #root
  #form
  /** When the server was asked, 0 before. */
  #sentAt = 0
  #timer = 0

  /** @param {HTMLElement} root @param {AbortSignal} signal */
  constructor(root, signal) {
    super()
    this.#root = root
    this.#form = find(root, '[data-fall-back]')
    this.#form.addEventListener('submit', (event) => {
      event.preventDefault()
      this.emit('wanted')
    }, { signal })
    this.#form.addEventListener('htmx:after:request', (event) => this.#answered(/** @type {CustomEvent<HtmxDetail>} */ (event).detail.ctx), { signal })
    // Without any answer htmx tells of an error only.
    this.#form.addEventListener('htmx:error', () => this.state === 'asked' && this.#refuse(UNREACHED), { signal })
  }

  /** There are files that a link could hold. */
  enable() {
    find(this.#form, 'button').removeAttribute('disabled')
  }

  /** Live is given up. @param {Because} reason */
  decide(reason) {
    this.state = 'asked'
    this.reason = reason
  }

  /** Live is back, and the server has not answered: what was decided is not true any more, unless it is just being done. */
  withdrawLate() {
    const left = this.#sentAt ? this.#sentAt + ANSWERED_WITHIN - performance.now() : 0
    clearTimeout(this.#timer)
    if (left > 0) this.#timer = setTimeout(() => this.withdraw(), left)
    else this.withdraw()
  }

  /** What was decided is not to be. */
  withdraw() {
    clearTimeout(this.#timer)
    if (this.state !== 'asked' || !this.reason) return
    this.state = 'idle'
    this.reason = null
    tell(this.#form, 'htmx:abort')
  }

  /** Live may be tried once more. */
  forget() {
    if (this.state === 'refused') this.state = 'idle'
  }

  /**
   * Ask the server for a link of these files. The form goes on its way once what it says is sealed.
   * @param {Numbered[]} chosen
   * @param {Keys | null} keys
   */
  async ask(chosen, keys) {
    this.state = 'asked'
    this.#sentAt = 0
    clearTimeout(this.#timer) // of what was asked before
    try {
      await this.#fill(chosen, keys)
    } catch {
      return this.#refuse('These files could not be made ready for a link.')
    }
    if (this.state !== 'asked') return // live came back meanwhile
    tell(this.#root, 'session:files', { chosen, inOrder: true, keys })
    this.#sentAt = performance.now()
    tell(this.#form, 'live:failed')
  }

  /** What the server may know goes plain, and the rest sealed. @param {Numbered[]} chosen @param {Keys | null} keys */
  async #fill(chosen, keys) {
    const set = (/** @type {string} */ name, /** @type {string} */ value) => {
      const field = /** @type {HTMLInputElement} */ (find(this.#form, `[name="${name}"]`))
      field.value = value
    }
    if (!keys) return set('manifest', manifestOf(chosen))
    const entries = chosen.map(({ n, ...one }) => sealedEntryOf(one, n))
    set('manifest', sealedManifest(entries))
    set('sealed', await sealContents(keys, entries))
  }

  /** @param {HtmxContext | undefined} ctx */
  #answered(ctx) {
    if (this.state !== 'asked') return
    const status = ctx?.response?.status ?? 0
    if (status >= 200 && status < 300) {
      this.state = 'made'
      // Its card goes on giving the key to who types the code.
      const [, link = ''] = /\/l\/([\w-]+)/.exec(ctx?.response?.headers.get('HX-Push-Url') ?? '') ?? []
      keepSession(link, this.#root.dataset.code ?? '')
      return this.emit('made')
    }
    this.#refuse(status === 413 || status === 507 ? 'The server does not take these files as a link either.' : UNREACHED)
  }

  /** @param {string} sentence */
  #refuse(sentence) {
    this.state = 'refused'
    this.reason = null
    this.emit('refused', sentence)
  }
}
