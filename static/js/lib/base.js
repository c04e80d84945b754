/** Below which path of its host the server stands: '' at the root, `/post` at https://example.org/post. */

/** The server's paths begin with it. Scripts stand below `/static/`, whatever stands before that. */
export const BASE = /^(?:https?:\/\/[^/]+)(.*?)\/static\//.exec(import.meta.url)?.[1] ?? ''
