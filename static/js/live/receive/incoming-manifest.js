/** What the sender offers, as it comes: over the way in parts, or ahead of it over the server. PROTOCOL.md, "The manifest ahead". */

import { openContents } from '../../crypto/sealed-names.js'
import { checkManifest, Gathered } from '../connect/control-messages.js'

export class IncomingManifest {
  /** @type {Gathered<ManifestFile>} */
  #parts = new Gathered()
  #keys

  /** @param {import('../../crypto/keys.js').Keys | null} keys null: the session is plain */
  constructor(keys) {
    this.#keys = keys
  }

  /**
   * One part of it. Throws a sentence on what breaks the rules.
   * @param {{ files: ManifestFile[], more?: boolean | null, sealed?: boolean | null }} manifest
   * @returns {ManifestFile[] | null} all files with the last part, null before
   */
  add({ files, more, sealed }) {
    if (Boolean(sealed) !== Boolean(this.#keys)) throw new Error('One side is end-to-end encrypted and the other is not. Ask for a new address.')
    const offered = this.#parts.add(files, more)
    if (offered) checkManifest(offered)
    return offered
  }

  /**
   * One that came ahead. It comes over the way once more, and what is wrong with it is said then.
   * @param {string} sealed
   * @returns {Promise<ManifestFile[] | null>} null where it is of no use
   */
  async open(sealed) {
    if (!this.#keys) return null
    try {
      const offered = await openContents(this.#keys, sealed, 'manifest')
      checkManifest(offered)
      return offered
    } catch {
      return null
    }
  }
}
