"""So many have a turn at once, and the others wait for theirs in the order in which they asked."""

from collections.abc import Iterator

import pytest

from tests.support.seal_client import Codec


@pytest.fixture(scope="module")
def node() -> Iterator[Codec]:
    node = Codec("turns.mjs")
    yield node
    node.close()


@pytest.mark.parametrize(
    ("most", "steps", "told"),
    [
        (2, ["+a", "+b", "+c"], ["a", "b"]),
        (1, ["+a", "+b", "+c", "-a", "-b", "-c"], ["a", "b", "c"]),
        (1, ["+a", "+b", "+c", "-a", "+d", "-b", "-c"], ["a", "b", "c", "d"]),
        (1, ["+a", "+b", "+c", "!b", "-a"], ["a", "b left", "c"]),
        (1, ["+a", "-a", "+b"], ["a", "b"]),
    ],
)
def test_turns_go_to_who_asked_first(node: Codec, most: int, steps: list[str], told: list[str]) -> None:
    assert node.call("play", most=most, steps=steps) == told
