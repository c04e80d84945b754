/** Errors that are more than their sentence. Pure. */

/** The person, or the browser in their name, did not want the file saved. */
export class SinkRefused extends Error {}

/** The other side has another code, or somebody between the two has none. */
export class WrongCode extends Error {
  constructor() {
    super('That code is not right. Nothing was sent.')
  }
}
