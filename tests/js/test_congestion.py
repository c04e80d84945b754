"""The pace of live transfers over lines that are only computed: full, without overrunning their queues."""

from collections.abc import Iterator

import pytest

from tests.support.seal_client import Codec, Refused

KIB = 1024
MBIT = 1_000_000 / 8 / 1000  # bytes a millisecond
START = 448 * KIB
QUEUE = 50


@pytest.fixture(scope="module")
def node() -> Iterator[Codec]:
    node = Codec("congestion.mjs")
    yield node
    node.close()


def run(
    node: Codec, trip: float, mbit: float, lanes: int = 8, spare: float = 15, lasts: int = 10_000
) -> dict[str, float]:
    """So many milliseconds over a line; `spare` is what the browsers themselves take, in milliseconds."""
    found: dict[str, float] = node.call("run", trip=trip, rate=mbit * MBIT, lanes=lanes, lasts=lasts, spare=spare)
    return found


@pytest.mark.parametrize(("trip", "mbit"), [(40, 40), (40, 100), (100, 40), (10, 100)])
@pytest.mark.parametrize("lanes", [4, 8])
def test_a_line_is_full_and_its_queue_is_not(node: Codec, trip: float, mbit: float, lanes: int) -> None:
    found = run(node, trip, mbit, lanes)
    assert found["rate"] > 0.85 * mbit * MBIT
    assert found["queued"] < QUEUE


def test_a_slow_line_keeps_the_window_where_it_starts(node: Codec) -> None:
    assert run(node, 40, 4)["window"] == START


def test_a_short_path_soon_carries_frames_of_full_size(node: Codec) -> None:
    assert run(node, 1, 2000, lanes=4, spare=5, lasts=2_500)["frame"] == 128 * KIB


def test_a_short_and_slow_line_ends_with_a_queue_that_is_not_long(node: Codec) -> None:
    assert run(node, 4, 20, lanes=4)["window"] < 1024 * KIB


def test_slow_browsers_do_not_shrink_the_window(node: Codec) -> None:
    assert run(node, 1, 400, spare=60)["window"] >= START


def test_no_lane_holds_much_more_than_its_part(node: Codec) -> None:
    assert run(node, 40, 40)["most"] <= 1.5 / 8


def test_a_dead_lane_gives_back_what_it_held(node: Codec) -> None:
    assert node.call("die", bytes=1000) == {"inFlight": 1000, "lanes": 1}


@pytest.mark.parametrize(
    ("trip", "four", "eight", "wanted"), [(100, 1000, 1000, 8), (1, 1000, 1000, 4), (1, 1000, 1200, 8)]
)
def test_eight_lanes_where_they_help(node: Codec, trip: float, four: int, eight: int, wanted: int) -> None:
    assert node.call("count", trip=trip, four=four, eight=eight) == wanted


def test_what_was_never_sent_cannot_be_acknowledged(node: Codec) -> None:
    with pytest.raises(Refused, match="never sent"):
        node.call("acknowledge", sent=10, total=11)
