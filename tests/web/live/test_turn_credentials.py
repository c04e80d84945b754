"""Credentials of a relay: as long as the session and as the seat, with real coturn."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import requests
from websockets.sync.client import ClientConnection, connect

from packetpost.backends.probes import turn
from tests.support.bytes_server import SECONDS
from tests.support.coturn_process import ON_THE_LOOPBACK, SECRET, Coturn
from tests.support.seats import closing_code, hear, say
from tests.support.server_process import Server

SHORT = 10 * 60
FIFTEEN = 15 * 60


@pytest.fixture(scope="module")
def relay(coturn: Callable[..., Coturn]) -> Coturn:
    return coturn(*ON_THE_LOOPBACK)


@pytest.fixture(scope="module", params=["one process", "Redis"])
def post(request: pytest.FixtureRequest, serve: Callable[..., Server], relay: Coturn) -> Server:
    """A server with that relay."""
    environ = {"PACKETPOST_TURN_URLS": relay.url, "PACKETPOST_TURN_SECRET": SECRET}
    if request.param == "Redis":
        environ["REDIS_URL"] = request.getfixturevalue("redis_for_all").url
    return serve(**environ)


class Meeting:
    """A session that may wait for ten minutes, with both its seats."""

    def __init__(self, server: Server) -> None:
        self.server = server
        made = self._ask("create", ttlMinutes=10)
        self.code, self.session = made["session"]["transferCode"], made["session"]
        self.sender, self.receiver = made["senderToken"], self._ask("join")["receiverToken"]

    def _ask(self, what: str, **fields: Any) -> dict[str, Any]:
        code = {} if what == "create" else {"transferCode": self.code}
        answer = requests.post(f"{self.server.url}/api/transfer/{what}", json={**code, **fields}, timeout=SECONDS)
        assert answer.ok, answer.text
        told: dict[str, Any] = answer.json()
        return told

    def extend(self) -> int:
        """Start the time to live again; when it ends now."""
        ends: int = self._ask("extend", token=self.sender)["session"]["expiresAt"]
        return ends

    def leave(self) -> None:
        self._ask("close", token=self.receiver)

    @contextmanager
    def sit(self, token: str) -> Iterator[tuple[ClientConnection, dict[str, Any]]]:
        """A seat's socket, and what its welcome says."""
        with connect(f"ws://localhost:{self.server.port}/live/{self.code}/socket", origin=None) as socket:
            say(socket, type="hello", token=token)
            yield socket, hear(socket)


def prove(server: dict[str, Any], until: int) -> None:
    """These credentials open the relay, and end then."""
    turn.prove(server["urls"][0], server["username"], server["credential"])
    assert int(server["username"].partition(":")[0]) == until


def hear_extended(socket: ClientConnection) -> dict[str, Any]:
    while (message := hear(socket))["type"] != "extended":
        assert message["type"] in ("present", "left", "joined")
    return message


def test_they_end_when_the_session_does(post: Server) -> None:
    meeting = Meeting(post)
    with meeting.sit(meeting.receiver) as (_, welcome):
        prove(welcome["iceServers"][-1], meeting.session["expiresAt"])


def test_open_pages_get_new_ones_each_when_the_session_is_extended(post: Server) -> None:
    meeting = Meeting(post)
    with meeting.sit(meeting.sender) as (one, _), meeting.sit(meeting.receiver) as (two, _):
        until = meeting.extend()
        assert until >= meeting.session["expiresAt"] + FIFTEEN - SHORT
        renewed = [hear_extended(socket) for socket in (one, two)]
        names = [message["iceServers"][-1]["username"] for message in renewed]
        assert names == [f"{until}:{meeting.session['transferId']}.{seat}" for seat in (0, 1)]
        for message in renewed:
            assert message["expiresAt"] == until
            prove(message["iceServers"][-1], until)


def test_a_page_that_comes_back_gets_what_holds_now(post: Server) -> None:
    meeting = Meeting(post)
    until = meeting.extend()
    with meeting.sit(meeting.sender) as (_, welcome):
        prove(welcome["iceServers"][-1], until)


def test_a_seat_that_was_left_gets_no_more_of_them(post: Server) -> None:
    meeting = Meeting(post)
    with meeting.sit(meeting.receiver) as (socket, _):
        meeting.leave()
        assert closing_code(socket) == 4010
        meeting.extend()
    with meeting.sit(meeting.sender) as (_, welcome):
        assert welcome["type"] == "welcome"
    with connect(f"ws://localhost:{post.port}/live/{meeting.code}/socket", origin=None) as again:
        say(again, type="hello", token=meeting.receiver)
        assert closing_code(again) == 4003


def test_nobody_without_a_seat_gets_any(post: Server) -> None:
    config = requests.get(f"{post.url}/api/transfer/config", timeout=SECONDS).json()
    assert [server for server in config["iceServers"] if "credential" in server] == []
