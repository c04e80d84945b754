/** What people read where something on the way gathers the server's answers, so that there is no road. Pure. */

const HOLDS_BACK = 'as a proxy, holds back what the server says.'

/** By which page noticed it: this one, or the other side's. */
export const GATHERED = {
  gathered: `The browsers cannot reach each other directly, and something between this page and the server, ${HOLDS_BACK}`,
  'gathered-there': `The browsers cannot reach each other directly, and something between the other side's page and the server, ${HOLDS_BACK}`,
}

/** @typedef {keyof typeof GATHERED} Gathered */
