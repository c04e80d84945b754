// Waiting for facts, in time.

export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

/** Whether it is so in time. @param {() => unknown} ready may be asked for often @param {number} within milliseconds */
export async function settled(ready, within) {
  const until = Date.now() + within
  while (!ready() && Date.now() < until) await pause(20)
  return Boolean(ready())
}
