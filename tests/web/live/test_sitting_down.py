"""What happens to a session between a seat's welcome and its place at the relay is made up for."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from simple_websocket import ConnectionClosed

from packetpost import threads
from packetpost.sessions import Seated, Sessions
from packetpost.web.http.services import now, services
from packetpost.web.live import seat_socket


class Ws:
    """A socket that says hello, and goes when it has been answered."""

    def __init__(self, token: str) -> None:
        self.hello: str | None = json.dumps({"type": "hello", "token": token})
        self.told: list[dict[str, Any]] = []
        self.closed: list[int] = []

    def receive(self, timeout: float | None = None) -> str:
        said, self.hello = self.hello, None
        if said is None:
            raise ConnectionClosed
        return said

    def send(self, text: str) -> None:
        self.told.append(json.loads(text))

    def close(self, code: int, _reason: str) -> None:
        self.closed.append(code)


@pytest.fixture
def told(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Ws]:
    """A sender's socket, while `change` happens to its session just before it sits down."""
    monkeypatch.setattr(threads, "later", lambda work, *words: work(*words))

    def sit(change: Callable[[Sessions, Seated], object]) -> Ws:
        with app.test_request_context():
            sessions, relay = services().sessions, services().relay
            seated = sessions.create(now() - 300)
            ws, sits = Ws(seated.token), relay.sit

            def late(*words: Any) -> None:
                change(sessions, seated)
                sits(*words)

            monkeypatch.setattr(relay, "sit", late)
            try:
                seat_socket._serve(ws, seated.session.code)
            except ConnectionClosed:
                pass
            except seat_socket._Done as done:
                ws.closed.append(done.code)
            return ws

    return sit


def test_more_time_is_told(told: Callable[..., Ws]) -> None:
    ws = told(lambda sessions, seated: sessions.extend(seated, now()))
    welcome, extended = ws.told
    assert (welcome["type"], extended["type"]) == ("welcome", "extended")
    assert extended["expiresAt"] > welcome["expiresAt"]


def test_the_end_is_told(told: Callable[..., Ws]) -> None:
    assert told(lambda sessions, seated: sessions.close(seated)).closed == [4010]


def test_nothing_is_told_where_nothing_happened(told: Callable[..., Ws]) -> None:
    assert [one["type"] for one in told(lambda _sessions, _seated: None).told] == ["welcome"]
