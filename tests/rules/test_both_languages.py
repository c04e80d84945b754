"""Rules that Python and JavaScript both know: one table of cases each, and both must agree with it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from packetpost import names, signaling
from packetpost.errors import BadRequest
from packetpost.unpacked_names import MOST_PATH_BYTES, for_unpacking, keep_apart
from packetpost.web.links.link_views import filesize
from tests.support.seal_client import OWN_RECORD, RECORD, SEALED_RECORD, Codec

CASES = Path(__file__).parents[1] / "cases"


def cases(name: str) -> list[Any]:
    """The pairs of one table."""
    found: list[Any] = json.loads((CASES / name).read_text())["cases"]
    return found


@pytest.fixture(scope="module")
def codec() -> Iterator[Codec]:
    codec = Codec("rules.mjs")
    yield codec
    codec.close()


@pytest.mark.parametrize(("size", "words"), cases("sizes.json"))
def test_sizes_read_alike(codec: Codec, size: int, words: str) -> None:
    assert (filesize(size), codec.call("filesize", bytes=size)) == (words, words)


@pytest.mark.parametrize(("paths", "apart"), cases("equal-names.json"))
def test_equal_names_are_kept_apart_alike(codec: Codec, paths: list[str], apart: list[str]) -> None:
    assert (keep_apart(paths), codec.call("keepApart", paths=paths)) == (apart, apart)


@pytest.mark.parametrize(("paths", "unpacked"), cases("unpacked-names.json"))
def test_names_unpack_alike(codec: Codec, paths: list[str], unpacked: list[str]) -> None:
    assert (for_unpacking(paths), codec.call("forUnpacking", paths=paths)) == (unpacked, unpacked)


@pytest.mark.parametrize(("path", "shown"), cases("shown-names.json"))
def test_names_are_shown_alike(codec: Codec, path: str, shown: str) -> None:
    assert (names.clean_path(path), codec.call("cleanOpened", path=path)) == (shown, shown)


@pytest.mark.parametrize(("path", "plain"), cases("paths.json"))
def test_paths_of_manifests_are_taken_or_refused_alike(codec: Codec, path: str, plain: bool) -> None:
    assert (taken(path), codec.call("isPath", path=path)) == (plain, plain)


def taken(path: str) -> bool:
    """Whether the server takes a path as it is."""
    try:
        return names.check_path(path) == path
    except BadRequest:
        return False


@pytest.mark.parametrize("path", ["ä" * 2000, "folder/" * 200 + "a.txt", "x" * 3000, "a\\b", "/", "😀" * 600])
def test_what_a_sender_makes_of_a_path_is_taken_by_everybody(codec: Codec, path: str) -> None:
    clean = codec.call("cleanPath", path=path)
    assert codec.call("isPath", path=clean)
    assert len(clean.encode()) <= MOST_PATH_BYTES
    names.check_path(clean)


# A signal of a receiver with one field set; the others are plain.
SIGNALS: dict[str, dict[str, Any]] = {
    "sdp": {"type": "offer", "try": 0},
    "candidate": {"type": "ice-candidate", "try": 0},
    "sdpMid": {"type": "ice-candidate", "try": 0, "candidate": ""},
    "sdpMLineIndex": {"type": "ice-candidate", "try": 0, "candidate": ""},
    "reason": {"type": "cancel"},
    "code": {"type": "error"},
}


def relayed(field: str, value: object) -> bool:
    """Whether the server relays a signal with that field."""
    try:
        signaling.parse_signal(json.dumps({**SIGNALS[field], field: value, "to": 0}), "receiver")
    except signaling.SignalRefused:
        return False
    return True


@pytest.mark.parametrize(("field", "value", "taken"), cases("wire-limits.json"))
def test_fields_of_signals_and_control_messages_have_the_same_limits(
    codec: Codec, field: str, value: Any, taken: bool
) -> None:
    value = value[0] * value[1] if isinstance(value, list) else value
    assert (relayed(field, value), codec.call("accepts", field=field, value=value)) == (taken, taken)


@pytest.mark.parametrize("reason", ["", "No room is left.", "ä" * 200, "x" + "😀" * 60, "x" * 300])
def test_a_reason_to_give_up_is_taken_by_the_server_and_the_other_page(codec: Codec, reason: str) -> None:
    told = codec.call("cancel", reason=reason).get("reason")
    assert reason.startswith(told or "")
    assert bool(told) == bool(reason)
    assert told is None or (relayed("reason", told) and codec.call("accepts", field="reason", value=told))


def test_sizes_on_the_wire_are_one_table(codec: Codec) -> None:
    table = json.loads((CASES / "wire.json").read_text())
    names = ("block", "frame", "record", "sealedRecord", "oldSealedRecord", "digest")
    assert codec.call("wire") == {name: table[name] for name in names}
    assert [table[name] for name in names[2:5]] == [RECORD, OWN_RECORD, SEALED_RECORD]
