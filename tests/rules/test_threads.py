"""Crews: calls in threads of their own."""

import threading

import pytest

from packetpost.threads import Crew

SECONDS = 10


def test_a_call_gives_back_what_it_returns() -> None:
    assert Crew(1).run(pow, 2, 5) == 32


def test_a_call_raises_what_it_raises() -> None:
    with pytest.raises(ZeroDivisionError):
        Crew(1).run(divmod, 1, 0)


def test_a_call_that_takes_longer_is_told_and_goes_on() -> None:
    go = threading.Event()
    job = Crew(1).start(go.wait, SECONDS)
    assert not job.ended(0.01)
    assert not job.done()
    go.set()
    assert job.result()


def test_many_items_come_back_in_order() -> None:
    assert Crew(4).map(lambda number: number * 2, range(50)) == [number * 2 for number in range(50)]


def test_half_the_crew_works_on_many_items_at_once() -> None:
    together = threading.Barrier(2)
    Crew(4).map(lambda _: together.wait(SECONDS), range(8))


def test_after_a_failure_none_begins() -> None:
    begun: list[int] = []

    def fails_at_three(number: int) -> None:
        begun.append(number)
        if number == 3:
            raise ValueError("three")

    with pytest.raises(ValueError, match="three"):
        Crew(2).map(fails_at_three, range(50))
    assert begun == [0, 1, 2, 3]
