/** Events whose names and details are typed: one helper for every class that tells others of what happens to it. Pure. */

/**
 * A mistyped name or detail fails the type check. `E` is a map from an event's name to its detail, `void` where there is none:
 * `@extends {Emitter<{ open: void, progress: Progress }>}`.
 * @template {object} E
 */
export class Emitter extends EventTarget {
  /**
   * @template {keyof E & string} K
   * @param {K} type
   * @param {E[K] extends void ? [] : [detail: E[K]]} rest
   */
  emit(type, ...rest) {
    this.dispatchEvent(new CustomEvent(type, { detail: rest[0] }))
  }

  /**
   * Call a handler for each event of its name, until the signal is aborted.
   * @param {{ [K in keyof E]?: (detail: E[K]) => unknown }} handlers
   * @param {AbortSignal} [signal]
   */
  listen(handlers, signal) {
    for (const [type, handle] of Object.entries(handlers)) {
      this.addEventListener(type, (event) => handle(/** @type {CustomEvent} */ (event).detail), { signal })
    }
  }
}
