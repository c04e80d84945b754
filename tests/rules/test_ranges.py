"""Byte ranges (RFC 9110 section 14)."""

import pytest

from packetpost.errors import RangeNotSatisfiable
from packetpost.ranges import Span, parse_range


@pytest.mark.parametrize(
    ("header", "start", "count"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=0-", 0, 10),
        ("bytes=3-5", 3, 3),
        ("bytes=3-99", 3, 7),
        ("bytes=-4", 6, 4),
        ("bytes=-99", 0, 10),
        ("bytes=9-9", 9, 1),
        ("bytes=3-" + "9" * 4500, 3, 7),
        ("bytes=-" + "9" * 4500, 0, 10),
    ],
)
def test_one_range_of_ten_bytes(header: str, start: int, count: int) -> None:
    assert parse_range(header, 10) == Span(start, count, 10)


@pytest.mark.parametrize(
    "header", [None, "", "bytes=", "bytes=-", "bytes=5-3", "bytes=0-1,3-4", "items=0-1", "bytes=a-b", "bytes=٣-"]
)
def test_no_range_or_one_that_is_not_understood_means_the_whole_file(header: str | None) -> None:
    assert parse_range(header, 10) is None


@pytest.mark.parametrize(
    ("header", "size"),
    [("bytes=10-", 10), ("bytes=" + "9" * 4500 + "-", 10), ("bytes=99-100", 10), ("bytes=-0", 10), ("bytes=0-", 0)],
)
def test_a_range_outside_the_file_is_refused_with_the_size(header: str, size: int) -> None:
    with pytest.raises(RangeNotSatisfiable) as refused:
        parse_range(header, size)
    assert refused.value.size == size


def test_a_span_says_what_it_is() -> None:
    span = Span(3, 7, 10)
    assert (span.content_range(), span.ends_file, span.whole) == ("bytes 3-9/10", True, False)
