/** What this browser knows to be sealed, over all its tabs: links and sessions by their names. So none of them can come back plain unnoticed. Holds no secret. */

const STORE = 'packetpost:sealed'
const DAY = 24 * 3600 * 1000
const LINK_ID = 22
// More than anybody needs.
const MOST = 500

/** @typedef {import('./keys.js').Keys} Keys */
/** @typedef {Record<string, [mark: string, at: number]>} Marks */

/** @param {string} name a link's id, or a session's code @param {Keys} keys */
export async function markSealed(name, keys) {
  const mark = await keys.mark()
  const others = Object.entries(marks()).filter(([one]) => one !== name)
  try {
    localStorage.setItem(STORE, JSON.stringify(Object.fromEntries([...others, [name, [mark, Date.now()]]].slice(-MOST))))
  } catch {
    // full or switched off: then only the address and the tab know
  }
}

/** @param {string} name */
export function isMarked(name) {
  return Object.hasOwn(marks(), name)
}

/** Whether these may be its keys; any may where nothing is known. @param {string} name @param {Keys} keys */
export async function fitsMark(name, keys) {
  return !isMarked(name) || marks()[name][0] === (await keys.mark())
}

/** Longer than any link lives, and any session: the server makes codes again. Milliseconds. @param {string} name */
function lifeOf(name) {
  return (name.length === LINK_ID ? 366 : 1) * DAY
}

/** @returns {Marks} */
function marks() {
  try {
    const kept = Object.entries(/** @type {Marks} */ (JSON.parse(localStorage.getItem(STORE) ?? '{}')))
    return Object.fromEntries(kept.filter(([name, [, at]]) => Date.now() - at < lifeOf(name)))
  } catch {
    return {}
  }
}
