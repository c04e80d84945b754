"""The MAC of signals: what the other side said in this try is taken once, and nothing else from anywhere."""

import hashlib
import hmac
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.support.seal_client import Codec, base64url, derive

SECRET, OTHER = base64url(bytes(range(32))), base64url(bytes(32))
OFFER = {"sdp": "v=0 fingerprint", "try": 7}
ANSWER = {"sdp": "v=0 answer", "try": 7}
CANDIDATE = {"candidate": "candidate:1 é", "sdpMid": "0", "sdpMLineIndex": 0, "try": 7}
# The nonce of an exchange by code, and what it was made into.
HELLO, ISK = base64url(bytes(range(100, 132))), "what both sides made of the code"

Message = dict[str, Any]


@pytest.fixture(scope="module")
def node() -> Iterator[Codec]:
    node = Codec("signed-signals.mjs")
    yield node
    node.close()


@dataclass
class Side:
    """One page of the pair of seats 0 and `seat`."""

    node: Codec
    id: int
    own: int

    @classmethod
    def new(cls, node: Codec, own: int, **about: Any) -> "Side":
        return cls(node, node.call("side", own=own, **{"secret": SECRET, **about}), own)

    def says(self, kind: str, fields: Message) -> Message:
        return {"type": kind, "from": self.own, **self.node.call("signed", id=self.id, type=kind, fields=fields)}

    def judges(self, message: Message) -> str:
        return str(self.node.call("judge", id=self.id, message=message))


def pair(node: Codec, **about: Any) -> tuple[Side, Side]:
    """A receiver, on seat 1 unless said otherwise, and the sender's page."""
    return Side.new(node, about.get("seat", 1), **about), Side.new(node, 0, **about)


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("offer", OFFER),
        ("offer", {**OFFER, "restart": True}),
        ("ice-candidate", CANDIDATE),
        ("manifest", {"value": "c2VhbGVk", "try": 7}),
    ],
)
def test_what_was_signed_holds_and_agrees_with_python(node: Codec, kind: str, fields: Message) -> None:
    receiver, sender = pair(node)
    first = receiver.says("offer", OFFER)
    message = receiver.says(kind, fields)
    said = fields.get("sdp", fields.get("candidate", fields.get("value")))
    count = 0 if message["nonce"] != first["nonce"] else 1
    restart, mid, line = fields.get("restart", False), fields.get("sdpMid"), fields.get("sdpMLineIndex")
    text = json.dumps([kind, 1, 0, count, 7, restart, said, mid, line], separators=(",", ":"), ensure_ascii=False)
    key = derive(SECRET, f"signals receiver K7QF 1 {message['nonce']}")
    assert message["mac"] == base64url(hmac.new(key, text.encode(), hashlib.sha256).digest())
    assert [sender.judges(one) for one in (first, message)] == ["holds", "holds"]


def test_the_sender_signs_by_a_key_of_its_own_in_the_receivers_try(node: Codec) -> None:
    receiver, sender = pair(node)
    offer = receiver.says("offer", OFFER)
    assert sender.judges(offer) == "holds"
    answer = sender.says("answer", ANSWER)
    key = derive(SECRET, f"signals sender K7QF 1 {offer['nonce']}")
    text = json.dumps(["answer", 0, 1, 0, 7, False, ANSWER["sdp"], None, None], separators=(",", ":"))
    assert answer["nonce"] == offer["nonce"]
    assert answer["mac"] == base64url(hmac.new(key, text.encode(), hashlib.sha256).digest())
    assert receiver.judges(answer) == "holds"


@pytest.mark.parametrize(
    "change",
    [
        {"sdp": "v=0 another"},
        {"try": 8},
        {"restart": True},
        {"count": 5},
        {"nonce": base64url(bytes(16))},
        {"mac": "A" * 43},
        {"mac": "!"},
        {"nonce": "!" * 22},
        {"sdpMid": "1"},
    ],
)
def test_an_offer_that_was_changed_is_refused(node: Codec, change: Message) -> None:
    receiver, sender = pair(node)
    assert sender.judges({**receiver.says("offer", OFFER), **change}) == "tampered"


@pytest.mark.parametrize("gone", ["mac", "nonce"])
def test_a_message_without_its_proof_is_refused(node: Codec, gone: str) -> None:
    receiver, sender = pair(node)
    message = receiver.says("offer", OFFER)
    message.pop(gone)
    assert sender.judges(message) == "missing"


def test_what_is_signed_in_the_way_of_older_pages_is_refused(node: Codec) -> None:
    covered = json.dumps(["offer", 1, 0, 7, False, OFFER["sdp"], None, None], separators=(",", ":"))
    mac = hmac.new(derive(SECRET, "signals"), covered.encode(), hashlib.sha256).digest()
    message = {"type": "offer", "from": 1, **OFFER, "mac": base64url(mac)}
    assert Side.new(node, 0).judges(message) == "missing"


@pytest.mark.parametrize("other", [{"secret": OTHER}, {"seat": 2}, {"session": "AAAA"}])
def test_what_holds_for_one_session_or_seat_holds_for_no_other(node: Codec, other: Message) -> None:
    offer = Side.new(node, 1).says("offer", OFFER)
    assert Side.new(node, 0, **other).judges(offer) == "tampered"


@pytest.mark.parametrize("kind", ["offer", "answer", "ice-candidate"])
def test_a_message_that_comes_back_to_its_sender_is_not_believed(node: Codec, kind: str) -> None:
    receiver, sender = pair(node)
    offer = receiver.says("offer", OFFER)
    reflected = {**receiver.says("ice-candidate", CANDIDATE), "type": kind, "from": 0}
    assert receiver.judges({**offer, "type": kind, "from": 0}) == "tampered"
    assert receiver.judges(reflected) == "tampered"
    assert sender.judges(offer) == "holds"
    assert sender.judges({**sender.says("answer", ANSWER), "type": kind, "from": 1}) == "tampered"


def test_one_receiver_cannot_speak_for_another_nor_for_the_sender(node: Codec) -> None:
    """The server hands what the first receiver signed to the second, and to the sender as if the second had said it."""
    first, second = Side.new(node, 1, seat=1), Side.new(node, 2, seat=2)
    sender_of_second = Side.new(node, 0, seat=2)
    offer, own = first.says("offer", OFFER), second.says("offer", OFFER)
    assert sender_of_second.judges({**offer, "from": 2}) == "tampered"
    assert sender_of_second.judges(own) == "holds"
    assert sender_of_second.judges({**first.says("ice-candidate", CANDIDATE), "from": 2}) == "late"
    as_sender = {**first.says("ice-candidate", CANDIDATE), "from": 0, "nonce": own["nonce"]}
    assert second.judges(as_sender) == "tampered"


def test_what_was_said_to_one_receiver_is_nothing_for_another(node: Codec) -> None:
    sides = {seat: pair(node, seat=seat) for seat in (1, 2)}
    for receiver, sender in sides.values():
        assert sender.judges(receiver.says("offer", OFFER)) == "holds"
    answer = sides[1][1].says("answer", ANSWER)
    assert sides[2][0].judges(answer) == "late"
    assert sides[1][0].judges(answer) == "holds"


def test_what_is_said_twice_or_out_of_order_is_taken_once(node: Codec) -> None:
    receiver, sender = pair(node)
    offer = receiver.says("offer", OFFER)
    first, second = receiver.says("ice-candidate", CANDIDATE), receiver.says("ice-candidate", CANDIDATE)
    said = [offer, offer, second, first, second, offer]
    assert [sender.judges(message) for message in said] == ["holds", "late", "holds", "late", "late", "late"]


def test_a_try_that_is_over_never_comes_back(node: Codec) -> None:
    receiver, sender = pair(node)
    old, late = receiver.says("offer", OFFER), receiver.says("ice-candidate", CANDIDATE)
    new = receiver.says("offer", {**OFFER, "try": 8})
    assert [sender.judges(message) for message in (old, new, old, late)] == ["holds", "holds", "late", "late"]


def test_the_answer_of_an_earlier_try_is_nothing_in_the_next(node: Codec) -> None:
    receiver, sender = pair(node)
    sender.judges(receiver.says("offer", OFFER))
    answer = sender.says("answer", ANSWER)
    receiver.says("offer", OFFER)
    assert receiver.judges(answer) == "late"


def test_a_sender_that_was_reloaded_takes_the_next_try(node: Codec) -> None:
    receiver, sender = pair(node)
    mailbox = [receiver.says("offer", OFFER), receiver.says("ice-candidate", CANDIDATE)]
    for message in mailbox:
        sender.judges(message)
    again = Side.new(node, 0)
    mailbox.append(receiver.says("offer", OFFER))
    assert [again.judges(message) for message in mailbox] == ["holds", "holds", "holds"]
    assert receiver.judges(again.says("answer", ANSWER)) == "holds"


def test_who_typed_the_code_signs_by_its_exchange_and_nobody_else_can(node: Codec) -> None:
    receiver, sender = pair(node, nonce=HELLO, exchanged={HELLO: ISK})
    assert sender.judges(receiver.says("offer", OFFER)) == "holds"
    assert receiver.judges(sender.says("answer", ANSWER)) == "holds"
    guessed = Side.new(node, 1, nonce=HELLO, exchanged={HELLO: "what another code makes"})
    fresh = Side.new(node, 0, exchanged={HELLO: ISK})
    assert fresh.judges(guessed.says("offer", OFFER)) == "tampered"


def test_an_exchange_that_the_sender_does_not_know_blames_nobody(node: Codec) -> None:
    receiver = Side.new(node, 1, nonce=HELLO, exchanged={HELLO: ISK})
    assert Side.new(node, 0).judges(receiver.says("offer", OFFER)) == "late"


def test_in_a_plain_session_nothing_is_signed_or_checked(node: Codec) -> None:
    receiver, sender = pair(node, secret="")
    message = receiver.says("offer", OFFER)
    assert message == {"type": "offer", "from": 1, **OFFER}
    assert sender.judges(message) == "holds"


def test_what_sets_no_connection_up_needs_no_mac(node: Codec) -> None:
    receiver, sender = pair(node)
    message = receiver.says("cancel", {})
    assert message == {"type": "cancel", "from": 1}
    assert sender.judges(message) == "holds"


SAID = [
    ("offer", {"sdp": "x" * 9000, "try": 1}),
    *(("ice-candidate", {**CANDIDATE, "try": n}) for n in range(2, 6)),
]


@pytest.mark.parametrize("secret", [SECRET, ""])
def test_what_holds_is_heard_in_its_order(node: Codec, secret: str) -> None:
    assert node.call("heard", secret=secret, said=SAID, changes={}) == [1, 2, 3, 4, 5]


def test_what_was_changed_or_lost_its_mac_is_told_in_its_place(node: Codec) -> None:
    changes = {"1": {"candidate": "another"}, "2": {"mac": None}}
    assert node.call("heard", secret=SECRET, said=SAID, changes=changes) == [1, "tampered", "missing", 4, 5]
