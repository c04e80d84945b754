"""A file changes between two tries, its size and time stay: nothing is sealed twice under one key and nonce."""

import base64
import os
from collections.abc import Iterator
from itertools import combinations
from typing import Any

import http_ece
import pytest

from tests.support.seal_client import OWN_RECORD, RECORD, Codec, Refused, base64url, derive, record_name

SECRET = base64url(bytes(range(32)))
FILE = os.urandom(2 * RECORD + 1000)
ENTRY = {"n": 3, "path": "a/b.bin", "size": len(FILE), "mtime": 1764000000000, "seal": 2}


@pytest.fixture(scope="module")
def codec() -> Iterator[Codec]:
    codec = Codec()
    yield codec
    codec.close()


@pytest.fixture(scope="module")
def blocks() -> Iterator[Codec]:
    codec = Codec("blocks.mjs")
    yield codec
    codec.close()


def records(data: bytes, size: int) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]


def xor(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=True))


def apart(texts: list[bytes], sealed: list[bytes]) -> None:
    """No two different records at one place were sealed by one stream of AES-CTR, and equal ones look alike."""
    for (text, message), (other, second) in combinations(zip(texts, sealed, strict=True), 2):
        for a, b, x, y in zip(
            records(text, RECORD),
            records(other, RECORD),
            records(message, OWN_RECORD),
            records(second, OWN_RECORD),
            strict=True,
        ):
            assert (a == b) == (x == y) == (x[:16] == y[:16])
            assert a == b or xor(x[21:-17], y[21:-17]) != xor(a, b)


def changed(*places: int) -> bytes:
    data = bytearray(FILE)
    for place in places:
        data[place] ^= 1
    return bytes(data)


TRIES = [
    FILE,
    changed(5),
    changed(RECORD),
    changed(len(FILE) - 1),
    changed(5, RECORD, len(FILE) - 1),
    os.urandom(len(FILE)),
]


def test_uploads_by_several_pages_never_share_a_stream(codec: Codec) -> None:
    apart(
        TRIES, [codec.bytes("source", secret=SECRET, entry=ENTRY, file=data, start=0, part=300_000) for data in TRIES]
    )


def test_what_each_try_sealed_is_opened_by_the_page_and_by_the_rfc(codec: Codec) -> None:
    for data in TRIES:
        sealed = codec.bytes("source", secret=SECRET, entry=ENTRY, file=data, start=0, part=10**7)
        assert codec.bytes("openFile", secret=SECRET, entry=ENTRY, sealed=sealed) == data
        opened = [
            http_ece.decrypt(message, key=derive(SECRET, record_name(ENTRY, number)))
            for number, message in enumerate(records(sealed, OWN_RECORD))
        ]
        assert b"".join(opened) == data


def test_a_page_that_reads_other_bytes_than_before_stops(codec: Codec) -> None:
    one, same = codec.call("tries", secret=SECRET, entry=ENTRY, files=[base64.b64encode(FILE).decode()] * 2)
    assert one == same
    for data in TRIES[1:]:
        with pytest.raises(Refused, match="FileChanged"):
            codec.call("tries", secret=SECRET, entry=ENTRY, files=[base64.b64encode(x).decode() for x in (FILE, data)])


def read(blocks: Codec, data: bytes, **entry: Any) -> bytes:
    return base64.b64decode(blocks.call("read", secret=SECRET, entry={**ENTRY, **entry}, file=data, block=0)["bytes"])


def test_live_blocks_for_several_receivers_or_pages_never_share_a_stream(blocks: Codec) -> None:
    apart(TRIES, [read(blocks, data) for data in TRIES])


@pytest.mark.parametrize("seal", [1, 2])
def test_a_live_page_that_reads_other_bytes_than_before_stops(blocks: Codec, seal: int) -> None:
    def twice(data: bytes) -> list[str]:
        files = [base64.b64encode(x).decode() for x in (FILE, data)]
        told: list[str] = blocks.call("readTwice", secret=SECRET, entry={**ENTRY, "seal": seal}, files=files, block=0)
        return told

    one, same = twice(FILE)
    assert one == same
    with pytest.raises(Refused, match="changed"):
        twice(changed(5))


def test_what_a_live_session_sealed_and_its_link_seals_never_share_a_stream(blocks: Codec, codec: Codec) -> None:
    link = codec.bytes("source", secret=SECRET, entry=ENTRY, file=TRIES[4], start=0, part=10**7)
    apart([FILE, TRIES[4]], [read(blocks, FILE), link])
