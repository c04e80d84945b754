"""Which bytes were given: spans that grow together."""

import pytest

from packetpost.given_bytes import add_given, count_given


def given(*spans: tuple[int, int]) -> tuple[int, ...]:
    made: tuple[int, ...] = ()
    for start, end in spans:
        made = add_given(made, 0, start, end)
    return made


@pytest.mark.parametrize(
    ("spans", "kept"),
    [
        ([(0, 5)], (0, 0, 5)),
        ([(0, 5), (5, 9)], (0, 0, 9)),
        ([(5, 9), (0, 5)], (0, 0, 9)),
        ([(0, 5), (3, 9)], (0, 0, 9)),
        ([(0, 9), (3, 5)], (0, 0, 9)),
        ([(0, 3), (6, 9)], (0, 0, 3, 0, 6, 9)),
        ([(0, 3), (6, 9), (2, 7)], (0, 0, 9)),
        ([(4, 4)], ()),
    ],
)
def test_spans_that_meet_are_one(spans: list[tuple[int, int]], kept: tuple[int, ...]) -> None:
    assert given(*spans) == kept


def test_bytes_are_counted_once_for_each_file() -> None:
    every = add_given(given((0, 5), (3, 9)), 1, 0, 100)
    assert (count_given(every, 0), count_given(every, 1), count_given(every, 2)) == (9, 100, 0)


def test_scattered_bytes_are_kept_in_few_numbers_and_never_count_less() -> None:
    scattered = given(*((start, start + 1) for start in range(0, 1000, 3)))
    assert len(scattered) <= 3 * 64
    assert count_given(scattered, 0) >= 334
