"""Two pages meet on the road whatever breaks in between, and in whatever order what they said arrives."""

import random
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.seal_client import Codec

MEETINGS = 40


@pytest.fixture(scope="module")
def node() -> Iterator[Codec]:
    node = Codec("road-meetings.mjs")
    yield node
    node.close()


def meetings(node: Codec, **how: Any) -> list[dict[str, Any]]:
    seeds = [random.randrange(2**31) for _ in range(MEETINGS)]
    found: list[dict[str, Any]] = node.call("meetAll", seeds=seeds, **how)
    return found


@pytest.mark.parametrize("late", [5, 60, 200])
@pytest.mark.parametrize("breaks", [0, 1, 12])
def test_two_pages_meet_and_hear_each_other_whatever_broke_before(node: Codec, breaks: int, late: int) -> None:
    found = meetings(node, breaks=breaks, late=late, within=40_000)
    assert [each for each in found if not each["open"] or each["closed"] or not each["right"]] == []


def test_no_pair_has_its_keys_twice_whatever_hellos_the_server_repeats(node: Codec) -> None:
    """A key that were made twice would seal two things under the same nonces."""
    seeds = [random.randrange(2**31) for _ in range(MEETINGS)]
    assert max(node.call("keysMadeAll", seeds=seeds, breaks=12, late=20)) == 1


def test_pages_of_two_sessions_do_not_meet_and_give_the_road_up(node: Codec) -> None:
    found = meetings(node, breaks=0, late=20, within=5_000, strangers=True)
    assert all(each["closed"] and not each["open"] for each in found)
