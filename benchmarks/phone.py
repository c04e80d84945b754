"""A phone that opens pages: what it loads, how soon a page works, and how far it jumps. Chromium, by Playwright.

Counted are the requests of the page and its frames, with all bytes of the answers, headers too, as the browser's own
protocol tells them (`encodedDataLength`). Left out are icons and the manifest, which a browser without a window never
asks for, and what workers load for themselves.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize

_SCREEN: ViewportSize = {"width": 360, "height": 740}
# A slow line takes its time, and a machine that measures other things too.
_PATIENCE_MS = 120_000
# Notes the moment at which an element is there and can be seen, since the person went to the address, and every jump.
_WATCH = """(() => {
  const seen = (window.seen = { shift: 0 })
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) seen.shift += entry.value
  }).observe({ type: 'layout-shift', buffered: true })
  seen.working = new Promise((resolve) => {
    const watcher = new MutationObserver(() => {
      if (!document.querySelector(WANTED)?.checkVisibility()) return
      watcher.disconnect()
      resolve(performance.now())
    })
    watcher.observe(document, { subtree: true, childList: true, attributes: true })
  })
})()"""


@dataclass(frozen=True, slots=True)
class PhoneLine:
    """A line as `Network.emulateNetworkConditions` makes it: until an answer begins, and bytes a second."""

    name: str
    latency_ms: int
    rate: float


@dataclass(frozen=True, slots=True)
class Visit:
    """What opening a page cost. `seconds`: until it worked, since the person went to its address."""

    requests: int
    size: int
    seconds: float
    shift: float


class Traffic:
    """What a page asks the network for; what its cache has is not counted."""

    def __init__(self) -> None:
        self._size: dict[str, float] = {}

    def follow(self, page: Page, line: PhoneLine | None) -> None:
        """Count from now on, over the line."""
        protocol = page.context.new_cdp_session(page)
        protocol.send("Network.enable")
        if line:
            conditions = {"latency": line.latency_ms, "downloadThroughput": line.rate, "uploadThroughput": line.rate}
            protocol.send("Network.emulateNetworkConditions", {"offline": False, **conditions})
        protocol.on("Network.requestWillBeSent", self._asked)
        protocol.on("Network.requestServedFromCache", self._remembered)
        protocol.on("Network.responseReceived", self._answered)
        protocol.on("Network.loadingFinished", self._ended)

    def _asked(self, told: dict[str, Any]) -> None:
        if not told["request"]["url"].startswith(("data:", "blob:")):
            # A redirect goes on under the same number: it counts as one more.
            number = told["requestId"]
            if before := told.get("redirectResponse"):
                self._size[f"{number} {before['url']}"] = before["encodedDataLength"]
            self._size[number] = 0

    def _answered(self, told: dict[str, Any]) -> None:
        if told["response"].get("fromDiskCache"):
            self._remembered(told)

    def _remembered(self, told: dict[str, Any]) -> None:
        self._size.pop(told["requestId"], None)

    def _ended(self, told: dict[str, Any]) -> None:
        if told["requestId"] in self._size:
            self._size[told["requestId"]] = told["encodedDataLength"]

    @property
    def requests(self) -> int:
        """How many there were so far."""
        return len(self._size)

    @property
    def size(self) -> int:
        """All bytes of all answers that have ended."""
        return int(sum(self._size.values()))


class Phone:
    """One person's browser session, with a cache of its own that is empty at first."""

    def __init__(self, context: BrowserContext) -> None:
        self._context = context

    def open(self, address: str, works: str, line: PhoneLine | None = None, streams: bool = False) -> Visit:
        """Open a page and wait until it works (the element `works` can be seen), and then until nothing more loads.

        One that `streams` has a request open for as long as it lives, so its load is over with what it was made of.
        """
        page = self._context.new_page()
        page.add_init_script(_WATCH.replace("WANTED", json.dumps(works)))
        traffic = Traffic()
        traffic.follow(page, line)
        page.goto(address, wait_until="commit")
        worked_at = page.evaluate("() => seen.working")
        page.wait_for_load_state("load" if streams else "networkidle")
        shift = page.evaluate("() => seen.shift")
        page.close()
        return Visit(traffic.requests, traffic.size, worked_at / 1000, shift)

    def load(self, address: str) -> Visit:
        """Open a page where no script of it runs, until nothing more loads."""
        page = self._context.new_page()
        traffic = Traffic()
        traffic.follow(page, None)
        page.goto(address, wait_until="networkidle")
        page.close()
        return Visit(traffic.requests, traffic.size, 0, 0)


@contextmanager
def phone(browser: Browser, javascript: bool = True) -> Iterator[Phone]:
    """A phone that has never been here."""
    context = browser.new_context(
        viewport=_SCREEN, device_scale_factor=3, is_mobile=True, has_touch=True, java_script_enabled=javascript
    )
    context.set_default_timeout(_PATIENCE_MS)
    try:
        yield Phone(context)
    finally:
        context.close()
