"""Uploads to a link from a browser, sealed and plain: from the button to the last stored byte; and its memory."""

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
_SAMPLE_SECONDS = 0.1
# What a small file may take less than one of four times its size, if memory does not grow with the file.
_FLAT_MIB = 64


def measure(limits: Limits) -> Iterator[str]:
    """Paragraphs of markdown: speeds, memory, the goals."""
    if not Path(_CHROMIUM).exists():
        raise Missing(f"There is no Chromium at {_CHROMIUM}.")
    large, small = source(limits.size), source(limits.size // 4)
    with servers.packet_post(limits.size * 2) as host, sync_playwright() as playwright:
        start = partial(playwright.chromium.launch, executable_path=_CHROMIUM, args=["--no-sandbox"])
        browser = start()
        ways = {"sealed": partial(_upload, browser, host, large), "plain": partial(_upload, browser, host, large, True)}
        for way in ways.values():
            way()  # untimed, so that both find a warm server and browser
        runs = interleave(ways, limits)
        browser.close()
        peaks = {file: _peak(start, host, file) / MIB for file in (small, large)}
    yield speed_table(runs, limits.size, "sealed")
    rows = [[f"{file.stat().st_size / MIB:.0f} MiB, sealed", f"{peak:.0f}"] for file, peak in peaks.items()]
    yield table(["", "browser's PSS above idle, MiB"], rows)
    grown = peaks[large] - peaks[small]
    flat = Goal(f"four times the file: less than {_FLAT_MIB} MiB more memory", f"{grown:.0f} MiB", grown < _FLAT_MIB)
    yield goal_table([at_least(0.85, runs, "sealed", "plain"), flat])


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


def _peak(start: Callable[[], Browser], host: Host, file: Path) -> int:
    """The most memory that a new browser took above what it held with the file chosen, in bytes."""
    browser = start()
    page = _chosen(browser, host, file, plain=False)
    with _watching() as peak:
        _send(page)
    _delete(page)
    browser.close()
    return peak()


def _chosen(browser: Browser, host: Host, file: Path, plain: bool) -> Page:
    page = browser.new_page()
    page.goto(host.url)
    page.get_by_test_id("file-input").set_input_files(file)
    if plain:
        page.get_by_test_id("plain").check()
    return page


def _send(page: Page) -> None:
    page.get_by_test_id("create-link").click()
    page.wait_for_selector('[data-testid="status"][data-state="completed"]', timeout=_MOST_MS)


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
