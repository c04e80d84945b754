"""A WebSocket is tried first, HTTP where none opens, and what has worked before anything else."""

from collections.abc import Iterator

import pytest

from tests.support.seal_client import Codec

FAILED, WELCOME, MOVED = "noteFailed", "noteWelcome", "forget"


@pytest.fixture(scope="module")
def node() -> Iterator[Codec]:
    node = Codec("socket-choice.mjs")
    yield node
    node.close()


@pytest.mark.parametrize(
    ("steps", "kinds"),
    [
        ([FAILED, FAILED, FAILED], ["socket", "http", "socket", "http"]),
        ([FAILED, WELCOME], ["socket", "http", "http"]),
        ([FAILED, WELCOME, FAILED, FAILED, FAILED], ["socket", "http", "http", "http", "http", "http"]),
        ([FAILED, WELCOME, MOVED], ["socket", "http", "http", "socket"]),
        ([WELCOME, FAILED, FAILED, FAILED, FAILED, FAILED], ["socket"] * 5 + ["http", "socket"]),
    ],
    ids=["none works", "http works", "a server that restarts", "another network", "sockets are blocked later"],
)
def test_what_is_tried_next(node: Codec, steps: list[str], kinds: list[str]) -> None:
    assert node.call("play", steps=steps) == kinds
