"""Uploads to a link from a browser, sealed and plain, from the button to the last byte; and what browsers hold."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks import servers
from benchmarks.place import prime, source, wait_for_quiet
from benchmarks.processes import Footprint, children, cpu_seconds
from benchmarks.rounds import Goal, Limits, Run, at_least, goal_table, interleave, speed_table, table
from benchmarks.servers import Host, Missing
from packetpost.settings import MIB

_CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
_MOST_MS = 300_000
_COMPLETED = '[data-testid="status"][data-state="completed"]'
_SAMPLE_SECONDS = 0.1
# What a small file may take less than one of four times its size, if memory does not grow with the file.
_FLAT_MIB = 64


def measure(limits: Limits) -> Iterator[str]:
    """Paragraphs of markdown: speeds, memory, the goals."""
    if not Path(_CHROMIUM).exists():
        raise Missing(f"There is no Chromium at {_CHROMIUM}.")
    large = source(limits.size)
    with servers.packet_post(limits.size * 5) as host, sync_playwright() as playwright:
        start = partial(playwright.chromium.launch, executable_path=_CHROMIUM, args=["--no-sandbox"])
        browser = start()
        ways = {"sealed": partial(_upload, browser, host, large), "plain": partial(_upload, browser, host, large, True)}
        for way in ways.values():
            way()  # untimed, so that both find a warm server and browser
        runs = interleave(ways, limits)
        browser.close()
        peaks = [_peaks(start, host, source(size)) for size in (limits.size // 2, limits.size * 2)]
    yield speed_table(runs, limits.size, "sealed")
    yield table(
        [
            "browser's PSS above idle, MiB",
            f"{limits.size / 2 / MIB:.0f} MiB sealed",
            f"{limits.size * 2 / MIB:.0f} MiB sealed",
        ],
        [[who, *(f"{peak[who]:.0f}" for peak in peaks)] for who in peaks[0]],
    )
    flat = [_flat(who, *(peak[who] for peak in peaks)) for who in peaks[0]]
    yield goal_table([at_least(0.85, runs, "sealed", "plain"), *flat])


def _flat(who: str, small: float, large: float) -> Goal:
    promise = f"{who}: four times the file, less than {_FLAT_MIB} MiB more memory"
    return Goal(promise, f"{large - small:.0f} MiB", large - small < _FLAT_MIB)


def _upload(browser: Browser, host: Host, file: Path, plain: bool = False) -> Run:
    """One timed upload in a fresh tab; choosing before and deleting after it are not timed."""
    page = _chosen(browser, host, file, plain)
    quiet = wait_for_quiet()
    prime(file.stat().st_size)
    before, begun = cpu_seconds(host.pid), time.perf_counter()
    _send(page)
    run = Run(time.perf_counter() - begun, cpu_seconds(host.pid) - before, quiet)
    _delete(page)
    return run


def _peaks(start: Callable[[], Browser], host: Host, file: Path) -> dict[str, float]:
    """The most memory, in MiB, that a new browser took above what it held before: one that sends, one that saves."""
    browser = start()
    page = _chosen(browser, host, file, plain=False)
    with _watching() as sending:
        _send(page)
    link = page.get_by_test_id("link-url").input_value()
    browser.close()
    browser = start()
    page = browser.new_page()
    page.goto(link)
    with _watching() as saving, page.expect_download(timeout=_MOST_MS) as begun:
        page.get_by_test_id("download").click()
        saved = begun.value.path()
    if saved.stat().st_size != file.stat().st_size:
        raise RuntimeError("What was saved is not as long as what was sent.")
    browser.close()
    return {"sending": sending() / MIB, "saving": saving() / MIB}


def _chosen(browser: Browser, host: Host, file: Path, plain: bool) -> Page:
    page = browser.new_page()
    page.goto(host.url)
    page.get_by_test_id("file-input").set_input_files(file)
    if plain:
        page.get_by_test_id("plain").check()
    return page


def _send(page: Page) -> None:
    page.get_by_test_id("create-link").click()
    # Looked for at every frame: a selector is waited for in steps of half a second.
    page.wait_for_function(f"() => document.querySelector('{_COMPLETED}')", timeout=_MOST_MS)


def _delete(page: Page) -> None:
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_test_id("delete-link").click()
    page.get_by_role("heading", name="The link is deleted").wait_for()
    page.close()


@contextmanager
def _watching() -> Iterator[Callable[[], int]]:
    """Watch the block. What it gives tells how far the browser's processes rose above what they held at its start."""
    idle = _held()
    samples, ended = [idle], threading.Event()

    def sample() -> None:
        while not ended.wait(_SAMPLE_SECONDS):
            samples.append(_held())

    thread = threading.Thread(target=sample)
    thread.start()
    try:
        yield lambda: max(samples) - idle
    finally:
        ended.set()
        thread.join()


def _held() -> int:
    """PSS of all processes below this one that are the browser's, in bytes."""
    held, waiting = 0, children(os.getpid())
    while waiting:
        pid = waiting.pop()
        waiting += children(pid)
        with suppress(OSError, LookupError):  # it has ended meanwhile
            if "chrom" in os.readlink(f"/proc/{pid}/exe"):
                held += Footprint(pid).pss()
    return held
