"""How a file lies in a bucket: which objects are the file, and how they become parts of one."""

import pytest

from packetpost.backends.s3.layout import LEAST_PART, MIB, MOST_PARTS, Layout, Piece, arrange, groups, parse, piece_size


def laid(*spans: tuple[int, int]) -> list[tuple[int, int]]:
    layout = arrange(Piece(*span) for span in spans)
    return [(piece.start, piece.end) for piece in layout.pieces]


@pytest.mark.parametrize(
    ("found", "file"),
    [
        ([], []),
        ([(5, 9), (0, 5)], [(0, 5), (5, 9)]),
        ([(0, 5), (6, 9)], [(0, 5)]),  # a gap ends it
        ([(1, 5)], []),
        ([(0, 3), (0, 5)], [(0, 5)]),  # a tail that has grown
        ([(0, 5), (5, 7), (0, 9)], [(0, 9)]),  # all in one
        ([(0, 5), (3, 9)], [(0, 5)]),  # nothing begins at the seam
    ],
)
def test_the_longest_pieces_back_to_back_are_the_file(
    found: list[tuple[int, int]], file: list[tuple[int, int]]
) -> None:
    assert laid(*found) == file


def test_what_is_no_piece_of_the_file_is_loose() -> None:
    assert set(arrange([Piece(0, 3), Piece(0, 5), Piece(7, 9)]).loose) == {Piece(0, 3), Piece(7, 9)}


def test_the_piece_of_an_offset_is_found() -> None:
    layout = arrange([Piece(0, 5), Piece(5, 9)])
    assert [layout.at(offset) for offset in (0, 4, 5, 8, 9)] == [
        Piece(0, 5),
        Piece(0, 5),
        Piece(5, 9),
        Piece(5, 9),
        None,
    ]
    assert Layout((), ()).at(0) is None


def test_a_last_piece_that_is_not_full_is_the_tail() -> None:
    assert arrange([Piece(0, 5)]).tail == Piece(0, 5)
    assert arrange([Piece(0, 8 * MIB)]).tail is None
    assert arrange([]).tail is None


@pytest.mark.parametrize("name", ["begun", "0-0", "5-3", "-3", "0-٣", "0-3.tmp"])
def test_other_names_are_no_pieces(name: str) -> None:
    assert parse(name) is None


def test_a_name_tells_its_piece() -> None:
    assert parse(Piece(5, 90).name) == Piece(5, 90)


def test_ten_thousand_pieces_hold_the_largest_object_of_s3() -> None:
    start = 0
    for _ in range(MOST_PARTS):
        start += piece_size(start)
    assert start > 5 * 1024**4


def test_short_pieces_become_one_part_with_their_neighbours() -> None:
    full, short = 8 * MIB, 2 * MIB
    sizes = [full, short, full, short, short, short]
    ends = [sum(sizes[: n + 1]) for n in range(len(sizes))]
    pieces = [Piece(end - size, end) for size, end in zip(sizes, ends, strict=True)]
    parts = [sum(piece.size for piece in group) for group in groups(pieces)]
    assert parts == [full, short + full, 3 * short]
    assert all(size >= LEAST_PART for size in parts[:-1])
