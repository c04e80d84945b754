"""The processes of a Chromium that Playwright drives, to be stopped and killed as systems do it."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser


def _pids(browser: Browser) -> list[int]:
    """The browser's own process first, then its pages, its network and the rest."""
    session = browser.new_browser_cdp_session()
    found = session.send("SystemInfo.getProcessInfo")["processInfo"]
    session.detach()
    return [one["id"] for one in sorted(found, key=lambda one: one["type"] != "browser")]


@contextmanager
def frozen(browser: Browser) -> Iterator[None]:
    """Nothing of it runs meanwhile, as on a phone that is put away. Its connections stay open."""
    pids = _pids(browser)
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in reversed(pids):
            os.kill(pid, signal.SIGCONT)
