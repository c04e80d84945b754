"""The worked examples of PROTOCOL.md are what the browser's code makes, and what Python makes by the RFCs."""

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import http_ece
import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from tests.support.seal_client import SEALED_RECORD, Codec, base64url, derive, record_name

PROTOCOL = (Path(__file__).parents[2] / "packetpost" / "PROTOCOL.md").read_text()
FILE, ENTRY = b"hello", {"n": 0, "path": "a.txt", "size": 5, "mtime": 1764000000000, "seal": 2}
FRAME = ["kind", "flags", "reserved", "file", "block", "offset", "payload", "digest"]


def example(name: str) -> dict[str, str]:
    """The values of a block, each by its name. Three spaces begin a remark, and a line without a name goes on."""
    block = re.search(rf"^```example {name}\n(.*?)^```", PROTOCOL, re.MULTILINE | re.DOTALL)
    assert block, f"PROTOCOL.md has no example of a {name}"
    values: dict[str, str] = {}
    for line in block[1].splitlines():
        named = re.match(r"(\w+) += ", line)
        key = named[1] if named else list(values)[-1]
        value = re.split(r"\s{3,}", line[named.end() :] if named else line.strip())[0]
        values[key] = values.get(key, "") + value
    return values


def hex_of(values: dict[str, str], *names: str) -> bytes:
    return bytes.fromhex("".join(values[name] for name in names))


@pytest.fixture
def blocks() -> Iterator[Codec]:
    with closing(Codec("blocks.mjs")) as node:
        yield node


def test_the_worked_frame_is_cut_from_its_block_by_the_browser(blocks: Codec) -> None:
    values = example("frame")
    read = blocks.call("read", secret="", entry=ENTRY, file=FILE, block=0)
    frame = blocks.bytes("cut", file=3, block=0, carried=base64.b64decode(read["bytes"]), digest=read["digest"])
    assert frame == hex_of(values, *FRAME)
    assert blocks.bytes("ack", received=len(frame)) == hex_of(values, "ack")


def test_the_worked_frame_is_read_by_the_browser(blocks: Codec) -> None:
    values = example("frame")
    read = blocks.call("decode", message=hex_of(values, *FRAME))
    assert (read["kind"], read["file"], read["block"], read["offset"]) == ("bytes", 3, 0, 0)
    assert base64.b64decode(read["payload"]) == FILE
    assert base64.b64decode(read["digest"]) == hashlib.sha256(hashlib.sha256(FILE).digest()).digest()


def test_the_worked_record_is_sealed_by_the_browser() -> None:
    values = example("record")
    with closing(Codec()) as node:
        message = node.bytes("sealFile", secret=values["secret"], password="", entry=ENTRY, file=FILE)
        opened = node.bytes("open", material=hex_of(values, "material"), message=hex_of(values, "message"))
    assert message == hex_of(values, "message")
    assert opened == FILE


def test_the_worked_record_follows_from_its_secret_by_the_rfcs() -> None:
    values = example("record")
    name, digest = record_name(ENTRY, 0), hashlib.sha256(FILE).digest()
    material = derive(values["secret"], name)
    salt = derive(values["secret"], f"salt {base64url(digest)} {name}", 16)
    key, nonce = (
        HKDF(SHA256(), length, salt, f"Content-Encoding: {part}\0".encode()).derive(material)
        for part, length in (("aes128gcm", 16), ("nonce", 12))
    )
    made = {
        "digest": digest,
        "material": material,
        "salt": salt,
        "key": key,
        "nonce": nonce,
        "plaintext": FILE + b"\x02",
    }
    assert {name: hex_of(values, name) for name in made} == made
    assert AESGCM(key).encrypt(nonce, FILE + b"\x02", None) == hex_of(values, "record")
    assert http_ece.encrypt(FILE, salt=salt, key=material, rs=SEALED_RECORD) == hex_of(values, "message")


def test_the_worked_mac_is_made_and_believed_by_the_browser() -> None:
    values = example("mac")
    message = json.loads(values["message"])
    fields = {name: message[name] for name in ("try", "sdp")}
    about = {"secret": values["secret"], "session": "K7QF", "seat": 1, "nonce": message["nonce"]}
    with closing(Codec("signed-signals.mjs")) as node:
        receiver, sender = (node.call("side", own=own, **about) for own in (1, 0))
        signed = node.call("signed", id=receiver, type="offer", fields=fields)
        verdict = node.call("judge", id=sender, message={**message, "mac": values["mac"]})
    assert (signed["mac"], signed["count"]) == (values["mac"], message["count"])
    assert verdict == "holds"


def test_the_worked_mac_follows_from_its_secret_by_the_rfcs() -> None:
    values = example("mac")
    message, covered = json.loads(values["message"]), hex_of(values, "bytes")
    key = derive(values["secret"], f"signals receiver K7QF 1 {message['nonce']}")
    assert covered == values["covered"].encode()
    assert json.loads(covered) == ["offer", 1, 0, 0, 7, False, message["sdp"], None, None]
    mac = hmac.new(key, covered, hashlib.sha256).digest()
    assert (hex_of(values, "key"), hex_of(values, "hmac"), values["mac"]) == (key, mac, base64url(mac))
