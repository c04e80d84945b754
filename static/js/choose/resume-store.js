/** Which uploads this browser began and did not end, so that picking the same files again goes on with them. */

const KEY = 'packetpost:unfinished'
const MOST = 20

/** @returns {Unfinished[]} the newest first, without those whose link has expired */
export function unfinished() {
  try {
    const all = JSON.parse(localStorage.getItem(KEY) ?? '[]')
    return Array.isArray(all) ? all.filter((one) => one.expiresAt * 1000 > Date.now()) : []
  } catch {
    return [] // storage switched off, or not ours
  }
}

/** @param {Unfinished} one */
export function remember(one) {
  save([one, ...unfinished().filter(({ id }) => id !== one.id)].slice(0, MOST))
}

/** @param {string} id of a link */
export function forget(id) {
  save(unfinished().filter((one) => one.id !== id))
}

/**
 * The unfinished upload of exactly these files.
 * @param {Chosen[]} chosen
 */
export function recall(chosen) {
  const wanted = fingerprint(chosen.map(marks))
  return unfinished().find(({ files }) => fingerprint(files) === wanted)
}

/**
 * @param {Chosen} one
 * @returns {[string, number, number]}
 */
export function marks({ path, file }) {
  return [path, file.size, file.lastModified]
}

/** @param {[string, number, number][]} files */
function fingerprint(files) {
  return JSON.stringify(files.map((file) => JSON.stringify(file)).sort())
}

/** @param {Unfinished[]} all */
function save(all) {
  try {
    if (all.length) localStorage.setItem(KEY, JSON.stringify(all))
    else localStorage.removeItem(KEY)
  } catch {
    // full or switched off: then only the owner's page goes on with the upload
  }
}
