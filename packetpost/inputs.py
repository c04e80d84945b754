"""The one door for what strangers write: JSON, whole numbers, the text of a header. Pure.

Whatever comes in, what comes out can be kept, counted with and sent on; all else is a BadRequest. Nothing else in the
package makes numbers or JSON of a request's text; `tests/house/test_one_door.py` says so.
"""

import json
import math
import re
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any

from packetpost.errors import BadRequest

# More digits than any size, time or count that means something, and few enough for every store's integers.
_MOST_DIGITS = 18
# As seconds this is the year 5138, as milliseconds 1973.
_LEAST_MS = 10**11
# UTF-16's halves of characters beyond the first plane, as JSON writes them: one alone is no text (RFC 8259 8.2).
_HALVES = re.compile(r"\\u[dD][89a-fA-F]")


def whole_number(text: str, most: int = 10**_MOST_DIGITS - 1) -> int | None:
    """The number from 0 to `most` that the ASCII digits say; None for anything else."""
    digits = text.strip(" \t")
    if not digits.isascii() or not digits.isdigit():
        return None
    digits = digits.lstrip("0") or "0"
    return int(digits) if len(digits) <= _MOST_DIGITS and int(digits) <= most else None


def moment(text: str) -> float | None:
    """When a file was changed, in Unix seconds, told in seconds, in ms, or as an HTTP date; None for anything else."""
    number = whole_number(text.partition(".")[0], 10**14)
    if number is not None:
        return number / 1000 if number >= _LEAST_MS else float(number)
    try:
        told = parsedate_to_datetime(text)
        seconds = (told if told.tzinfo else told.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None
    return max(0.0, seconds)


def header_text(value: str) -> str:
    """WSGI hands headers over as latin-1."""
    return typed_text(value.encode("latin-1", "replace"))


def typed_text(data: bytes) -> str:
    """What people type into a terminal is UTF-8, or else latin-1."""
    try:
        return data.decode()
    except UnicodeError:
        return data.decode("latin-1")


def json_value(text: str | bytes) -> Any:  # whatever JSON holds; who asks checks it
    """What the JSON says. Half a character becomes U+FFFD, as everywhere on the web.

    Raises BadRequest for what is no JSON (RFC 8259), says a key twice, is nested too deeply or holds endless numbers.
    """
    try:
        text = text.decode("utf-8-sig") if isinstance(text, bytes) else text
        value = json.loads(text, object_pairs_hook=_object, parse_constant=_refuse, parse_float=_finite)
        return _whole_characters(value) if _HALVES.search(text) else value
    except (ValueError, RecursionError) as error:
        raise BadRequest("That is not the JSON that is asked for here.") from error


def json_object(text: str | bytes) -> dict[str, Any]:
    """The same for an object. Raises BadRequest."""
    value = json_value(text)
    if not isinstance(value, dict):
        raise BadRequest("Send a JSON object.")
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands there twice")  # programs differ in which one they believe
    return found


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is no JSON")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("the number is too large")
    return number


def _whole_characters(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list):
        return [_whole_characters(one) for one in value]
    if isinstance(value, dict):
        return _object([(_whole_characters(key), _whole_characters(one)) for key, one in value.items()])
    return value
