"""What two people do in a live session, as steps that several tests share."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Download, Page, expect

from tests.e2e.steps import choose, sha
from tests.running import Server


def send_live(page: Page, server: Server, *files: Path) -> str:
    """Choose the files and press "Send live"; the address of the session."""
    page.goto(server.url)
    choose(page, *files)
    return open_live(page)


def open_live(page: Page) -> str:
    page.get_by_test_id("create-live").click()
    return page.get_by_test_id("live-url").input_value()


def status(page: Page, state: str) -> None:
    expect(page.get_by_test_id("status")).to_have_attribute("data-state", state, timeout=40_000)


@contextmanager
def saving(page: Page) -> Iterator[list[Download]]:
    """The downloads that begin meanwhile."""
    begun: list[Download] = []

    def note(download: Download) -> None:
        begun.append(download)

    page.on("download", note)
    yield begun
    page.remove_listener("download", note)


def accept(page: Page) -> None:
    page.get_by_test_id("accept").click()


def shas(downloads: list[Download]) -> dict[str, str]:
    """What was saved, by its name; waits until it is complete."""
    return {download.suggested_filename: sha(Path(download.path())) for download in downloads}


def receive(page: Page, address: str) -> dict[str, str]:
    """Open the address, accept everything, wait for the end."""
    page.goto(address)
    with saving(page) as downloads:
        accept(page)
        status(page, "completed")
    return shas(downloads)


def moved(page: Page, at_least: int) -> None:
    """Wait until so many bytes are written at the receiver."""
    page.wait_for_function(
        "least => document.querySelector('[data-progress]').value >= least", arg=at_least, timeout=40_000
    )


def without_webrtc(page: Page) -> None:
    page.add_init_script("delete globalThis.RTCPeerConnection")


def code_of(page: Page) -> str:
    code = page.get_by_test_id("live-code").inner_text()
    assert re.fullmatch(r"\w{4}-\w{4}", code)
    return code


Pages = Callable[[], Page]
