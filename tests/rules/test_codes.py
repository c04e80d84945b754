"""Codes: the server's part is short while few are taken, and pages cut there and send nothing of the rest."""

from collections.abc import Iterator

import pytest

from packetpost import codes
from packetpost.errors import BadRequest
from tests.support.seal_client import Codec

HALF = "3MZPA"


@pytest.fixture(scope="module")
def codec() -> Iterator[Codec]:
    codec = Codec("rules.mjs")
    yield codec
    codec.close()


@pytest.mark.parametrize("typed", ["K7QF-3MZP", "k7qf3mzp", " k7qf 3mzp ", "K7QF\u20133MZP"])
def test_a_code_is_read_as_people_type_it(typed: str) -> None:
    assert codes.parse_code(typed) == "K7QF3MZP"


@pytest.mark.parametrize("typed", ["", "K7Q", "K7QF-3MZ1", "K7QF-3MZPP", "K7QF-3MZÖ"])
def test_what_is_no_code_is_refused(typed: str) -> None:
    with pytest.raises(BadRequest):
        codes.parse_code(typed)


@pytest.mark.parametrize(("taken", "length"), [(0, 4), (1, 5), (2, 6), (3, 7), (4, 8), (100, 8)])
def test_a_sealed_sessions_part_is_as_short_as_the_taken_ones_allow(taken: int, length: int) -> None:
    assert {len(codes.new_code(True, taken)) for _ in range(50)} == {length}


def test_a_plain_sessions_code_is_long_since_it_is_all_that_protects_it() -> None:
    assert {len(codes.new_code(False)) for _ in range(50)} == {8}


@pytest.mark.parametrize("taken", range(5))
@pytest.mark.parametrize("typed", ["{}-{}", "{}{}", " {} {} ", "{}\u2013{}", "{}.{}", "{}\u00a0{}\u200b"])
def test_pages_cut_every_code_where_the_servers_part_ends(codec: Codec, taken: int, typed: str) -> None:
    for code in (codes.new_code(True, taken) for _ in range(30)):
        assert codec.call("canHaveHalf", code=codes.show_code(code))
        for whole in (typed.format(codes.show_code(code), HALF), typed.format(code, HALF).lower()):
            assert codec.call("readCode", text=whole) == {"session": code, "half": HALF, "problem": ""}


def test_a_plain_sessions_code_is_all_the_servers(codec: Codec) -> None:
    code = codes.show_code(codes.new_code(False))
    assert codec.call("readCode", text=code) == {"session": code.replace("-", ""), "half": "", "problem": ""}


@pytest.mark.parametrize("missing", range(1, 6))
def test_what_lacks_letters_gives_nothing_of_the_second_half_away(codec: Codec, missing: int) -> None:
    typed = f"K7QF-{HALF}"[:-missing]
    assert codec.call("readCode", text=typed) == {"session": "K7QF", "half": "", "problem": ""}


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ("K7QF-3MZPAB", "too long"),
        ("K7QF-OMZPA", "no O, 0, I or 1"),
        ("k7qf-0mzpa", "no O, 0, I or 1"),
        ("K1QF-3MZPA", "no O, 0, I or 1"),
        ("K7QF-3MiPA", "no O, 0, I or 1"),
        ("K7QF-3MZÖA", "only letters and digits"),
        ("K7QF-3M!PA", "only letters and digits"),
        ("https://post.example/live/K7QF#AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8", "an address"),
        ("post.example/live/K7QF", "an address"),
        ("K7QF#AAECAwQF", "an address"),
    ],
)
def test_what_is_no_code_is_answered_on_the_page_and_sent_nowhere(codec: Codec, typed: str, problem: str) -> None:
    read = codec.call("readCode", text=typed)
    assert (read["session"], read["half"]) == ("", "")
    assert problem in read["problem"]


@pytest.mark.parametrize("typed", ["3mzpa", " 3MZ PA", "K7QF-3MZPA", "k7qf 3mzpa"])
def test_the_second_half_may_be_typed_alone_on_the_sessions_page(codec: Codec, typed: str) -> None:
    assert codec.call("readHalf", text=typed, code="K7QF")["half"] == HALF


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ("", "not the whole"),
        ("K7QF", "not the whole"),
        ("K7QF-3MZP", "not the whole"),
        ("K7QF-3MZPAA", "not the whole"),
        ("ABCD-3MZPA", "another session"),
        ("K7QF-3MZP0", "no O, 0, I or 1"),
    ],
)
def test_the_sessions_page_says_what_is_wrong_with_a_code(codec: Codec, typed: str, problem: str) -> None:
    read = codec.call("readHalf", text=typed, code="K7QF")
    assert (read["half"], problem in read["problem"]) == ("", True)


@pytest.mark.parametrize("code", ["K7Q", "K7QF3", "2KQF", "ABCD-EFGH", "S7QF", "", "K7QÖ"])
def test_no_second_half_is_shown_behind_a_code_that_pages_would_cut_elsewhere(codec: Codec, code: str) -> None:
    assert not codec.call("canHaveHalf", code=code)


def test_second_halves_are_five_letters_each_as_likely_as_another(codec: Codec) -> None:
    halves = codec.call("newHalves", count=2000)
    assert {len(half) for half in halves} == {5}
    assert set("".join(halves)) == set(codes.ALPHABET)
    assert len(set(halves)) > 1990


def test_a_whole_code_is_refused_by_the_server_whose_it_is_not() -> None:
    with pytest.raises(BadRequest):
        codes.parse_code("K7QF-3MZPA")
