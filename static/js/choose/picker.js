/**
 * Island: choosing files, by the browser's dialog, by dropping files and folders anywhere on the page, or by pasting.
 * On the home page it keeps a list and checks the limits before any byte moves; on the owner's page it hands the
 * files on at once. It tells `files:chosen` to the card that uploads them.
 */

import { BASE } from '../lib/base.js'
import { Choice } from './protection-choice.js'
import { fromDrop, fromFiles, manifestOf } from './read-dropped.js'
import { find, island, showAlert, tell, wantEntry } from '../lib/dom.js'
import { forget, recall } from './resume-store.js'
import { Picked } from './file-list.js'
import { sealLink, sealSession } from '../crypto/seal-manifest.js'

/** @type {Handover} */
const NOTHING = { chosen: [], inOrder: false, keys: null }
/** What the form was sent with, until its card asks for it. */
let sent = NOTHING

export function picker() {
  island('form[data-picker]', (root, signal) => mountForm(/** @type {HTMLFormElement} */ (root), signal))
  island('[data-picker][data-again]', (root, signal) => {
    listen(root, signal, (chosen) => tell(root, 'files:chosen', { ...NOTHING, chosen }))
  })
  for (const ready of ['uploads:ready', 'session:ready']) document.addEventListener(ready, handOver)
  // The card of a sealed link opens its names before it asks for the files.
  document.addEventListener('card:sealed', (event) => {
    const asked = /** @type {CustomEvent<{ keys: Handover['keys'] }>} */ (event).detail
    asked.keys = sent.keys
  })
  // A session that falls back hands its files on to the card of its link.
  document.addEventListener('session:files', (event) => {
    sent = /** @type {CustomEvent<Handover>} */ (event).detail
  })
}

/** @param {Event} event of the card or session that wants the files */
function handOver(event) {
  const handover = sent
  sent = NOTHING
  if (handover.chosen.length && event.target) tell(event.target, 'files:chosen', handover)
}

/**
 * @param {HTMLFormElement} form
 * @param {AbortSignal} signal
 */
function mountForm(form, signal) {
  const choice = new Choice(form, signal, () => list.refresh())
  const list = new Picked(form, () => choice.sealed)
  form.enctype = 'application/x-www-form-urlencoded' // the bytes follow on their own
  listen(form, signal, (chosen) => {
    list.add(chosen)
    wantEntry('send').catch(() => undefined) // what comes next is then here; tried again when it is needed
  })
  offerLive(form, list, choice, signal)
  find(form, '[data-clear]').addEventListener('click', () => list.clear(), { signal })
  // Before htmx: it listens on the form itself, and what is stopped here never becomes a request.
  form.addEventListener('submit', (event) => submit(event, form, list, choice), { signal, capture: true })
  summarise(form, signal)
}

/**
 * Plain goes as the form is; sealed is made first, and then sent in the form's name.
 * @param {Event} event
 * @param {HTMLFormElement} form
 * @param {Picked} list
 * @param {Choice} choice
 */
function submit(event, form, list, choice) {
  const objection = list.objection()
  const begun = objection ? undefined : recall(list.chosen)
  if (objection || begun || choice.sealed) stop(event)
  if (objection) {
    showAlert(objection, 'picker')
    if (!list.chosen.length) find(form, '[data-files]').focus()
  } else if (begun) {
    sent = { ...NOTHING, chosen: list.chosen }
    goOn(form, begun)
  } else if (choice.sealed) {
    prepare(form, () => sendSealed(form, list.chosen, choice))
  } else {
    sent = { chosen: list.chosen, inOrder: true, keys: null }
    choice.fill({ manifest: manifestOf(list.chosen), password: choice.password })
  }
}

/**
 * @param {HTMLFormElement} form
 * @param {Chosen[]} chosen
 * @param {Choice} choice
 */
async function sendSealed(form, chosen, choice) {
  const { keys, manifest, sealed, proof } = await sealLink(chosen, choice.password)
  sent = { chosen, inOrder: true, keys }
  choice.fill({ manifest, sealed, password: proof })
  await wantEntry('send') // its page shows an address that is whole only with the script
  await htmx.ajax('POST', `${BASE}/links`, { source: form, target: '#sender', swap: 'outerHTML show:top' })
}

/**
 * "Send live": the page of a new session takes the place of the form, and the files with it.
 * @param {HTMLFormElement} form
 * @param {Picked} list
 * @param {Choice} choice
 * @param {AbortSignal} signal
 */
function offerLive(form, list, choice, signal) {
  const button = find(form, '[data-send-live]')
  button.addEventListener('click', () => {
    const objection = list.objection('live')
    if (objection) return showAlert(objection, 'picker')
    if (form.reportValidity()) prepare(form, () => sendLive(form, list.chosen, choice))
  }, { signal })
}

/**
 * @param {HTMLFormElement} form
 * @param {Chosen[]} chosen
 * @param {Choice} choice
 */
async function sendLive(form, chosen, choice) {
  const { keys, proof } = choice.sealed ? await sealSession(choice.password) : { keys: null, proof: choice.password }
  sent = { chosen, inOrder: true, keys, receivers: Number(new FormData(form).get('receivers') ?? 1) }
  choice.fill({ sealed: keys ? 'yes' : '', password: proof })
  await wantEntry('send')
  await htmx.ajax('POST', `${BASE}/live`, { source: form, target: '#sender', swap: 'outerHTML show:top' })
}

/**
 * Keys of a password take a moment: until they are there, and sent, a second press does nothing.
 * @param {HTMLFormElement} form
 * @param {() => Promise<void>} work
 */
async function prepare(form, work) {
  if ('preparing' in form.dataset) return
  form.dataset.preparing = ''
  try {
    await work()
  } catch (error) {
    showAlert(`The files could not be sent. ${error instanceof Error ? error.message : error}`, 'picker')
  } finally {
    delete form.dataset.preparing
  }
}

/** @param {Event} event */
function stop(event) {
  event.preventDefault()
  event.stopImmediatePropagation()
}

/**
 * Show the card of an upload that this browser began with the same files, instead of making a second link.
 * @param {HTMLFormElement} form
 * @param {Unfinished} begun
 */
function goOn(form, begun) {
  const source = find(form, '[data-drop]')
  source.addEventListener('htmx:before:swap', (event) => {
    const ctx = /** @type {CustomEvent<HtmxDetail>} */ (event).detail.ctx
    if (!ctx?.response || ctx.response.status < 400) return
    // That link has ended meanwhile: make a new one after all.
    stop(event)
    forget(begun.id)
    form.requestSubmit()
  }, { once: true })
  htmx.ajax('GET', begun.ownerUrl, { source, target: '#sender', swap: 'outerHTML show:top', replace: begun.ownerUrl })
}

/**
 * Every way in: the two file controls, a drop anywhere on the page, and paste.
 * @param {HTMLElement} root
 * @param {AbortSignal} signal
 * @param {(chosen: Chosen[]) => void} take
 */
function listen(root, signal, take) {
  /** @type {HTMLInputElement} */
  const files = find(root, '[data-files]')
  /** @type {HTMLInputElement} */
  const folder = find(root, '[data-folder]')
  files.required = false
  files.removeAttribute('name')
  root.dataset.live = ''
  const chooseFolder = find(root, '[data-choose-folder]')
  chooseFolder.hidden = !('webkitdirectory' in folder)
  chooseFolder.addEventListener('click', () => folder.click(), { signal })
  for (const input of [files, folder]) {
    const taken = () => {
      const chosen = fromFiles(input.files ?? [])
      input.value = '' // so that the same file can be chosen again after it was removed
      if (chosen.length) take(chosen)
    }
    input.addEventListener('change', taken, { signal })
    taken() // what the browser kept over a reload
  }
  listenForDrops(root, signal, take)
  document.addEventListener('paste', (event) => {
    const pasted = fromFiles(event.clipboardData?.files ?? [])
    if (!pasted.length) return
    event.preventDefault()
    take(pasted)
  }, { signal })
}

/**
 * @param {HTMLElement} root
 * @param {AbortSignal} signal
 * @param {(chosen: Chosen[]) => void} take
 */
function listenForDrops(root, signal, take) {
  document.addEventListener('dragover', (event) => {
    if (root.closest('[hidden]') || !event.dataTransfer?.types.includes('Files')) return
    event.preventDefault()
    event.dataTransfer.dropEffect = 'copy'
    root.dataset.dragging = ''
  }, { signal })
  document.addEventListener('dragleave', (event) => {
    if (!event.relatedTarget) delete root.dataset.dragging
  }, { signal })
  document.addEventListener('drop', async (event) => {
    delete root.dataset.dragging
    if (root.closest('[hidden]') || !event.dataTransfer?.types.includes('Files')) return
    event.preventDefault()
    try {
      const chosen = await fromDrop(event.dataTransfer)
      if (chosen.length) take(chosen)
      else showAlert('There are no files in that folder.', 'picker')
    } catch {
      showAlert('A part of that folder could not be read. Check that you may open it and try again.', 'picker')
    }
  }, { signal })
}

/**
 * What the folded options say, beside their heading.
 * @param {HTMLFormElement} form
 * @param {AbortSignal} signal
 */
function summarise(form, signal) {
  const shown = find(form, '[data-options-sum]')
  const fields = form.querySelectorAll('[data-sum]')
  const say = () => {
    const parts = Array.from(fields, (field) => {
      if (!(field instanceof HTMLSelectElement || field instanceof HTMLInputElement) || !field.value) return ''
      const value = field instanceof HTMLSelectElement ? field.selectedOptions[0]?.text : ''
      return (field.dataset.sum ?? '').replace('*', () => value ?? '')
    })
    shown.textContent = parts.filter(Boolean).join(' · ')
  }
  say()
  form.addEventListener('input', say, { signal })
}
