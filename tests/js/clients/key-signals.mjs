// The sender's and the receiver's side of handing over a key, with a relay of mailboxes between them, as the server is one: a story by name in,
// what came of it out.
import { Emitter } from '../../../static/js/lib/emitter.js'
import { createInterface } from 'node:readline'

import './browser-globals.mjs'

import { askForKeys } from '../../../static/js/live/connect/ask-for-keys.js'
import { KeyGiver } from '../../../static/js/live/connect/give-keys.js'
import { Keys, newSecret } from '../../../static/js/crypto/keys.js'

const SESSION = 'K7QF'
const HALF = '3MZPA'

/** Two mailboxes; a page that connects is told all that was said before. */
class Relay {
  boxes = { sender: [], receiver: [] }
  pages = {}
  seat = 1
  /** How often a receiver could sign before it had the secret. */
  confirmed = 0

  connect(role) {
    const page = new Emitter()
    const other = role === 'sender' ? 'receiver' : 'sender'
    page.send = (type, fields) => {
      if (this.pages[role] !== page) return // that page has gone
      const message = { type, from: role === 'sender' ? 0 : this.seat, ...fields }
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

const newCode = () => ({ half: HALF, made: 1, wrong: 0, given: [] })

/** A sender's page that saw those seats join; what it shows is in `code`. */
function sender(relay, keys, code = newCode(), seats = [1]) {
  const page = relay.connect('sender')
  const about = { session: SESSION, keys, code, maxReceivers: 1 }
  new KeyGiver(page, about, new AbortController().signal)
  for (const seat of seats) page.dispatchEvent(new CustomEvent('joined', { detail: { seat } }))
  relay.replay('sender')
  return code
}

function receiver(relay, half = HALF) {
  const confirmed = () => { relay.confirmed += 1 }
  const asked = askForKeys(relay.connect('receiver'), { session: SESSION, seat: 1, half }, confirmed, new AbortController().signal)
  relay.replay('receiver')
  return asked.catch((error) => error.constructor.name)
}

const settled = () => new Promise((resolve) => setTimeout(resolve, 300))
const secrets = (relay) => relay.boxes.receiver.filter(({ step }) => step === 'secret').length

/** What both have in the end. */
async function end(relay, keys, code, asked) {
  const got = await Promise.race([asked, new Promise((resolve) => setTimeout(resolve, 4000))])
  await settled()
  const signals = [relay.boxes.sender, relay.boxes.receiver].map((box) => box.map(({ step }) => step))
  return { same: Boolean(keys && got?.secret === keys.secret), got: got?.secret ? 'keys' : got ?? null, wrong: code.wrong, secrets: secrets(relay), signals }
}

const stories = {
  async meets() {
    const [relay, keys] = [new Relay(), new Keys(newSecret())]
    const code = sender(relay, keys)
    return end(relay, keys, code, receiver(relay))
  },
  async comesFirst() {
    const [relay, keys] = [new Relay(), new Keys(newSecret())]
    const asked = receiver(relay)
    return end(relay, keys, sender(relay, keys), asked)
  },
  async hearsEverythingTwice() {
    const [relay, keys] = [new Relay(), new Keys(newSecret())]
    const { deliver } = Relay.prototype
    relay.deliver = (role, message) => [1, 2].forEach(() => deliver.call(relay, role, message))
    const code = sender(relay, keys)
    return end(relay, keys, code, receiver(relay))
  },
  async senderReloadsInTheMiddle() {
    const [relay, keys] = [new Relay(), new Keys(newSecret())]
    const code = sender(relay, keys)
    const { deliver } = Relay.prototype
    let gone = false
    relay.deliver = (role, message) => {
      if (role !== 'sender' || message.step !== 'confirm' || gone) return deliver.call(relay, role, message)
      gone = true
      sender(relay, keys, code)
    }
    return end(relay, keys, code, receiver(relay))
  },
  async plain() {
    const relay = new Relay()
    const code = sender(relay, null)
    return end(relay, null, code, receiver(relay, ''))
  },
  async plainAlthoughWhole() {
    const relay = new Relay()
    const code = sender(relay, null)
    return end(relay, null, code, receiver(relay))
  },
  async wrong() {
    const [relay, keys] = [new Relay(), new Keys(newSecret())]
    const code = sender(relay, keys)
    return end(relay, keys, code, receiver(relay, 'AAAAA'))
  },
  async onlyTheFirstHalf() {
    const [relay, keys] = [new Relay(), new Keys(newSecret())]
    const code = sender(relay, keys)
    return end(relay, keys, code, receiver(relay, ''))
  },
  async rightAfterThreeWrongOnes() {
    const [relay, keys] = [new Relay(), new Keys(newSecret())]
    const code = sender(relay, keys, { ...newCode(), wrong: 3 })
    return end(relay, keys, code, receiver(relay))
  },
  async phantomSeat() {
    const [relay, keys] = [new Relay(), new Keys(newSecret())]
    const code = sender(relay, keys, newCode(), [])
    return { ...(await end(relay, keys, code, receiver(relay))), said: relay.boxes.receiver.length }
  },
  async moreSeatsThanReceivers() {
    const [relay, keys] = [Object.assign(new Relay(), { seat: 9 }), new Keys(newSecret())]
    const code = sender(relay, keys, newCode(), [9, 1])
    return { ...(await end(relay, keys, code, receiver(relay))), said: relay.boxes.receiver.length }
  },
  async asksAgainFromAnotherPage() {
    const [relay, keys] = [new Relay(), new Keys(newSecret())]
    const code = sender(relay, keys)
    await receiver(relay)
    for (const here of [false, true]) relay.pages.sender.dispatchEvent(new CustomEvent('present', { detail: { seat: 1, here } }))
    return end(relay, keys, code, receiver(relay))
  },
  async earlierTryIsAnsweredFirst() {
    const [relay, keys] = [new Relay(), new Keys(newSecret())]
    const code = sender(relay, keys)
    await receiver(relay, '')
    relay.pages.sender = null // its card comes later, and hears both tries
    const asked = receiver(relay)
    return end(relay, keys, sender(relay, keys, code), asked)
  },
  async asksAgain() {
    const [relay, keys] = [new Relay(), new Keys(newSecret())]
    const code = sender(relay, keys)
    await receiver(relay)
    return end(relay, keys, code, receiver(relay))
  },
}

for await (const line of createInterface({ input: process.stdin })) {
  const { call } = JSON.parse(line)
  process.stdout.write(`${JSON.stringify({ value: await stories[call]() })}\n`)
}
