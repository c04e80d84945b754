// A classic script that runs before htmx, whose first requests leave before any module has run: htmx would tell the server the page's whole address,
// and what stands behind its # is for browsers alone.
document.addEventListener('htmx:config:request', (event) => {
  delete /** @type {CustomEvent<HtmxDetail>} */ (event).detail.ctx?.request?.headers['HX-Current-URL']
})
