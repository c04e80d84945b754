// The sender's and the receiver's side of handing over a key, with a relay of mailboxes between them, as the server is one: a story by name in,
// what came of it out.
import { Emitter } from '../../../static/js/lib/emitter.js'
import { createInterface } from 'node:readline'

import './browser-globals.mjs'

import { askForKeys, KeyGiver } from '../../../static/js/live/connect/key-exchange.js'
import { Keys, newSecret } from '../../../static/js/crypto/keys.js'

const CODE = 'K7QF-3MZP'

/** One tab's storage, which outlasts its pages. */
function storage() {
  const kept = new Map()
  return { getItem: (name) => kept.get(name) ?? null, setItem: (name, value) => kept.set(name, value), removeItem: (name) => kept.delete(name) }
}

/** Two mailboxes; a page that connects is told all that was said before. */
class Relay {
  boxes = { sender: [], receiver: [] }
  pages = {}

  connect(role) {
    const page = new Emitter()
    const other = role === 'sender' ? 'receiver' : 'sender'
    page.send = (type, fields) => {
      if (this.pages[role] !== page) return // that page has gone
      const message = { type, from: role === 'sender' ? 0 : 1, ...fields }
      this.boxes[other].push(message)
      this.deliver(other, message)
    }
    this.pages[role] = page
    return page
  }

  deliver(role, message) {
    const page = this.pages[role]
    queueMicrotask(() => page && this.pages[role] === page && page.dispatchEvent(new CustomEvent('signal', { detail: message })))
  }

  replay(role) {
    for (const message of this.boxes[role]) this.deliver(role, message)
  }
}

/** A sender's page; what it shows is in `shown`. */
function sender(relay, keys, tab, signal = new AbortController().signal) {
  globalThis.sessionStorage = tab
  const giver = new KeyGiver(relay.connect('sender'), CODE, keys, signal)
  const shown = { words: giver.all.map(([, words]) => words).at(-1) ?? null, broken: 0 }
  giver.addEventListener('words', ({ detail }) => { shown.words = detail.words })
  shown.refused = new Promise((resolve) => {
    giver.addEventListener('broken', () => {
      shown.broken += 1
      resolve()
    })
  })
  relay.replay('sender')
  return shown
}

function receiver(relay, signal = new AbortController().signal) {
  const asked = askForKeys(relay.connect('receiver'), CODE, signal)
  relay.replay('receiver')
  return asked
}

const settled = () => new Promise((resolve) => setTimeout(resolve, 50))

const stories = {
  async meets() {
    const [relay, keys] = [new Relay(), new Keys(newSecret())]
    const shown = sender(relay, keys, storage())
    const got = await receiver(relay)
    return { same: got.keys.secret === keys.secret, words: got.words, shown: shown.words }
  },
  async comesFirst() {
    const [relay, keys] = [new Relay(), new Keys(newSecret())]
    const asked = receiver(relay)
    const shown = sender(relay, keys, storage())
    const got = await asked
    return { same: got.keys.secret === keys.secret, words: got.words, shown: shown.words }
  },
  async plain() {
    const relay = new Relay()
    sender(relay, null, storage())
    return { got: await receiver(relay) }
  },
  async hearsEverythingTwice() {
    const [relay, keys] = [new Relay(), new Keys(newSecret())]
    const { deliver } = Relay.prototype
    relay.deliver = (role, message) => [1, 2].forEach(() => deliver.call(relay, role, message))
    const shown = sender(relay, keys, storage())
    const got = await receiver(relay)
    await settled()
    return { same: got.keys.secret === keys.secret, words: got.words, shown: shown.words, broken: shown.broken }
  },
  async senderReloadsAfterwards() {
    const [relay, keys, tab] = [new Relay(), new Keys(newSecret()), storage()]
    sender(relay, keys, tab)
    const got = await receiver(relay)
    const before = relay.boxes.receiver.length
    const shown = sender(relay, keys, tab)
    await settled()
    return { words: got.words, shown: shown.words, said: relay.boxes.receiver.length - before }
  },
  async senderReloadsInTheMiddle() {
    const [relay, keys, tab] = [new Relay(), new Keys(newSecret()), storage()]
    // The first page answers the commit, and is gone before it hears the reveal.
    sender(relay, keys, tab)
    const { deliver } = Relay.prototype
    let gone = false
    const revealed = new Promise((resolve) => {
      relay.deliver = (role, message) => {
        if (role !== 'sender' || message.step !== 'reveal' || gone) return deliver.call(relay, role, message)
        gone = true
        resolve()
      }
    })
    const asked = receiver(relay)
    await revealed
    relay.boxes.sender = relay.boxes.sender.filter(({ step }) => step !== 'reveal')
    const shown = sender(relay, keys, tab)
    const got = await asked
    await settled()
    return { same: got.keys.secret === keys.secret, words: got.words, shown: shown.words, commits: relay.boxes.sender.filter(({ step }) => step === 'commit').length }
  },
  async receiverReloads() {
    const [relay, keys] = [new Relay(), new Keys(newSecret())]
    const shown = sender(relay, keys, storage())
    await receiver(relay)
    const got = await receiver(relay)
    await settled()
    return { same: got.keys.secret === keys.secret, words: got.words, shown: shown.words, broken: shown.broken }
  },
  async revealIsChanged() {
    const [relay, keys] = [new Relay(), new Keys(newSecret())]
    const { deliver } = Relay.prototype
    relay.deliver = (role, message) => deliver.call(relay, role, message.step === 'reveal' ? { ...message, value: `B${message.value.slice(1, -2)}AA` } : message)
    const shown = sender(relay, keys, storage())
    const life = new AbortController()
    const asked = receiver(relay, life.signal).then(() => 'keys', () => 'nothing')
    await shown.refused
    await settled()
    life.abort()
    return { got: await asked, shown: shown.words, broken: shown.broken, secrets: relay.boxes.receiver.filter(({ step }) => step === 'secret').length }
  },
  async sharesNeverEnd() {
    const relay = new Relay()
    const page = relay.connect('sender')
    // Somebody answers every reveal with another share, to try for words that fit.
    page.addEventListener('signal', async ({ detail: { step, value } }) => {
      const { HandshakeSender } = await import('../../../static/js/crypto/sas-handshake.js')
      if (step === 'commit') page.commit = value
      page.send('key', { step: 'share', value: (await HandshakeSender.begin(CODE, page.commit)).share })
    })
    const got = await receiver(relay).catch((error) => error.constructor.name)
    return { got, commits: relay.boxes.sender.filter(({ step }) => step === 'commit').length }
  },
}

for await (const line of createInterface({ input: process.stdin })) {
  const { call } = JSON.parse(line)
  process.stdout.write(`${JSON.stringify({ value: await stories[call]() })}\n`)
}
