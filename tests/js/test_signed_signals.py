"""The MAC of signals: what the other side said is taken, and whatever was changed on the way is not."""

import hashlib
import hmac
import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.seal_client import Codec, base64url, derive

SECRET, OTHER = base64url(bytes(range(32))), base64url(bytes(32))
OFFER = {"sdp": "v=0 fingerprint", "try": 7}
CANDIDATE = {"candidate": "candidate:1 é", "sdpMid": "0", "sdpMLineIndex": 0, "try": 7}


@pytest.fixture(scope="module")
def node() -> Iterator[Codec]:
    node = Codec("signed-signals.mjs")
    yield node
    node.close()


def signed(node: Codec, kind: str, fields: dict[str, Any]) -> dict[str, Any]:
    """As the receiver on seat 1 says it to the sender, and the server relays it."""
    return {"type": kind, "from": 1, **node.call("signed", secret=SECRET, own=1, other=0, type=kind, fields=fields)}


def holds(node: Codec, message: dict[str, Any], secret: str = SECRET, other: int = 1) -> bool:
    return bool(node.call("holds", secret=secret, own=0, other=other, message=message))


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("offer", OFFER),
        ("offer", {**OFFER, "restart": True}),
        ("ice-candidate", CANDIDATE),
        ("manifest", {"value": "c2VhbGVk", "try": 7}),
    ],
)
def test_what_was_signed_holds_and_agrees_with_python(node: Codec, kind: str, fields: dict[str, Any]) -> None:
    message = signed(node, kind, fields)
    said = fields.get("sdp", fields.get("candidate", fields.get("value")))
    covered = [kind, 1, 0, 7, fields.get("restart", False), said, fields.get("sdpMid"), fields.get("sdpMLineIndex")]
    text = json.dumps(covered, separators=(",", ":"), ensure_ascii=False)
    mac = hmac.new(derive(SECRET, "signals"), text.encode(), hashlib.sha256).digest()
    assert message["mac"] == base64url(mac)
    assert holds(node, message)


@pytest.mark.parametrize(
    "change",
    [
        {"sdp": "v=0 another"},
        {"try": 8},
        {"restart": True},
        {"type": "answer"},
        {"mac": ""},
        {"mac": "A" * 43},
        {"mac": "!"},
        {"mac": None},
        {"sdpMid": "1"},
    ],
)
def test_whatever_was_changed_is_refused(node: Codec, change: dict[str, Any]) -> None:
    assert not holds(node, {**signed(node, "offer", OFFER), **change})


def test_a_message_without_a_mac_is_refused(node: Codec) -> None:
    assert not holds(node, {"type": "offer", "from": 1, **OFFER})


def test_a_message_of_another_session_or_for_another_seat_is_refused(node: Codec) -> None:
    message = signed(node, "offer", OFFER)
    assert not holds(node, message, secret=OTHER)
    assert not holds(node, message, other=2)


def test_a_message_that_comes_back_to_its_sender_is_refused(node: Codec) -> None:
    assert not node.call("holds", secret=SECRET, own=1, other=0, message=signed(node, "ice-candidate", CANDIDATE))


def test_in_a_plain_session_nothing_is_signed_or_checked(node: Codec) -> None:
    assert node.call("signed", secret="", own=1, other=0, type="offer", fields=OFFER) == OFFER
    assert node.call("holds", secret="", own=0, other=1, message={"type": "offer", "from": 1, **OFFER})


def test_what_sets_no_connection_up_needs_no_mac(node: Codec) -> None:
    assert node.call("signed", secret=SECRET, own=1, other=0, type="cancel", fields={}) == {}
    assert holds(node, {"type": "cancel", "from": 1})


SAID = [("offer", {"sdp": "x" * 9000, "try": 1}), *(("ice-candidate", {**CANDIDATE, "try": n}) for n in range(2, 6))]


@pytest.mark.parametrize("secret", [SECRET, ""])
def test_what_holds_is_heard_in_its_order(node: Codec, secret: str) -> None:
    assert node.call("heard", secret=secret, said=SAID, changes={}) == [1, 2, 3, 4, 5]


def test_what_was_changed_or_lost_its_mac_is_told_in_its_place(node: Codec) -> None:
    changes = {"0": {"sdp": "another"}, "2": {"mac": None}}
    assert node.call("heard", secret=SECRET, said=SAID, changes=changes) == ["tampered", 2, "missing", 4, 5]
