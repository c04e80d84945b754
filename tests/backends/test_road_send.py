"""Where bodies send in an answer themselves, past who iterates over it: the same promises."""

import threading
from collections.abc import Callable, Iterator, Sequence

import pytest

from packetpost.backends.memory.road import MemoryRoads
from packetpost.road import HEAD_BYTES, MOST_STRETCH, SIGN_OF_LIFE, Stamp, Stretch, stretch
from packetpost.road_errors import Frozen, NobodyListens
from packetpost.settings import MIB
from tests.support.bodies import Bytes
from tests.support.roads import SECONDS, WAY, Shorten, carrying, shorten

__all__ = ["shorten"]


class Sent:
    """An answer in which is sent, and what `error` makes of that."""

    def __init__(self, roads: MemoryRoads, error: Callable[[], None] = lambda: None) -> None:
        self.cut, self.sent, self._error = threading.Event(), list[Stretch](), error
        self.answer = roads.listen(WAY.end, "p", self.cut.set, self)
        self.parts: Iterator[bytes] = iter(self.answer)
        assert next(self.parts) == SIGN_OF_LIFE

    def __call__(self, stretches: Sequence[Stretch], seconds: float) -> None:
        self._error()
        self.sent += [(head, memoryview(bytes(content))) for head, content in stretches]

    def iterate(self) -> threading.Thread:
        """As a server does: what has been given out has been sent when more is asked for."""
        iterating = threading.Thread(target=list, args=(self.parts,), daemon=True)
        iterating.start()
        return iterating

    @property
    def content(self) -> bytes:
        return b"".join(content for _, content in self.sent)


def test_a_body_is_sent_whole_in_stretches_that_pages_know() -> None:
    roads, content = MemoryRoads(), bytes(range(256)) * 4096 * 3
    sent = Sent(roads)
    sent.iterate()
    roads.carry(WAY, Stamp(7, 1), Bytes(content))
    assert sent.content == content
    assert {len(piece) for _, piece in sent.sent} == {MOST_STRETCH}
    head, last = sent.sent[-1]
    assert head == stretch(0, Stamp(7, 1), bytes(last), 0)[:HEAD_BYTES]


def test_nothing_is_sent_before_the_answer_has_begun() -> None:
    roads = MemoryRoads()
    sent = Sent(roads)
    with carrying(roads, b"hello") as carried:
        assert not sent.sent
        sent.iterate()
        carried[0].result(SECONDS)
    assert sent.content == b"hello"


def test_the_next_answer_goes_on_where_the_last_one_ends() -> None:
    roads = MemoryRoads()
    first = Sent(roads)
    ended = first.iterate()
    roads.carry(WAY, Stamp(7, 1), Bytes(b"one"))
    second = Sent(roads)
    second.iterate()
    ended.join(SECONDS)
    roads.carry(WAY, Stamp(7, 2), Bytes(b"two"))
    assert (first.content, second.content) == (b"one", b"two")
    assert not first.cut.is_set()


@pytest.mark.parametrize(
    ("error", "refusal"), [(TimeoutError, Frozen), (ConnectionResetError, NobodyListens), (OSError, NobodyListens)]
)
def test_an_answer_in_which_sending_fails_is_cut(error: type[OSError], refusal: type[Exception]) -> None:
    def fail() -> None:
        raise error

    roads = MemoryRoads()
    sent = Sent(roads, fail)
    sent.iterate()
    with pytest.raises(refusal):
        roads.carry(WAY, Stamp(7, 1), Bytes(bytes(MIB)))
    assert sent.cut.is_set()


def test_an_answer_that_closes_while_something_is_sent_breaks_the_body() -> None:
    roads, sending = MemoryRoads(), threading.Event()

    def fail() -> None:
        sending.set()
        assert sent.cut.wait(SECONDS)
        raise BrokenPipeError

    sent = Sent(roads, fail)
    sent.iterate()
    with carrying(roads, bytes(MIB)) as carried:
        assert sending.wait(SECONDS)
        sent.answer.close()
        with pytest.raises(NobodyListens):
            carried[0].result(SECONDS)


def test_signs_of_life_come_by_the_iteration_between_what_is_sent(shorten: Shorten) -> None:
    shorten("BEAT", 0.2)
    roads = MemoryRoads()
    sent = Sent(roads)
    assert next(sent.parts) == SIGN_OF_LIFE
    iterating = sent.iterate()
    roads.carry(WAY, Stamp(7, 1), Bytes(b"hello"))
    assert sent.content == b"hello"
    sent.answer.close()
    iterating.join(SECONDS)
