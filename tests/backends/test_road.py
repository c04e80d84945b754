"""What every road must do: that of one process, and that of several with a real Redis between them."""

import struct
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager

import pytest

from packetpost.backends.memory.road import MemoryRoads
from packetpost.backends.memory.road_pace import Pace
from packetpost.backends.redis.road import RedisRoads
from packetpost.backends.redis.store import Store
from packetpost.errors import ClientGone, TooMany, Unavailable
from packetpost.road import HEAD_BYTES, MOST_STRETCH, SIGN_OF_LIFE, RoadAnswer, Roads, Stamp, Way
from packetpost.road_errors import Frozen, NobodyListens, RoadFull
from packetpost.tokens import new_id
from tests.support.bodies import Bytes

Another = Callable[[], Roads]
WAY, BACK = Way("s", 0, 1), Way("s", 1, 0)
SECONDS = 20


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


Shorten = Callable[[str, float], None]


@pytest.fixture
def shorten(monkeypatch: pytest.MonkeyPatch) -> Shorten:
    """Makes one of the road's bounds smaller, for a test that waits until it is reached."""

    def shortened(name: str, bound: float) -> None:
        for module in ("memory.road_direction", "redis.road"):
            monkeypatch.setattr(f"packetpost.backends.{module}.{name}", bound, raising=False)

    return shortened


class Page:
    """A page's answer that is being read: what has come, by lane and number of its body."""

    def __init__(self, roads: Roads, way: Way = WAY, page: str = "p") -> None:
        self.cut = threading.Event()
        self.answer: RoadAnswer = roads.listen(way, page, self.cut.set)
        self._parts = iter(self.answer)
        self.bodies: dict[Stamp, bytes] = {}
        self.lefts: list[int] = []
        assert next(self._parts) == SIGN_OF_LIFE

    def read(self) -> Stamp | None:
        """The next stretch, signs of life aside; None where the answer has ended."""
        for part in self._parts:
            lane, n, length, left = struct.unpack(">IIII", part[:HEAD_BYTES])
            assert length == len(part) - HEAD_BYTES
            if length:
                self.lefts.append(left)
                stamp = Stamp(lane, n)
                self.bodies[stamp] = self.bodies.get(stamp, b"") + part[HEAD_BYTES:]
                return stamp
        return None

    def read_until_taken(self, *carried: "Future[None]") -> None:
        """Read until all of these bodies have been answered."""
        reading = threading.Thread(target=self._read_on, daemon=True)
        reading.start()
        for one in carried:
            one.result(SECONDS)

    def _read_on(self) -> None:
        while self.read():
            pass


@contextmanager
def carrying(roads: Roads, *bodies: bytes, way: Way = WAY, lane: int = 7) -> Iterator[list["Future[None]"]]:
    with ThreadPoolExecutor(len(bodies)) as crew:
        yield [crew.submit(roads.carry, way, Stamp(lane, n), Bytes(body)) for n, body in enumerate(bodies)]


def test_a_body_arrives_whole_under_its_stamp(another: Another) -> None:
    page = Page(another())
    content = bytes(range(256)) * 3000
    with carrying(another(), content) as carried:
        page.read_until_taken(*carried)
    assert page.bodies == {Stamp(7, 0): content}
    assert page.lefts[-1] == 0


@pytest.mark.parametrize("size", [1, MOST_STRETCH - 1, MOST_STRETCH, MOST_STRETCH + 1, 4 * 1024**2])
def test_bodies_of_every_size_arrive(another: Another, size: int) -> None:
    page = Page(another())
    with carrying(another(), bytes(size)) as carried:
        page.read_until_taken(*carried)
    assert page.bodies == {Stamp(7, 0): bytes(size)}


def test_a_body_is_answered_only_when_all_of_it_was_taken(another: Another) -> None:
    page = Page(another())
    with carrying(another(), b"hello") as carried:
        assert page.read() == Stamp(7, 0)
        assert not carried[0].done()  # given out, and not asked after
        page.read_until_taken(*carried)


def test_a_body_may_come_a_little_before_its_answer(another: Another) -> None:
    with carrying(another(), b"hello") as carried:
        page = Page(another())
        page.read_until_taken(*carried)
    assert page.bodies == {Stamp(7, 0): b"hello"}


def test_where_nobody_listens_a_body_is_refused(another: Another, shorten: Shorten) -> None:
    shorten("GRACE", 0.3)
    with pytest.raises(NobodyListens):
        another().carry(WAY, Stamp(7, 0), Bytes(b"hello"))


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
        broken = crew.submit(another().carry, WAY, Stamp(7, 0), Broken(b"half"))
        with pytest.raises(ClientGone):
            broken.result(SECONDS)
    with carrying(another(), b"whole", lane=8) as carried:
        page.read_until_taken(*carried)
    assert page.bodies[Stamp(8, 0)] == b"whole"


def test_the_two_directions_know_nothing_of_each_other(another: Another) -> None:
    there, back = Page(another()), Page(another(), BACK)
    with carrying(another(), b"there") as one, carrying(another(), b"back", way=BACK) as other:
        there.read_until_taken(*one)
        back.read_until_taken(*other)
    assert (there.bodies, back.bodies) == ({Stamp(7, 0): b"there"}, {Stamp(7, 0): b"back"})


def test_another_page_takes_the_place_at_once(another: Another) -> None:
    older = Page(another(), page="before a reload")
    newer = Page(another(), page="after it")
    assert older.cut.wait(SECONDS)
    with carrying(another(), b"hello") as carried:
        newer.read_until_taken(*carried)
    assert newer.bodies == {Stamp(7, 0): b"hello"}
    assert older.read() is None


def test_the_next_answer_of_a_page_goes_on_where_the_turn_of_the_last_ends(another: Another, shorten: Shorten) -> None:
    shorten("TURN_BYTES", 1024**2)
    roads = another()
    first, second = Page(roads), Page(roads)
    content = bytes(range(256)) * 4096 * 3
    with carrying(another(), content) as carried:
        first._read_on()
        assert not first.cut.is_set()
        second.read_until_taken(*carried)
    assert 0 < len(second.bodies[Stamp(7, 0)]) < len(content)
    assert first.bodies[Stamp(7, 0)] + second.bodies[Stamp(7, 0)] == content


def test_the_next_answer_of_a_page_may_be_open_in_another_process(another: Another) -> None:
    """The one that was open first carries what it has begun, and whoever listens gets the rest."""
    first = Page(another())
    with carrying(another(), b"one") as carried:
        first.read_until_taken(*carried)
    second = Page(another())
    with carrying(another(), b"two", lane=8) as carried:
        second.read_until_taken(*carried)
    assert not first.cut.is_set()
    assert {**first.bodies, **second.bodies} == {Stamp(7, 0): b"one", Stamp(8, 0): b"two"}


def test_an_answer_without_a_next_one_ends_all_the_same(another: Another, shorten: Shorten) -> None:
    shorten("LONGEST", 0.5)
    shorten("BEAT", 0.2)
    assert Page(another()).read() is None


def test_a_silent_answer_shows_signs_of_life(another: Another, shorten: Shorten) -> None:
    shorten("BEAT", 0.2)
    parts = iter(another().listen(WAY, "p", lambda: None))
    assert [next(parts) for _ in range(3)] == [SIGN_OF_LIFE] * 3


def test_more_than_four_bodies_at_once_are_refused(another: Another) -> None:
    page, roads = Page(another()), another()
    with carrying(roads, *[bytes(1024**2)] * 5) as carried:
        done, waiting = wait(carried, SECONDS, FIRST_COMPLETED)
        page.read_until_taken(*waiting)
    assert [type(one.exception()) for one in done] == [TooMany]


def test_a_process_that_ends_cuts_all_and_takes_no_more() -> None:
    roads = MemoryRoads()
    page = Page(roads)
    roads.close_all()
    assert page.cut.is_set()
    assert page.read() is None
    with pytest.raises(Unavailable):
        roads.listen(WAY, "p", lambda: None)


def test_a_process_has_room_for_so_many_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("packetpost.backends.memory.road.MOST_ANSWERS", 2)
    roads = MemoryRoads()
    pages = [Page(roads, Way("s", 0, seat)) for seat in (1, 2)]
    with pytest.raises(RoadFull):
        roads.listen(Way("s", 0, 3), "p", lambda: None)
    pages[0].answer.close()
    assert roads.listen(Way("s", 0, 3), "p", lambda: None)


def test_nothing_is_remembered_of_a_road_that_is_over(shorten: Shorten) -> None:
    shorten("GRACE", 0.3)
    roads = MemoryRoads()
    page = Page(roads)
    with carrying(roads, b"hello") as carried:
        page.read_until_taken(*carried)
    page.answer.close()
    with pytest.raises(NobodyListens):
        roads.carry(BACK, Stamp(7, 0), Bytes(b"hello"))
    assert not roads._directions


def test_what_waits_for_a_reader_is_bounded(shorten: Shorten) -> None:
    shorten("FROZEN", 1.0)

    class Counting(Bytes):
        handed = 0

        def read(self, size: int) -> bytes:
            piece = super().read(size)
            Counting.handed += len(piece)
            return piece

    roads = MemoryRoads()
    page = Page(roads)
    with ThreadPoolExecutor(1) as crew:
        carried = crew.submit(roads.carry, WAY, Stamp(7, 0), Counting(bytes(4 * 1024**2)))
        assert page.read()
        with pytest.raises(Frozen):
            carried.result(SECONDS)
    assert Counting.handed <= 4 * MOST_STRETCH


def test_a_pace_is_shared_evenly_and_kept() -> None:
    pace = Pace(1000, 0)
    waits = [pace._reserve(session, 100, 50.0) for session in ("a", "b", "a", "b")]
    assert waits == pytest.approx([0, 0.1, 0.2, 0.3])
    assert pace._reserve("a", 100, 60.0) == 0  # nothing is saved up


def test_a_session_has_a_pace_of_its_own() -> None:
    pace = Pace(0, 1000)
    assert [pace._reserve(session, 100, 50.0) for session in ("a", "b", "a")] == pytest.approx([0, 0, 0.1])
