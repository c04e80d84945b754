"""The codec of sealed bytes, beside an independent implementation of RFC 8188, and under all kinds of harm."""

import os
from collections.abc import Iterator

import http_ece
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.seal_client import RECORD, SEALED_RECORD, Codec, Refused, derive

MATERIAL, SALT = bytes(range(32)), bytes(range(16))
SIZES = [0, 1, RECORD - 1, RECORD, RECORD + 1, 3 * RECORD]
# Three records, the last one short: enough for every kind of harm.
FILE = os.urandom(2 * RECORD + 1000)


@pytest.fixture(scope="module")
def codec() -> Iterator[Codec]:
    codec = Codec()
    yield codec
    codec.close()


@pytest.fixture(scope="module")
def sealed(codec: Codec) -> bytes:
    return codec.bytes("seal", material=MATERIAL, salt=SALT, file=FILE)


@pytest.mark.parametrize("size", SIZES)
def test_what_we_seal_another_implementation_opens(codec: Codec, size: int) -> None:
    file = os.urandom(size)
    assert http_ece.decrypt(codec.bytes("seal", material=MATERIAL, salt=SALT, file=file), key=MATERIAL) == file


@pytest.mark.parametrize("size", [size for size in SIZES if size])
def test_what_another_implementation_seals_we_open(codec: Codec, size: int) -> None:
    file = os.urandom(size)
    message = http_ece.encrypt(file, salt=SALT, key=MATERIAL, rs=SEALED_RECORD)
    assert codec.bytes("open", material=MATERIAL, message=message) == file


@pytest.mark.parametrize("piece", [1000, RECORD, SEALED_RECORD, 10**7])
@pytest.mark.parametrize("first", [0, 1, 2])
def test_a_stream_opens_from_any_record_in_pieces_of_any_length(
    codec: Codec, sealed: bytes, first: int, piece: int
) -> None:
    opened = codec.bytes(
        "stream", material=MATERIAL, salt=SALT, message=sealed, size=len(FILE), first=first, piece=piece
    )
    assert opened == FILE[first * RECORD :]


@given(at=st.integers(21, 10**9), bit=st.integers(0, 7))
@settings(max_examples=40, deadline=None)
def test_a_changed_bit_is_refused(codec: Codec, sealed: bytes, at: int, bit: int) -> None:
    at = 21 + (at - 21) % (len(sealed) - 21)
    changed = bytearray(sealed)
    changed[at] ^= 1 << bit
    with pytest.raises(Refused, match="SealBroken"):
        codec.call("open", material=MATERIAL, message=bytes(changed))


@given(at=st.integers(0, 20), bit=st.integers(0, 7))
@settings(max_examples=20, deadline=None)
def test_a_changed_bit_of_the_header_is_refused(codec: Codec, sealed: bytes, at: int, bit: int) -> None:
    changed = bytearray(sealed)
    changed[at] ^= 1 << bit
    with pytest.raises(Refused, match="SealBroken"):
        codec.call("open", material=MATERIAL, message=bytes(changed))


@given(cut=st.integers(0, 10**9))
@settings(max_examples=30, deadline=None)
def test_a_message_that_was_cut_is_refused(codec: Codec, sealed: bytes, cut: int) -> None:
    with pytest.raises(Refused, match="SealBroken"):
        codec.call("open", material=MATERIAL, message=sealed[: cut % len(sealed)])


@pytest.mark.parametrize("records", [2, 1])
def test_a_message_that_was_cut_between_records_is_refused(codec: Codec, sealed: bytes, records: int) -> None:
    with pytest.raises(Refused, match="SealBroken"):
        codec.call("open", material=MATERIAL, message=sealed[: 21 + records * SEALED_RECORD])


def test_records_that_changed_places_are_refused(codec: Codec, sealed: bytes) -> None:
    first, second = sealed[21 : 21 + SEALED_RECORD], sealed[21 + SEALED_RECORD : 21 + 2 * SEALED_RECORD]
    with pytest.raises(Refused, match="SealBroken"):
        codec.call("open", material=MATERIAL, message=sealed[:21] + second + first + sealed[21 + 2 * SEALED_RECORD :])


def test_bytes_behind_the_last_record_are_refused(codec: Codec, sealed: bytes) -> None:
    with pytest.raises(Refused, match="SealBroken"):
        codec.call("stream", material=MATERIAL, salt=SALT, message=sealed + b"x", size=len(FILE), first=0, piece=RECORD)


def test_a_file_in_the_place_of_another_is_refused(codec: Codec) -> None:
    secret, entry = codec.call("newSecret"), {"n": 0, "path": "a", "size": 5, "mtime": 1}
    first = codec.bytes("sealFile", secret=secret, password="", entry=entry, file=b"hello")
    assert codec.bytes("open", material=derive(secret, "file 0"), message=first) == b"hello"
    with pytest.raises(Refused, match="SealBroken"):
        codec.call("open", material=derive(secret, "file 1"), message=first)


@pytest.mark.parametrize("seal", [{}, {"seal": 2}])
def test_a_file_of_another_time_is_sealed_under_another_key(codec: Codec, seal: dict[str, int]) -> None:
    secret = codec.call("newSecret")
    entries = [{"n": 0, "path": "a", "size": 5, "mtime": mtime, **seal} for mtime in (1, 1, 2)]
    one, same, other = (
        codec.bytes("sealFile", secret=secret, password="", entry=entry, file=b"hello") for entry in entries
    )
    assert one == same
    assert one[:16] != other[:16]


def test_the_contents_come_back_and_never_seal_to_the_same_bytes(codec: Codec) -> None:
    secret = codec.call("newSecret")
    entries = [{"n": 0, "path": "a/報告書 👩‍🚀.pdf", "size": 5, "type": "application/pdf", "mtime": 7}]
    one, other = (codec.call("sealContents", secret=secret, password="", entries=entries) for _ in range(2))
    assert codec.call("openContents", secret=secret, password="", sealed=one) == entries
    assert one != other


def test_another_secret_or_password_opens_nothing(codec: Codec) -> None:
    secret, other = codec.call("newSecret"), codec.call("newSecret")
    sealed = codec.call("sealContents", secret=secret, password="letters", entries=[])
    assert codec.call("openContents", secret=secret, password="letters", sealed=sealed) == []
    for wrong in ({"secret": other, "password": "letters"}, {"secret": secret, "password": "postcards"}):
        with pytest.raises(Refused, match="SealBroken"):
            codec.call("openContents", sealed=sealed, **wrong)


def test_what_the_server_checks_as_password_depends_on_the_secret_too(codec: Codec) -> None:
    proofs = {codec.call("proof", secret=codec.call("newSecret"), password="letters") for _ in range(2)}
    assert len(proofs) == 2
    assert "letters" not in "".join(proofs)
