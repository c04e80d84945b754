"""Blocks of live transfers: sealed by the sender's reader, opened by the receiver before anything looks at them."""

import base64
import hashlib
import os
import struct
from collections.abc import Iterator
from typing import Any

import http_ece
import pytest

from tests.support.seal_client import RECORD, Codec, Refused, base64url, derive

MIB = 1024**2
SECRET, OTHER = base64url(bytes(range(32))), base64url(bytes(32))
FILE = os.urandom(MIB + 300_000)
OLD = {"n": 3, "path": "a/b.bin", "size": len(FILE), "mtime": 1764000000000}
ENTRY = {**OLD, "seal": 2}


@pytest.fixture(scope="module")
def node() -> Iterator[Codec]:
    node = Codec("blocks.mjs")
    yield node
    node.close()


@pytest.fixture(scope="module")
def codec() -> Iterator[Codec]:
    codec = Codec()
    yield codec
    codec.close()


def read(node: Codec, block: int, secret: str = SECRET, file: bytes = FILE, **changed: Any) -> dict[str, str]:
    return read_as(node, {**ENTRY, **changed}, block, secret, file)


def read_as(node: Codec, entry: dict[str, Any], block: int, secret: str, file: bytes = FILE) -> dict[str, str]:
    answer: dict[str, str] = node.call("read", secret=secret, entry=entry, file=file, block=block)
    return answer


def check(node: Codec, block: int, carried: str, digest: str) -> str:
    return str(node.call("check", block=block, carried=carried, digest=digest))


@pytest.mark.parametrize("size", [1, RECORD - 1, RECORD, RECORD + 1, MIB - 1, MIB])
@pytest.mark.parametrize(("secret", "how"), [(SECRET, ENTRY), (SECRET, OLD), ("", OLD)])
def test_a_block_comes_out_as_it_went_in(node: Codec, secret: str, how: dict[str, Any], size: int) -> None:
    file, entry = os.urandom(size), {**how, "size": size}
    block = read_as(node, entry, 0, secret, file)
    node.call("incoming", secret=secret, entry=entry)
    assert node.call("length", block=0) == len(base64.b64decode(block["bytes"]))
    assert check(node, 0, block["bytes"], block["digest"]) == "kept"
    assert node.bytes("take") == file


def test_sealed_blocks_are_what_a_link_holds(node: Codec, codec: Codec) -> None:
    blocks = b"".join(base64.b64decode(read(node, block)["bytes"]) for block in (0, 1))
    assert codec.bytes("sealFile", secret=SECRET, password="", entry=ENTRY, file=FILE) == blocks


def test_a_receiver_of_release_0_2_gets_the_records_of_one_message(node: Codec) -> None:
    records = b"".join(base64.b64decode(read_as(node, OLD, block, SECRET)["bytes"]) for block in (0, 1))
    identity = f"salt {OLD['n']} {OLD['path']} {OLD['size']} {OLD['mtime']}"
    header = derive(SECRET, identity, 16) + (RECORD + 17).to_bytes(4, "big") + b"\0"
    assert http_ece.decrypt(header + records, key=derive(SECRET, "file 3")) == FILE


@pytest.mark.parametrize("harm", ["bit", "plain", "another number", "another secret", "another block"])
def test_what_does_not_open_is_asked_for_again_and_then_given_up(node: Codec, harm: str) -> None:
    good = read(node, 0)
    carried = bytearray(base64.b64decode(good["bytes"]))
    carried[500_000] ^= 1
    bad = {
        "bit": base64.b64encode(carried).decode(),
        "plain": base64.b64encode(FILE[:MIB] + bytes(4 * 38)).decode(),
        "another number": read(node, 0, n=4)["bytes"],
        "another secret": read(node, 0, OTHER)["bytes"],
        "another block": read(node, 1)["bytes"],
    }[harm]
    node.call("incoming", secret=SECRET, entry=ENTRY)
    assert [check(node, 0, bad, good["digest"]) for _ in range(4)] == ["again", "again", "again", "unopened"]


def test_a_plain_block_that_stays_wrong_is_damaged(node: Codec) -> None:
    first, second = (read(node, block, "") for block in (0, 1))
    node.call("incoming", secret="", entry=ENTRY)
    assert [check(node, 0, second["bytes"], first["digest"]) for _ in range(4)][-1] == "damaged"


def test_a_file_offered_again_under_another_number_goes_on_by_its_new_key(node: Codec) -> None:
    first, second = read(node, 0), read(node, 1, n=0)
    node.call("incoming", secret=SECRET, entry=ENTRY)
    assert check(node, 0, first["bytes"], first["digest"]) == "kept"
    node.call("meet", entry={**ENTRY, "n": 0})
    assert check(node, 1, second["bytes"], second["digest"]) == "kept"


def frames(node: Codec, block: bytes, cuts: list[int]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = node.call("frames", block=block, cuts=cuts)
    return found


def test_frames_cut_from_one_block_carry_all_of_it_and_its_digest(node: Codec) -> None:
    block, cuts = FILE[:300_000], [1, 8, 131_000, 262_000, 300_000]
    found = frames(node, block, cuts)
    assert b"".join(base64.b64decode(frame["payload"]) for frame in found) == block
    assert [(frame["file"], frame["block"], frame["offset"]) for frame in found] == [
        (5, 6, at) for at in [0, *cuts[:-1]]
    ]
    assert [frame["digest"] for frame in found] == [None] * 4 + [base64.b64encode(bytes([7] * 32)).decode()]


def test_a_frame_may_carry_a_sealed_blocks_last_bytes_and_no_more(node: Codec) -> None:
    more = 4 * 38
    cuts = [*range(131_072, MIB + 1, 131_072), MIB + more]
    assert base64.b64decode(frames(node, bytes(MIB + more), cuts)[-1]["payload"]) == bytes(more)
    too_long = struct.pack(">BBHIII", 1, 1, 0, 5, 6, MIB) + bytes(more + 1 + 32)
    with pytest.raises(Refused, match="no possible length"):
        node.call("decode", message=too_long)


def test_a_block_in_the_memory_of_one_that_was_sent_carries_its_own_bytes(node: Codec) -> None:
    whole, short = os.urandom(MIB + 4 * 38), FILE[:1000]
    frames(node, whole, [131_072])
    assert [base64.b64decode(frame["payload"]) for frame in frames(node, short, [1000])] == [short]


def test_a_blocks_digest_is_over_the_digests_of_its_records(node: Codec) -> None:
    pieces = [FILE[at : at + RECORD] for at in range(MIB, len(FILE), RECORD)]
    over = hashlib.sha256(b"".join(hashlib.sha256(piece).digest() for piece in pieces))
    assert read(node, 1)["digest"] == base64.b64encode(over.digest()).decode()
