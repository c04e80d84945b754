/** One key from another: HKDF-SHA-256 with an empty salt and our labels. PROTOCOL.md, "Keys". */

/** For many keys of one material. @param {Uint8Array<ArrayBuffer>} material */
export function importMaterial(material) {
  return crypto.subtle.importKey('raw', material, 'HKDF', false, ['deriveBits'])
}

/**
 * @param {Uint8Array<ArrayBuffer> | CryptoKey} material
 * @param {string} label
 * @param {number} bytes
 */
export async function derive(material, label, bytes) {
  const from = material instanceof Uint8Array ? await importMaterial(material) : material
  const info = new TextEncoder().encode(`packetpost/1 ${label}`)
  return new Uint8Array(await crypto.subtle.deriveBits({ name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(0), info }, from, bytes * 8))
}
