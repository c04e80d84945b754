"""What seats say to each other is never printed, whatever their sockets do."""

from collections.abc import Callable
from typing import Any

import pytest
from wsproto.utilities import LocalProtocolError

from packetpost import threads
from packetpost.models import Seat, Session
from packetpost.sessions import Seated
from packetpost.web.live.seat_signals import BrowserOnWire
from packetpost.web.live.seat_socket import _SocketWire

SEATED = Seated(Session("id", "K7QF3MZP", 0, 900, 1), Seat("id", 1, "hash"))


class Closing:
    """A socket whose browser is closing its end: the library says what it could not send."""

    def send(self, text: str) -> None:
        raise LocalProtocolError(f"Event {text} cannot be sent in state REMOTE_CLOSING.")

    def close(self, code: int, reason: str) -> None:
        raise LocalProtocolError(f"Event {code} {reason} cannot be sent in state REMOTE_CLOSING.")


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def run(work: Callable[..., None], *args: Any) -> None:
        work(*args)

    monkeypatch.setattr(threads, "later", run)


def test_what_cannot_be_delivered_to_a_closing_socket_is_dropped_without_a_word(
    capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    socket: Any = Closing()
    browser: Any = BrowserOnWire(_SocketWire(socket), SEATED, lambda seated, until: [], "")
    for text in ("a word", "another"):
        browser.deliver({"type": "offer", "sdp": text})
    browser.close(4010, "The session has ended.")
    assert "word" not in "".join([*capsys.readouterr(), caplog.text])
