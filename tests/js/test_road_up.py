"""Bodies go up several at once, and none so far ahead of an earlier one that the other page would give the road up."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.seal_client import Codec

SAID = ["add"] * 60


@pytest.fixture(scope="module")
def node() -> Iterator[Codec]:
    node = Codec("road-up.mjs")
    yield node
    node.close()


def on_way(node: Codec, *steps: Any, most: int = 9, single: bool = True) -> list[int]:
    found: list[int] = node.call("play", most=most, single=single, steps=[*SAID, *steps])
    return found


def test_three_bodies_go_at_once_and_the_next_when_one_is_answered(node: Codec) -> None:
    assert on_way(node) == [1, 2, 3]
    assert on_way(node, 1) == [2, 3, 4]
    assert on_way(node, 3, 1) == [2, 4, 5]


def test_of_several_roads_each_has_one_on_its_way(node: Codec) -> None:
    assert on_way(node, single=False) == [1]


def test_a_page_has_no_more_on_its_way_than_its_turns(node: Codec) -> None:
    assert on_way(node, most=2) == [1, 2]


def test_an_earlier_body_that_is_not_answered_is_waited_for(node: Codec) -> None:
    """The other page holds four bodies before their turn, and no more."""
    assert on_way(node, 2, 3, 4) == [1]
    assert on_way(node, 2, 3, 4, 1) == [5, 6, 7]
    assert on_way(node, 3, 4) == [1, 2]
