"""Reading JSON, numbers and headers as strangers write them."""

import json

import pytest

from packetpost.errors import BadRequest
from packetpost.inputs import header_text, json_object, json_value, moment, whole_number


@pytest.mark.parametrize(
    ("text", "number"), [("0", 0), ("7", 7), ("007", 7), (" 7\t", 7), ("9" * 18, 10**18 - 1), ("0" * 5000 + "7", 7)]
)
def test_digits_are_a_number(text: str, number: int) -> None:
    assert whole_number(text) == number


@pytest.mark.parametrize(
    "text",
    ["", " ", "-1", "+1", "1.5", "1e3", "1_000", "0x1", "²", "٣", "７", "9" * 19, "9" * 4500, "1 2", "1\n", "NaN"],
)
def test_anything_else_is_none(text: str) -> None:
    assert whole_number(text) is None


def test_a_number_beyond_the_most_is_none() -> None:
    assert (whole_number("16", 16), whole_number("17", 16)) == (16, None)


@pytest.mark.parametrize(
    "text",
    [
        *("", "{", "[1,]", "'a'", "[" * 1200 + "]" * 1200, "[" * 100_000, '{"a":' * 1200 + "1" + "}" * 1200),
        *("NaN", "-Infinity", "1e400", "[-1e400]", "9" * 4500, '{"a": 1, "a": 1}', '[{"a": {"b": 1, "b": 2}}]'),
        *(b"\xff", b'"\xed\xa0\x80"'),
    ],
)
def test_what_is_no_json_is_refused(text: str | bytes) -> None:
    with pytest.raises(BadRequest):
        json_value(text)


def test_half_a_character_is_replaced_and_a_whole_one_stays() -> None:
    assert json_value('["a\\ud800b", {"\\uDFFF": "\\ud83d\\ude00"}]') == ["a\ufffdb", {"\ufffd": "😀"}]


def test_two_keys_that_become_one_are_refused() -> None:
    with pytest.raises(BadRequest):
        json_value('{"\\ud800": 1, "\\ud801": 2}')


def test_json_may_begin_with_a_byte_order_mark() -> None:
    assert json_object(b"\xef\xbb\xbf" + json.dumps({"a": [1, 1.5, None, True]}).encode()) == {
        "a": [1, 1.5, None, True]
    }


@pytest.mark.parametrize("text", ["[]", "1", "null", '"a"'])
def test_an_object_is_nothing_else(text: str) -> None:
    with pytest.raises(BadRequest):
        json_object(text)


@pytest.mark.parametrize("typed", ["geheim ß", "пароль", "😀", "plain", ""])
def test_a_header_says_what_was_typed(typed: str) -> None:
    assert header_text(typed.encode().decode("latin-1")) == typed


def test_a_header_in_latin_1_is_read_as_that() -> None:
    assert header_text("geheim ß".encode("latin-1").decode("latin-1")) == "geheim ß"


@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        ("1500000000", 1500000000.0),
        ("1500000000.75", 1500000000.0),
        ("1500000000250", 1500000000.25),
        ("0", 0.0),
        ("Fri, 14 Jul 2017 02:40:00 GMT", 1500000000.0),
        ("Fri, 14 Jul 2017 02:40:00 -0000", 1500000000.0),
        ("Fri, 14 Jul 1917 02:40:00 GMT", 0.0),
        *((wrong, None) for wrong in ("", "yesterday", "-5", "9" * 4500, "²", "1e400", "null", "Fri, 99 Jul 2017")),
        ("Fri, 14 Jul 99999 02:40:00 GMT", None),
    ],
)
def test_a_moment_is_seconds_milliseconds_or_a_date(told: str, seconds: float | None) -> None:
    assert moment(told) == seconds
