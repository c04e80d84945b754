"""Two people with a browser each, and what they do in a live session. Chromium, by Playwright."""

import hashlib
import os
import shlex
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks.place import WORK
from benchmarks.processes import Footprint, cpu_seconds, descendants

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # Two browsers of one machine may meet over its loopback, with their addresses as they are.
    "--allow-loopback-in-peer-connection",
    "--disable-features=WebRtcHideLocalIpsWithMdns",
]
_PATIENCE_MS = 600_000
# Told by the page: who looks for it is half a second late, or, at every frame, takes processor time from the transfer.
_UNTIL_VERIFIED = """() => new Promise((resolve) => {
  const verified = document.querySelector('[data-verified]')
  const look = () => verified.hidden || resolve()
  new MutationObserver(look).observe(verified, { attributes: true })
  look()
})"""


@dataclass(frozen=True, slots=True)
class Person:
    """One browser process tree, and the folder that its downloads go to."""

    browser: Browser
    pid: int
    folder: Path

    @contextmanager
    def page(self) -> Iterator[Page]:
        """A page in a browser session of its own; what it downloaded goes with it."""
        context = self.browser.new_context()
        context.set_default_timeout(_PATIENCE_MS)
        try:
            yield context.new_page()
        finally:
            context.close()

    def cpu_seconds(self) -> float:
        """What all processes of the browser have used so far."""
        return cpu_seconds(self.pid)

    def pss(self) -> int:
        """What all processes of the browser hold, in bytes, shared pages divided among those who share them."""
        total = 0
        for pid in [self.pid, *descendants(self.pid)]:
            with suppress(FileNotFoundError, ProcessLookupError):  # it has ended meanwhile
                total += Footprint(pid).pss()
        return total


def reason_against() -> str:
    """Why there can be no people, as a sentence; empty when there can."""
    return "" if Path(CHROMIUM).exists() else f"there is no Chromium at {CHROMIUM}."


@contextmanager
def two(commands: Sequence[Sequence[str]] = ((), ()), flags: Sequence[str] = ()) -> Iterator[tuple[Person, Person]]:
    """A sender and a receiver, each in a browser started behind a command of its own, until the block ends."""
    with sync_playwright() as playwright:
        people = []
        for name, command in zip(("sender", "receiver"), commands, strict=True):
            folder = WORK / name
            folder.mkdir()
            browser = playwright.chromium.launch(
                executable_path=_program(folder, command), args=[*FLAGS, *flags], downloads_path=folder
            )
            people.append(Person(browser, _pid(browser), folder))
        sender, receiver = people
        try:
            yield sender, receiver
        finally:
            for person in people:
                person.browser.close()
                shutil.rmtree(person.folder)


def _program(folder: Path, command: Sequence[str]) -> Path:
    """Chromium behind another command."""
    program = folder / "chromium"
    program.write_text(f'#!/bin/sh\nexec {shlex.join([*command, CHROMIUM])} "$@"\n')
    program.chmod(0o700)
    return program


def _pid(browser: Browser) -> int:
    processes = browser.new_browser_cdp_session().send("SystemInfo.getProcessInfo")["processInfo"]
    (pid,) = (process["id"] for process in processes if process["type"] == "browser")
    return int(pid)


def offer(page: Page, url: str, file: Path, plain: bool = False) -> str:
    """Choose the file and send it live, end-to-end encrypted or not; the address of the session."""
    page.goto(url)
    page.get_by_test_id("file-input").set_input_files(file)
    if plain:
        page.get_by_test_id("plain").check()
    page.get_by_test_id("create-live").click()
    page.locator("[data-protection]").wait_for()  # then the address is the whole one
    return page.get_by_test_id("live-url").input_value()


def upload(page: Page, url: str, file: Path, plain: bool = False) -> str:
    """Send the file by a link, end-to-end encrypted or not, until all of it is stored; the link."""
    page.goto(url)
    page.get_by_test_id("file-input").set_input_files(file)
    if plain:
        page.get_by_test_id("plain").check()
    page.get_by_test_id("create-link").click()
    page.locator('[data-testid="status"][data-state="completed"]').wait_for()
    return page.get_by_test_id("link-url").input_value()


def accept(page: Page, sender: Page) -> tuple[float, Path]:
    """Accept what the page offers: seconds until it is verified on both sides and on the disk, and its place there."""
    accept = page.get_by_test_id("accept")
    accept.wait_for()
    started = time.monotonic()
    with page.expect_download() as begun:
        accept.click()
    for side in (page, sender):
        side.evaluate(_UNTIL_VERIFIED)
    saved = begun.value.path()
    return time.monotonic() - started, saved


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
