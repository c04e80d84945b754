"""Which bytes a receiver was given, over all answers: spans of files, merged. Pure.

They lie flat in a tuple, three numbers a span: the file's position, the first byte, and the one after the last.
"""

from collections.abc import Iterable

# A zip is of all files, and counts as one of its own.
ZIP = -1
# Whoever asks for scattered bytes is not remembered byte by byte: then the narrowest gap counts as given, too.
_MOST_SPANS = 64

Span = tuple[int, int, int]


def add_given(given: tuple[int, ...], position: int, start: int, end: int) -> tuple[int, ...]:
    """What is given when the bytes from `start` up to `end` of a file are, too."""
    if start >= end:
        return given
    spans: list[Span] = []
    for span in sorted([*_spans(given), (position, start, end)]):
        if spans and spans[-1][0] == span[0] and spans[-1][2] >= span[1]:
            spans[-1] = _joined(spans[-1], span)
        else:
            spans.append(span)
    while len(spans) > _MOST_SPANS:
        at = min(range(1, len(spans)), key=lambda at: _gap(spans[at - 1], spans[at]))
        if spans[at - 1][0] != spans[at][0]:
            break  # one span for each of many files
        spans[at - 1 : at + 1] = [_joined(spans[at - 1], spans[at])]
    return _flat(spans)


def count_given(given: tuple[int, ...], position: int) -> int:
    """How many bytes of that file are given."""
    return sum(end - start for at, start, end in _spans(given) if at == position)


def _spans(given: tuple[int, ...]) -> list[Span]:
    return list(zip(given[::3], given[1::3], given[2::3], strict=True))


def _joined(first: Span, second: Span) -> Span:
    return first[0], first[1], max(first[2], second[2])


def _gap(first: Span, second: Span) -> float:
    return second[1] - first[2] if first[0] == second[0] else float("inf")


def _flat(spans: Iterable[Span]) -> tuple[int, ...]:
    return tuple(number for span in spans for number in span)
