"""When a connection is in trouble, what is done about it and how soon. Times are milliseconds."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.seal_client import Codec

CALM, FAILED = ["trouble", False], ["trouble", True]


@pytest.fixture(scope="module")
def node() -> Iterator[Codec]:
    node = Codec("connection-health.mjs")
    yield node
    node.close()


def play(node: Codec, *notes: Any) -> list[dict[str, Any]]:
    """What came of each note, one after the other."""
    came: list[dict[str, Any]] = node.call("play", notes=list(notes))
    return came


def test_the_first_sign_of_trouble_is_told_and_given_some_seconds(node: Codec) -> None:
    assert play(node, CALM)[-1]["got"] == {"first": True, "restartAfter": 5000}


def test_more_of_the_same_trouble_is_no_news(node: Codec) -> None:
    assert play(node, CALM, CALM)[-1]["got"] == {"first": False, "restartAfter": None}


@pytest.mark.parametrize("before", [[], [CALM]])
def test_where_ice_has_given_up_there_is_nothing_to_wait_for(node: Codec, before: list[Any]) -> None:
    assert play(node, *before, FAILED)[-1]["got"] == {"first": not before, "restartAfter": 0}


def test_what_recovered_may_be_in_trouble_anew(node: Codec) -> None:
    came = play(node, CALM, "recover", CALM)
    assert [one["shaky"] for one in came] == [True, False, True]
    assert came[-1]["got"] == {"first": True, "restartAfter": 5000}


def test_each_try_that_took_too_long_doubles_the_time_of_the_next_up_to_a_minute(node: Codec) -> None:
    assert [one["within"] for one in play(node, *["noteTimeout"] * 4)] == [30_000, 60_000, 60_000, 60_000]


def test_the_first_try_after_the_other_page_came_gets_the_time_of_a_first_try(node: Codec) -> None:
    assert play(node, "noteTimeout", "noteTimeout", "begin")[-1]["within"] == 15_000


def test_where_there_was_a_connection_short_tries_go_on_for_some_minutes(node: Codec) -> None:
    """A try of a minute looks for a way in its first 15 s only: UDP that comes back later would wait for its end."""
    within = [one["within"] for one in play(node, "recover", *["noteTimeout"] * 42)]
    assert within == [8_000] * 40 + [15_000, 30_000, 60_000]
