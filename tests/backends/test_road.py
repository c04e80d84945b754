"""What every road must do: that of one process, and that of several with a real Redis between them."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from contextlib import ExitStack

import pytest

from packetpost.backends.memory.road import MemoryRoads
from packetpost.backends.redis.road import RedisRoads
from packetpost.backends.redis.store import Store
from packetpost.errors import ClientGone, TooMany
from packetpost.road import GRACE, MOST_STRETCH, SIGN_OF_LIFE, Roads, Stamp, Way
from packetpost.road_errors import Frozen, NobodyListens
from packetpost.settings import MIB
from packetpost.tokens import new_id
from tests.support.bodies import Bytes
from tests.support.roads import BACK, SECONDS, WAY, From, Page, Shorten, carrying, shorten

__all__ = ["shorten"]

Another = Callable[[], Roads]


@pytest.fixture(params=["memory", "redis alone", "redis beside"])
def another(request: pytest.FixtureRequest) -> Iterator[Another]:
    """Gives the roads of one process after the other; "beside" is the case in which they are several."""
    if request.param == "memory":
        alone = MemoryRoads()
        yield lambda: alone
        alone.stop()
        return
    url, made = request.getfixturevalue("redis_server").url, list[tuple[Store, RedisRoads]]()

    def make() -> Roads:
        if not made or request.param == "redis beside":
            store = Store(url)
            made.append((store, RedisRoads(store, new_id())))
        return made[-1][1]

    yield make
    for store, roads in made:
        roads.stop()
        store.close()


def test_a_body_arrives_whole_under_its_stamp(another: Another) -> None:
    page = Page(another())
    content = bytes(range(256)) * 3000
    with carrying(another(), content) as carried:
        page.read_until_taken(*carried)
    assert page.bodies == {From(0, 7, 1): content}
    assert page.lefts[-1] == 0


@pytest.mark.parametrize("size", [1, MOST_STRETCH - 1, MOST_STRETCH, MOST_STRETCH + 1, 4 * 1024**2])
def test_bodies_of_every_size_arrive(another: Another, size: int) -> None:
    page = Page(another())
    with carrying(another(), bytes(size)) as carried:
        page.read_until_taken(*carried)
    assert page.bodies == {From(0, 7, 1): bytes(size)}


def test_a_body_is_answered_only_when_all_of_it_was_taken(another: Another) -> None:
    page = Page(another())
    with carrying(another(), b"hello") as carried:
        assert page.read() == From(0, 7, 1)
        assert not carried[0].done()  # given out, and not asked after
        page.read_until_taken(*carried)


def test_a_body_may_come_a_little_before_its_answer(another: Another) -> None:
    with carrying(another(), b"hello") as carried:
        page = Page(another())
        page.read_until_taken(*carried)
    assert page.bodies == {From(0, 7, 1): b"hello"}


def test_where_nobody_listens_a_body_is_refused(another: Another, shorten: Shorten) -> None:
    shorten("GRACE", 0.3)
    with pytest.raises(NobodyListens):
        another().carry(WAY, Stamp(7, 1), Bytes(b"hello"))


def test_who_takes_nothing_is_cut_and_the_body_refused(another: Another, shorten: Shorten) -> None:
    shorten("FROZEN", 1.0)
    page = Page(another())
    with carrying(another(), bytes(1024**2)) as carried, pytest.raises(Frozen):
        carried[0].result(SECONDS)
    assert page.cut.wait(SECONDS)


def test_an_answer_that_breaks_breaks_the_body_in_it(another: Another) -> None:
    page = Page(another())
    with carrying(another(), bytes(1024**2)) as carried:
        assert page.read()
        page.answer.close()
        with pytest.raises(NobodyListens):
            carried[0].result(SECONDS)


def test_a_body_that_breaks_leaves_the_way_to_the_next(another: Another) -> None:
    page = Page(another())

    class Broken(Bytes):
        @property
        def length(self) -> int:
            return 10

    with ThreadPoolExecutor(1) as crew:
        broken = crew.submit(another().carry, WAY, Stamp(7, 1), Broken(b"half"))
        with pytest.raises(ClientGone):
            broken.result(SECONDS)
    with carrying(another(), b"whole", lane=8) as carried:
        page.read_until_taken(*carried)
    assert page.bodies[From(0, 8, 1)] == b"whole"


def test_the_two_directions_know_nothing_of_each_other(another: Another) -> None:
    there, back = Page(another()), Page(another(), BACK)
    with carrying(another(), b"there") as one, carrying(another(), b"back", way=BACK) as other:
        there.read_until_taken(*one)
        back.read_until_taken(*other)
    assert (there.bodies, back.bodies) == ({From(0, 7, 1): b"there"}, {From(1, 7, 1): b"back"})


def test_another_page_takes_the_place_at_once(another: Another) -> None:
    older = Page(another(), page="before")
    newer = Page(another(), page="after")
    assert older.cut.wait(SECONDS)
    with carrying(another(), b"hello") as carried:
        newer.read_until_taken(*carried)
    assert newer.bodies == {From(0, 7, 1): b"hello"}
    assert older.read() is None


def test_the_next_answer_of_a_page_goes_on_where_the_last_one_is(another: Another) -> None:
    roads = another()
    first = Page(roads)
    content = bytes(range(256)) * 4096 * 3
    with carrying(another(), content) as carried:
        assert first.read() == From(0, 7, 1)
        second = Page(roads)
        first.read_on()  # it ends by itself
        assert not first.cut.is_set()
        second.read_until_taken(*carried)
    assert len(first.bodies[From(0, 7, 1)]) == MOST_STRETCH
    assert first.bodies[From(0, 7, 1)] + second.bodies[From(0, 7, 1)] == content


def test_one_answer_brings_what_all_seats_send(another: Another) -> None:
    page = Page(another(), BACK)
    ways = [Way("s", seat, 0) for seat in (1, 2, 16)]
    with ExitStack() as stack:
        carried = [stack.enter_context(carrying(another(), bytes([way.sender]) * MIB, way=way))[0] for way in ways]
        page.read_until_taken(*carried)
    assert page.bodies == {From(way.sender, 7, 1): bytes([way.sender]) * MIB for way in ways}


def test_a_seat_whose_body_comes_slowly_holds_up_no_other_one(another: Another) -> None:
    page, more = Page(another(), BACK), threading.Event()

    class Slow(Bytes):
        def read(self, size: int) -> bytes:
            more.wait(SECONDS)
            return super().read(size)

    with ThreadPoolExecutor(1) as crew:
        slow = crew.submit(another().carry, Way("s", 1, 0), Stamp(7, 1), Slow(b"slow"))
        with carrying(another(), b"quick", way=Way("s", 2, 0)) as carried:
            page.read_until_taken(*carried)
        assert not slow.done()
        more.set()
        slow.result(SECONDS)
    assert page.bodies == {From(2, 7, 1): b"quick", From(1, 7, 1): b"slow"}


def test_the_first_body_of_a_lane_waits_for_nobody(another: Another) -> None:
    """Pages say hello again; meanwhile it must not take up a connection."""
    begun = time.monotonic()
    with pytest.raises(NobodyListens):
        another().carry(WAY, Stamp(7, 0), Bytes(b"hello"))
    assert time.monotonic() - begun < GRACE / 2


def test_the_next_answer_of_a_page_may_be_open_in_another_process(another: Another) -> None:
    """The one that was open first carries what it has begun, and whoever listens gets the rest."""
    first = Page(another())
    with carrying(another(), b"one") as carried:
        first.read_until_taken(*carried)
    second = Page(another())
    with carrying(another(), b"two", lane=8) as carried:
        second.read_until_taken(*carried)
    assert not first.cut.is_set()
    assert {**first.bodies, **second.bodies} == {From(0, 7, 1): b"one", From(0, 8, 1): b"two"}


def test_an_answer_without_a_next_one_ends_all_the_same(another: Another, shorten: Shorten) -> None:
    shorten("LONGEST", 0.5)
    shorten("BEAT", 0.2)
    assert Page(another()).read() is None


def test_a_silent_answer_shows_signs_of_life(another: Another, shorten: Shorten) -> None:
    shorten("BEAT", 0.2)
    parts = iter(another().listen(WAY.end, "p", lambda: None))
    assert [next(parts) for _ in range(3)] == [SIGN_OF_LIFE] * 3


def test_more_than_four_bodies_at_once_are_refused(another: Another) -> None:
    page, roads = Page(another()), another()
    with carrying(roads, *[bytes(1024**2)] * 5) as carried:
        done, waiting = wait(carried, SECONDS, FIRST_COMPLETED)
        page.read_until_taken(*waiting)
    assert [type(one.exception()) for one in done] == [TooMany]
