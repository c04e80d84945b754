/** Errors that are more than their sentence. Pure. */

/** The person, or the browser in their name, did not want the file saved. */
export class SinkRefused extends Error {}
