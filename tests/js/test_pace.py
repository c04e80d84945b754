"""How many lanes carry blocks at once, and when the road helps a slow direct way, by how fast bytes move."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.seal_client import Codec

KIB, MIB = 1024, 1024**2


@pytest.fixture(scope="module")
def node() -> Iterator[Codec]:
    node = Codec("pace.mjs")
    yield node
    node.close()


def lanes(node: Codec, *stretches: tuple[int, int]) -> int:
    """How many may carry at the end."""
    most: list[int] = node.call("lanes", stretches=stretches)
    return most[-1]


@pytest.mark.parametrize("lasts", [100, 900, 1_500, 20_000])
def test_on_a_slow_line_one_block_goes_after_the_other(node: Codec, lasts: int) -> None:
    assert lanes(node, (122 * KIB, lasts)) == 1


@pytest.mark.parametrize("rate", [4 * MIB, 100 * MIB])
def test_on_a_fast_line_all_lanes_carry_after_a_moment(node: Codec, rate: int) -> None:
    assert lanes(node, (rate, 200)) >= 16


def test_a_line_that_loses_packets_gets_more_lanes_as_these_bring_more(node: Codec) -> None:
    assert lanes(node, (250 * KIB, 1_500)) == 2
    assert lanes(node, (250 * KIB, 1_500), (500 * KIB, 3_000), (1500 * KIB, 3_000)) >= 16


def test_a_line_that_becomes_slow_is_shared_among_fewer(node: Codec) -> None:
    assert lanes(node, (10 * MIB, 5_000), (100 * KIB, 4_000)) == 1


def told(node: Codec, *stretches: dict[str, Any]) -> list[list[str]]:
    """What the road was told during each stretch."""
    said: list[list[str]] = node.call("both", stretches=stretches)
    return said


SLOW = {"direct": 100 * KIB, "road": 0, "lasts": 10_500}


def test_the_road_helps_a_way_that_has_been_slow_for_long(node: Codec) -> None:
    assert told(node, {**SLOW, "lasts": 9_000}) == [[]]
    assert told(node, SLOW) == [["begin"]]


def test_a_way_that_is_fast_or_carries_nothing_needs_no_help(node: Codec) -> None:
    assert told(node, {**SLOW, "direct": 2 * MIB, "lasts": 60_000}) == [[]]
    assert told(node, {**SLOW, "busy": False, "lasts": 60_000}) == [[]]


@pytest.mark.parametrize(("road", "then"), [(250 * KIB, []), (10 * MIB, []), (150 * KIB, ["end"]), (0, ["end"])])
def test_it_goes_on_helping_where_it_is_twice_as_fast(node: Codec, road: int, then: list[str]) -> None:
    assert told(node, SLOW, {**SLOW, "road": road, "lasts": 50_000}) == [["begin"], then]


def test_what_did_not_help_is_tried_again_after_a_minute(node: Codec) -> None:
    assert told(node, {**SLOW, "lasts": 80_000}) == [["begin", "end"]]
    assert told(node, {**SLOW, "lasts": 90_000}) == [["begin", "end", "begin", "end"]]


def test_lanes_that_are_new_are_not_taken_for_slow_ones(node: Codec) -> None:
    assert told(node, {**SLOW, "lasts": 9_000}, {**SLOW, "again": True, "lasts": 9_000}) == [[], []]
