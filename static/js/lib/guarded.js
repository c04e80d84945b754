/** Work on something of the other side, or the server: it may break the rules, which ends more than the work. Pure. */

/** @param {() => void} work @param {(error: Error) => void} fault told of what the work throws */
export function guarded(work, fault) {
  try {
    work()
  } catch (error) {
    fault(error instanceof Error ? error : new Error(String(error)))
  }
}
