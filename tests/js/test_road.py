"""The road's page: what it makes of an answer however that comes in parts, and what it seals; lies are noticed."""

import base64
import os
import struct
from collections.abc import Iterator
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from packetpost.road import SIGN_OF_LIFE, Stamp, stretch
from tests.support.seal_client import Codec, Refused, base64url

SECRET = bytes(range(32))
OWN, OTHER = bytes(range(16)), bytes(range(100, 116))
SIZES = pytest.mark.parametrize("size", [1, 7, 16, 17, 1000, 10**6])


@pytest.fixture(scope="module")
def node() -> Iterator[Codec]:
    node = Codec("road.mjs")
    yield node
    node.close()


def bodies(node: Codec, answer: bytes, size: int = 1000) -> list[tuple[int, bytes]]:
    return [(n, base64.b64decode(body)) for n, body in node.call("bodies", answer=answer, size=size)]


def in_stretches(n: int, body: bytes, length: int = 100) -> list[bytes]:
    starts = range(0, len(body), length)
    return [stretch(3, Stamp(5, n), body[at : at + length], max(0, len(body) - at - length)) for at in starts]


@SIZES
def test_bodies_come_whole_however_the_answer_is_cut(node: Codec, size: int) -> None:
    first, second = os.urandom(950), b"x"
    answer = SIGN_OF_LIFE + b"".join(in_stretches(1, first)) + SIGN_OF_LIFE + b"".join(in_stretches(2, second))
    assert bodies(node, answer, size) == [(1, first), (2, second)]


def test_bodies_that_come_mixed_are_given_in_their_order(node: Codec) -> None:
    one, two, three = (in_stretches(n, bytes([n]) * 250) for n in (1, 2, 3))
    answer = b"".join([three[0], two[0], one[0], two[1], three[1], one[1], one[2], three[2], two[2]])
    assert bodies(node, answer) == [(n, bytes([n]) * 250) for n in (1, 2, 3)]


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (stretch(3, Stamp(5, 9), b"far ahead", 0), "lost a part"),
        (stretch(3, Stamp(5, 1), b"one", 0) + stretch(3, Stamp(5, 1), b"one again", 0), "lost a part"),
        (struct.pack(">IIII", 5, 1, 2**32 - 1, 0), "longer than it may be"),
        (struct.pack(">IIII", 5, 1, 1, 2**32 - 1), "longer than it may be"),
    ],
)
def test_an_answer_that_lies_is_noticed(node: Codec, answer: bytes, said: str) -> None:
    with pytest.raises(Refused, match=said):
        bodies(node, answer)


def envelope(kind: int, sealed: bytes) -> bytes:
    return struct.pack(">I", kind << 24 | len(sealed)) + sealed


@SIZES
def test_envelopes_come_whole_however_their_body_is_cut(node: Codec, size: int) -> None:
    parts = [(0, b"control"), (1, os.urandom(5000)), (1, b"f")]
    body = b"".join(envelope(kind, part) for kind, part in parts)
    found = [(base64.b64decode(h)[0], base64.b64decode(s)) for h, s in node.call("envelopes", body=body, size=size)]
    assert found == parts


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (envelope(1, b"whole") + b"\1\0", "half"),
        (envelope(1, b"whole")[:-1], "half"),
        (b"\1\0\0\0", "longer than it may be"),
        (b"\1\xff\xff\xff", "longer than it may be"),
    ],
)
def test_a_body_that_lies_is_noticed(node: Codec, body: bytes, said: str) -> None:
    with pytest.raises(Refused, match=said):
        node.call("envelopes", body=body, size=1000)


def key_of(sender: int, receiver: int, from_id: bytes, to_id: bytes) -> bytes:
    """By PROTOCOL.md, "What the pages say there"."""
    info = f"packetpost/1 road {sender} {receiver} {base64url(from_id)} {base64url(to_id)}"
    return HKDF(SHA256(), 32, b"", info.encode()).derive(SECRET)


WHO = {"secret": base64url(SECRET), "own": 0, "other": 1, "ownId": OWN, "otherId": OTHER}
THEM = {"secret": base64url(SECRET), "own": 1, "other": 0, "ownId": OTHER, "otherId": OWN}


def sealed(node: Codec, *messages: tuple[int, bytes]) -> list[bytes]:
    made = node.call("sealed", messages=[[kind, base64.b64encode(m).decode()] for kind, m in messages], **WHO)
    return [base64.b64decode(one) for one in made]


def opened(node: Codec, body: bytes, **changes: Any) -> list[tuple[int, bytes]]:
    found = node.call("opened", body=body, size=1000, **{**THEM, **changes})
    return [(kind, base64.b64decode(message)) for kind, message in found]


def test_what_is_sealed_agrees_with_python_and_opens_at_the_other_side(node: Codec) -> None:
    said = [(0, b"control"), (1, os.urandom(3000))]
    made = sealed(node, *said)
    for number, (one, (kind, message)) in enumerate(zip(made, said, strict=True)):
        head, key = struct.pack(">I", kind << 24 | len(message) + 16), AESGCM(key_of(0, 1, OWN, OTHER))
        assert one == head + key.encrypt(bytes(4) + struct.pack(">Q", number), message, head)
    assert opened(node, b"".join(made)) == said


@pytest.mark.parametrize(
    "spoil",
    [
        lambda one, two: two + one,
        lambda one, two: one + one,
        lambda one, two: two,
        lambda one, two: bytes([one[0] ^ 1]) + one[1:],
        lambda one, two: one[:-1] + bytes([one[-1] ^ 1]),
    ],
    ids=["swapped", "repeated", "dropped", "another kind", "changed"],
)
def test_what_the_server_changes_is_noticed(node: Codec, spoil: Any) -> None:
    one, two = sealed(node, (1, b"one"), (1, b"two"))
    with pytest.raises(Refused, match="changed on its way"):
        opened(node, spoil(one, two))


@pytest.mark.parametrize(
    "changes", [{"ownId": bytes(16)}, {"otherId": bytes(16)}, {"own": 2}, {"secret": base64url(bytes(32))}]
)
def test_what_was_said_to_another_page_opens_nowhere(node: Codec, changes: dict[str, Any]) -> None:
    with pytest.raises(Refused, match="changed on its way"):
        opened(node, sealed(node, (1, b"one"))[0], **changes)


def test_our_own_words_are_not_taken_for_theirs(node: Codec) -> None:
    with pytest.raises(Refused, match="changed on its way"):
        node.call("opened", body=sealed(node, (1, b"one"))[0], size=1000, **WHO)


def test_a_hello_holds_the_version_and_the_id(node: Codec) -> None:
    assert node.bytes("hello", id=OWN) == b"\0\0\0\1" + OWN
    assert node.bytes("parseHello", bytes=b"\0\0\0\1" + OWN) == OWN


@pytest.mark.parametrize("bad", [b"", b"\0\0\0\2" + OWN, b"\0\0\0\1" + OWN[1:], b"\0\0\0\1" + OWN + b"x"])
def test_a_hello_of_another_version_is_refused(node: Codec, bad: bytes) -> None:
    with pytest.raises(Refused, match="another version"):
        node.call("parseHello", bytes=bad)
