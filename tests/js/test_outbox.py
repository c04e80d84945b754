"""What a seat says is said again over the next socket, unless a beat has shown that it arrived."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.seal_client import Codec

ADDS = [["add", text] for text in "abcd"]


@pytest.fixture(scope="module")
def node() -> Iterator[Codec]:
    node = Codec("outbox.mjs")
    yield node
    node.close()


def taken(node: Codec, *steps: Any, most: int = 9) -> list[str]:
    """What goes out at the end."""
    came: list[dict[str, Any]] = node.call("play", most=most, steps=[*steps, "dequeue"])
    told: list[str] = came[-1]["got"]
    return told


def test_what_is_said_goes_out_once_and_in_its_order(node: Codec) -> None:
    assert taken(node, *ADDS) == ["a", "b", "c", "d"]
    assert taken(node, *ADDS, "dequeue") == []


def test_what_no_beat_has_confirmed_goes_out_again_before_what_is_new(node: Codec) -> None:
    assert taken(node, ADDS[0], "dequeue", ADDS[1], "again") == ["a", "b"]


def test_a_beat_confirms_what_was_said_before_it_and_nothing_else(node: Codec) -> None:
    assert taken(node, ADDS[0], "dequeue", "noteBeat", ADDS[1], "dequeue", "confirm", "again") == ["b"]


def test_two_beats_on_their_way_confirm_each_its_part(node: Codec) -> None:
    steps = [ADDS[0], "dequeue", "noteBeat", ADDS[1], "dequeue", "noteBeat", ADDS[2], "dequeue"]
    assert taken(node, *steps, "confirm", "confirm", "again") == ["c"]


def test_a_beat_of_an_earlier_socket_confirms_nothing(node: Codec) -> None:
    assert taken(node, ADDS[0], "dequeue", "noteBeat", "again", "dequeue", "confirm", "again") == ["a"]


def test_when_too_much_waits_the_oldest_falls_out(node: Codec) -> None:
    assert taken(node, *ADDS, most=3) == ["b", "c", "d"]
    assert taken(node, *ADDS[:2], "dequeue", "noteBeat", *ADDS[2:], "again", most=3) == ["b", "c", "d"]
    assert taken(node, *ADDS[:2], "dequeue", "noteBeat", *ADDS[2:], "confirm", "again", most=3) == ["c", "d"]


@pytest.mark.parametrize(
    ("steps", "doubtful"),
    [
        ([], False),
        ([ADDS[0]], False),
        ([ADDS[0], "dequeue"], True),
        ([ADDS[0], "dequeue", "noteBeat", "confirm"], False),
        ([ADDS[0], "dequeue", "noteBeat", ADDS[1], "dequeue", "confirm"], True),
        ([ADDS[0], "dequeue", "clear"], False),
    ],
)
def test_what_was_said_may_be_lost_until_it_is_confirmed(node: Codec, steps: list[Any], doubtful: bool) -> None:
    came = node.call("play", most=9, steps=[*steps, "confirm" if not steps else "noteBeat"])
    assert came[-1]["doubtful"] is doubtful
