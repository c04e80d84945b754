// What browsers have as globals and Node 18 keeps in modules, or has not. Import this before any of the page's modules.
import { File } from 'node:buffer'
import { webcrypto } from 'node:crypto'

globalThis.crypto ??= webcrypto
globalThis.File ??= File
globalThis.CustomEvent ??= class CustomEvent extends Event {
  constructor(type, { detail = null, ...options } = {}) {
    super(type, options)
    this.detail = detail
  }
}
