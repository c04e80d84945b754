// A classic script that runs before all others.

// htmx's first requests leave before any module has run: it would tell the server the page's whole address, and what
// stands behind its # is for browsers alone.
document.addEventListener('htmx:config:request', (event) => {
  delete /** @type {CustomEvent<HtmxDetail>} */ (event).detail.ctx?.request?.headers['HX-Current-URL']
})

// A plain link's form for a password can do nothing until a module (link/promised-seal.js) has looked whether somebody
// promised a sealed link. Its page runs this script before it has a form.
if (document.readyState === 'loading') {
  const disable = new MutationObserver(() => {
    for (const button of document.querySelectorAll('form[data-plain-unlock]:not([data-checked]) button')) button.setAttribute('disabled', '')
  })
  disable.observe(document, { childList: true, subtree: true })
  document.addEventListener('DOMContentLoaded', () => disable.disconnect())
}

// While a new release is rolled out, a page may ask the wrong server for its scripts. Nothing has begun yet, so the page
// is asked for again, later each time, unless somebody has touched it.
document.addEventListener('error', ({ target }) => {
  if (!(target instanceof HTMLScriptElement) || !target.matches('head > script[type="module"]')) return
  const key = `again ${location.pathname}`
  const times = Number(sessionStorage.getItem(key))
  if (times >= 5 || document.documentElement.dataset.again) return
  document.documentElement.dataset.again = 'soon'
  setTimeout(async () => {
    const { status } = await fetch(target.src, { method: 'HEAD', cache: 'no-store' })
    if (status >= 500 || navigator.userActivation?.hasBeenActive) return
    sessionStorage.setItem(key, String(times + 1))
    location.reload()
  }, 500 * 2 ** times)
}, true)
