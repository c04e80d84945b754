"""What a road holds at most, and how fast it may be: that of one process."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from packetpost.backends.memory.road import MemoryRoads
from packetpost.backends.memory.road_pace import Pace
from packetpost.errors import Unavailable
from packetpost.road import MOST_STRETCH, RoadEnd, Stamp, Way
from packetpost.road_errors import Frozen, NobodyListens, RoadFull
from tests.support.bodies import Bytes
from tests.support.roads import BACK, SECONDS, WAY, Page, Shorten, carrying, shorten

__all__ = ["shorten"]


def test_a_process_that_ends_cuts_all_and_takes_no_more() -> None:
    roads = MemoryRoads()
    page = Page(roads)
    roads.close_all()
    assert page.cut.is_set()
    assert page.read() is None
    with pytest.raises(Unavailable):
        roads.listen(WAY.end, "p", lambda: None)


def test_a_process_has_room_for_so_many_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("packetpost.backends.memory.road.MOST_ANSWERS", 2)
    roads = MemoryRoads()
    pages = [Page(roads, Way("s", 0, seat)) for seat in (1, 2)]
    with pytest.raises(RoadFull):
        roads.listen(RoadEnd("s", 3), "p", lambda: None)
    pages[0].answer.close()
    assert roads.listen(RoadEnd("s", 3), "p", lambda: None)


def test_nothing_is_remembered_of_a_road_that_is_over(shorten: Shorten) -> None:
    shorten("GRACE", 0.3)
    roads = MemoryRoads()
    page = Page(roads)
    with carrying(roads, b"hello") as carried:
        page.read_until_taken(*carried)
    page.answer.close()
    with pytest.raises(NobodyListens):
        roads.carry(BACK, Stamp(7, 1), Bytes(b"hello"))
    assert not roads._arrivals


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
        carried = crew.submit(roads.carry, WAY, Stamp(7, 1), Counting(bytes(4 * 1024**2)))
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
