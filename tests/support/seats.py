"""Seats of a live session held by programs: what they say and hear by the WebSocket."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import requests
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from tests.support.server_process import Server

Session = tuple[str, str, str]


def session(server: Server) -> Session:
    """A joined session: its code, the sender's token, the receiver's."""
    made = requests.post(f"{server.url}/api/transfer/create", json={}, timeout=10).json()
    code = made["session"]["transferCode"]
    joined = requests.post(f"{server.url}/api/transfer/join", json={"transferCode": code}, timeout=10).json()
    return code, made["senderToken"], joined["receiverToken"]


@contextmanager
def greeting(server: Server, code: str, token: str, **hello: Any) -> Iterator[ClientConnection]:
    """A seat's socket that has said hello."""
    with connect(f"ws://localhost:{server.port}/live/{code}/socket", origin=None) as socket:
        say(socket, type="hello", token=token, **hello)
        yield socket


@contextmanager
def seat(server: Server, code: str, token: str, last: int = 0, **hello: Any) -> Iterator[ClientConnection]:
    """A seat's socket after its welcome."""
    with greeting(server, code, token, last=last, **hello) as socket:
        assert hear(socket)["type"] == "welcome"
        yield socket


def say(socket: ClientConnection, **message: Any) -> None:
    socket.send(json.dumps(message))


def hear(socket: ClientConnection) -> dict[str, Any]:
    message: dict[str, Any] = json.loads(socket.recv(timeout=10))
    return message


def hear_signal(socket: ClientConnection) -> dict[str, Any]:
    """The next message that is not about who is here: that may be told late."""
    while (message := hear(socket))["type"] == "present":
        pass
    return message


def hear_of(socket: ClientConnection, number: int, here: bool) -> None:
    """Wait until a seat is told to be here, or not. Across instances it may be told twice."""
    while hear(socket) != {"type": "present", "seat": number, "here": here}:
        pass


def closing_code(socket: ClientConnection) -> int:
    with pytest.raises(ConnectionClosed) as closed:
        list(iter(lambda: socket.recv(timeout=10), None))
    assert closed.value.rcvd is not None
    return closed.value.rcvd.code


def unnumbered(message: dict[str, Any]) -> dict[str, Any]:
    assert message.pop("n") > 0
    return message
