/** How a receiver's page that cannot take part live asks for a link, and says that there is none. */

const ASKED = 'The sender is asked to send by a link; keep this page open.'

/** By a signal: it has a socket, but no way. @param {import('../session-view.js').View} view @param {import('../../live/connect/signaling.js').Signaling} signaling */
export function askForLink(view, signaling) {
  signaling.send('ready', { to: 0, webrtc: false })
  view.notice(`This browser cannot connect to others directly (WebRTC is off or missing). ${ASKED}`)
}

/** By a form: it has no socket. @param {import('../session-view.js').View} view @param {HTMLElement} root of the session */
export function askWithoutSocket(view, root) {
  view.notice(`The network keeps live sessions from this page. ${ASKED}`)
  htmx.ajax('POST', root.dataset.askUrl ?? '', { source: root, target: '#live-state', swap: 'outerMorph' })
}

/** @param {import('../session-view.js').View} view @param {string} why */
export function sayNoLink(view, why) {
  view.status('failed', 'No connection, and no link')
  view.notice(`${why} The sender can try again; keep this page open.`)
  view.show('retry', true)
}
