"""A bare data channel between two people, through no code of ours: what every other tool is built on."""

import time
from pathlib import Path

from playwright.sync_api import Page

_PAGE = "http://localhost/bare"
_BODY = "<!doctype html><title>A bare data channel</title>"
_SCRIPT = Path(__file__).parent / "bare.js"


def connect(sender: Page, receiver: Page) -> None:
    """Open the channel."""
    for page in (sender, receiver):
        page.route(_PAGE, lambda route: route.fulfill(body=_BODY, content_type="text/html"))
        page.goto(_PAGE)
        page.add_script_tag(path=_SCRIPT)
    answer = receiver.evaluate("sdp => bare.answer(sdp)", sender.evaluate("() => bare.offer()"))
    sender.evaluate("sdp => bare.answered(sdp)", answer)


def send(sender: Page, receiver: Page, size: int, most_seconds: float) -> tuple[int, float]:
    """Send `size` bytes: how many arrived, and in how many seconds, of which there are at most so many."""
    started = time.monotonic()
    sender.evaluate("bytes => { bare.send(bytes) }", size)
    came: int = receiver.evaluate("([bytes, most]) => bare.received(bytes, most)", [size, most_seconds * 1000])
    return came, time.monotonic() - started
