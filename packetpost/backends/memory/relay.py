"""The relay of one process: open sockets and mailboxes in memory. A restart empties it; browsers then begin anew."""

import json
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from packetpost.live_protocols import SignalReceiver
from packetpost.signaling import COMES_BACK_WITHIN, MAILBOX_BYTES, MAILBOX_MESSAGES


def replaced(tab: str, by: str) -> tuple[int, str]:
    """How a seat's older socket, of `tab`, is closed when one of the tab `by` has the seat: code and reason."""
    if tab and tab == by:
        return 4011, "A later socket of this tab has the seat."
    return 4001, "This seat was opened in another tab."


@dataclass(slots=True)
class _Mailbox:
    """The last messages with their sizes, and how many there were in all."""

    messages: deque[tuple[dict[str, Any], int]] = field(default_factory=deque)
    bytes: int = 0
    number: int = 0

    def put(self, message: dict[str, Any]) -> dict[str, Any]:
        """The message with its number. Old ones fall out."""
        size = len(json.dumps(message, separators=(",", ":")).encode())
        self.number += 1
        self.bytes += size
        numbered = {**message, "n": self.number}
        self.messages.append((numbered, size))
        while len(self.messages) > MAILBOX_MESSAGES or self.bytes > MAILBOX_BYTES:
            self.bytes -= self.messages.popleft()[1]
        return numbered


class MemoryRelay:
    """The `Relay` Protocol within one process."""

    def __init__(self, start: int = 0) -> None:
        """`start` is the number before a mailbox's first message.

        One that grows from process to process, as the time in milliseconds does, lets no browser take messages of this
        process for those that it had from an earlier one.
        """
        self._start = start
        self._browsers: dict[str, dict[int, SignalReceiver]] = {}
        self._tabs: dict[tuple[str, int], str] = {}
        # Of seats whose socket broke: which tab comes back, and until when nobody else gets it unasked.
        self._kept: dict[tuple[str, int], tuple[str, float]] = {}
        self._boxes: dict[str, dict[int, _Mailbox]] = {}
        self._closing: tuple[int, str] | None = None

    def sit(self, session_id: str, seat: int, browser: SignalReceiver, last: int, tab: str = "") -> None:
        browsers = self._browsers.setdefault(session_id, {})
        before, tab_before = browsers.get(seat), self._tabs.get((session_id, seat), "")
        browsers[seat] = browser
        self._tabs[session_id, seat] = tab
        self._kept.pop((session_id, seat), None)
        if before:
            before.close(*replaced(tab_before, tab))
        box = self._box(session_id, seat)
        # A number from before a restart of ours says nothing about the mailbox of today.
        seen = last if last <= box.number else 0
        for message, _ in tuple(box.messages):
            if message["n"] > seen:
                browser.deliver(message)
        if self._closing:
            browser.close(*self._closing)

    def rise(self, session_id: str, seat: int, browser: SignalReceiver, comes_back: bool = False) -> bool:
        browsers = self._browsers.get(session_id, {})
        if browsers.get(seat) is not browser:
            return False
        del browsers[seat]
        tab = self._tabs.pop((session_id, seat))
        if comes_back and tab:
            self._kept[session_id, seat] = (tab, time.monotonic() + COMES_BACK_WITHIN)
        if not browsers:
            self._browsers.pop(session_id, None)
        return True

    def send(self, session_id: str, to: int, message: dict[str, Any]) -> None:
        numbered = self._box(session_id, to).put(message)
        browser = self._browsers.get(session_id, {}).get(to)
        if browser:
            browser.deliver(numbered)

    def newest(self, session_id: str, seat: int) -> int:
        box = self._boxes.get(session_id, {}).get(seat)
        return box.number if box else self._start

    def tab(self, session_id: str, seat: int) -> str | None:
        if (session_id, seat) in self._tabs:
            return self._tabs[session_id, seat]
        tab, until = self._kept.get((session_id, seat), (None, 0.0))
        return tab if time.monotonic() < until else None

    def here(self, session_id: str) -> set[int]:
        return set(self._browsers.get(session_id, {}))

    def tell_all(self, session_id: str, message: dict[str, Any], but: int = -1) -> None:
        for seat, browser in tuple(self._browsers.get(session_id, {}).items()):
            if seat != but:
                browser.deliver(message)

    def hang_up(self, session_id: str, code: int, reason: str) -> None:
        self._boxes.pop(session_id, None)
        self._kept = {place: kept for place, kept in self._kept.items() if place[0] != session_id}
        for seat, browser in self._browsers.pop(session_id, {}).items():
            del self._tabs[session_id, seat]
            browser.close(code, reason)

    def close_all(self, code: int, reason: str) -> None:
        self._closing = (code, reason)
        for browsers in tuple(self._browsers.values()):
            for browser in tuple(browsers.values()):
                browser.close(code, reason)

    def sessions(self) -> set[str]:
        """Those with an open socket or a mailbox."""
        return set(self._browsers) | set(self._boxes)

    def stop(self) -> None: ...

    def _box(self, session_id: str, seat: int) -> _Mailbox:
        return self._boxes.setdefault(session_id, {}).setdefault(seat, _Mailbox(number=self._start))
