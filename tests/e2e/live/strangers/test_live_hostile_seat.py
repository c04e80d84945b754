"""A program that holds a seat and the secret says by the road what no page would: lies, gigantic lengths, nothing."""

import json
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from playwright.sync_api import Page, expect

from tests.e2e.support.live_steps import Pages, accept, accept_all, open_live, saving, status, without_webrtc
from tests.e2e.support.steps import MIB, choose, file_of, sha
from tests.support.bytes_server import SECONDS
from tests.support.seal_client import Codec
from tests.support.server_process import Server, wait_until

pytestmark = pytest.mark.browser

SECRET = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
HUGE = 2**53
# As long as five bytes are once they are sealed.
SEALED = bytes(5 + 38)
# 4 MiB, as long as a body may be.
LONGEST = bytes(4 * MIB)


class Hostile:
    """The program."""

    def __init__(self) -> None:
        self._node = Codec("hostile-seat.mjs")

    def receive(self, server: Server, address: str) -> None:
        """Take a seat of the session, as one of its receivers."""
        code, secret = address.rpartition("/")[2].split("#")
        asked = {"transferCode": code}
        joined = requests.post(f"{server.url}/api/transfer/join", json=asked, timeout=SECONDS).json()
        who = {"token": joined["receiverToken"], "seat": joined["seat"], "other": 0}
        self._node.call("begin", url=server.url, code=code, secret=secret, **who)

    def send(self, server: Server, come: Callable[[str], object]) -> None:
        """Make a session, let somebody come to its address, and take the sender's seat."""
        made = requests.post(f"{server.url}/api/transfer/create", json={}, timeout=SECONDS).json()
        code = made["session"]["transferCode"].replace("-", "")
        come(f"{server.url}/live/{code}#{SECRET}")
        who = {"token": made["senderToken"], "seat": 0, "other": 1}
        self._node.call("begin", url=server.url, code=code, secret=SECRET, **who)

    def says(self, *controls: Any) -> None:
        texts = [text if isinstance(text, str) else json.dumps(text) for text in controls]
        self._node.call("control", texts=texts)

    def frames(self, *frames: bytes) -> None:
        self._node.call("frames", frames=list(frames))

    def bodies(self, *bodies: bytes) -> None:
        self._node.call("raw", bodies=list(bodies))

    def controls(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._node.call("heard")
        return found

    def close(self) -> None:
        self._node.call("leave")
        self._node.close()


@pytest.fixture
def hostile() -> Iterator[Hostile]:
    program = Hostile()
    yield program
    program.close()


def ack(received: int) -> bytes:
    return struct.pack(">BBHQ", 2, 0, 0, received)


def frame(file: int = 0, block: int = 0, offset: int = 0, payload: bytes = b"x", last: bool = False) -> bytes:
    return struct.pack(">BBHIII", 1, last, 0, file, block, offset) + payload + (bytes(32) if last else b"")


NO_COUNTS: list[Any] = [HUGE, -1, "1", None, [], 1e300]
# What a receiver may say to the sender's page. Each is one session's.
OF_RECEIVERS: dict[str, Callable[[Hostile], None]] = {
    "files that there are not": lambda one: one.says(
        {"t": "accept", "files": [{"n": 999, "from": 0}, {"n": -1, "from": 0}, {"n": "0", "from": 0}, None, 7]}
    ),
    "blocks that there are not": lambda one: one.says(
        {"t": "accept", "files": [{"n": 0, "from": HUGE, "have": [HUGE, -1, "x", None], "seal": 2}]},
        {"t": "again", "n": 0, "block": HUGE},
        {"t": "again", "n": 0, "block": -1},
        {"t": "again", "n": "0", "block": {}},
    ),
    "no list": lambda one: one.says({"t": "accept"}, {"t": "accept", "files": "all"}, {"t": "accept", "files": {}}),
    "a list without an end": lambda one: one.says(
        *[{"t": "accept", "more": True, "files": [{"n": 0, "from": 0}] * 2000} for _ in range(100)]
    ),
    "bytes that nobody sent": lambda one: one.says(
        {"t": "accept", "files": [{"n": 0, "from": 0, "seal": 2}]},
        *[{"t": "written", "bytes": count, "arrived": count} for count in NO_COUNTS],
        {"t": "saved", "n": 0, "root": "00" * 32},
        {"t": "saved", "n": 5, "root": 5},
        {"t": "failed", "n": 0, "code": "<b>x</b>", "message": "<img src=x onerror=alert(1)>" * 1000},
    ),
    "acks of what was never sent": lambda one: one.frames(ack(2**63), ack(0)),
    "frames of bytes": lambda one: one.frames(frame(), frame(file=2**32 - 1, block=2**32 - 1, offset=2**32 - 1)),
    "no frames": lambda one: one.frames(b"", b"\x02", b"\xff" * 100, bytes(200_000)),
    "no JSON": lambda one: one.says("", "{", "[]", "null", "7", '"accept"', "[" * 30_000, '{"t":{"t":"accept"}}'),
    "names of objects' own": lambda one: one.says({"t": "__proto__"}, {"t": "constructor"}, {"t": "toString"}),
    "the end again and again": lambda one: one.says(*[{"t": t} for t in ("bye", "refuse", "bye", "cancel", "leaving")]),
    "a gigantic envelope": lambda one: one.bodies(b"\x00\xff\xff\xff" + bytes(100)),
    "a body of nothing": lambda one: one.bodies(LONGEST),
    "half an envelope": lambda one: one.bodies(b"\x00\x00\x10\x00" + bytes(10)),
    "nothing": lambda one: None,
}


@pytest.mark.parametrize("lie", OF_RECEIVERS)
def test_another_receiver_gets_everything_whatever_a_hostile_one_says(
    page: Page, far: Pages, server: Server, hostile: Hostile, tmp_path: Path, lie: str
) -> None:
    film, receiver = file_of(tmp_path, "film.bin", 9 * MIB), far()
    for side in (page, receiver):
        without_webrtc(side)
    page.goto(server.url)
    choose(page, film)
    address = open_live(page, receivers=2)
    hostile.receive(server, address)
    OF_RECEIVERS[lie](hostile)
    receiver.goto(address)
    assert accept_all(receiver) == {"film.bin": sha(film)}
    expect(page.get_by_test_id("person").nth(1)).to_contain_text("has everything, verified")


def manifest(*files: Any, **more: Any) -> dict[str, Any]:
    return {"t": "manifest", "v": 1, "sealed": True, "files": list(files), **more}


def entry(**other: Any) -> dict[str, Any]:
    return {"n": 0, "path": "a.bin", "size": 5, "type": "", "mtime": 0, "seal": 2, **other}


# What a sender's program offers to a receiver's page, which breaks the rules.
OFFERS: dict[str, list[Any]] = {
    "no list": [manifest(files=None)],
    "no entries": [manifest(None, 7, "a.bin", [])],
    "impossible sizes": [manifest(entry(size=-1), entry(n=1, size=1e300), entry(n=2, size="5"), entry(n=3, size=0.5))],
    "a number twice": [manifest(entry(), entry())],
    "numbers that are none": [manifest(entry(n=-1), entry(n="x"), entry(n=2**40))],
    "names that are none": [manifest(entry(path=None), entry(n=1, path=7))],
    "more files than there may be": [
        manifest(*[entry(n=n, path=f"{n}") for n in range(begin, begin + 400)], more=True)
        for begin in range(0, 60_000, 400)
    ],
    "a newer version": [manifest(entry(), v=99)],
    "no JSON": ["{"],
}


@pytest.mark.parametrize("lie", OFFERS)
def test_a_page_takes_nothing_more_from_who_offers_what_cannot_be(
    far: Pages, server: Server, hostile: Hostile, lie: str
) -> None:
    receiver = far()
    without_webrtc(receiver)
    with saving(receiver) as downloads:
        hostile.send(server, receiver.goto)
        hostile.says(*OFFERS[lie])
        expect(receiver.locator("[data-notice]")).to_contain_text("Nothing more is taken from it. Reload both pages")
        expect(receiver.get_by_test_id("accept")).to_be_hidden()
    assert downloads == []


# What it sends after its list, of one file of five bytes, was accepted.
CONTENTS: dict[str, Callable[[Hostile], None]] = {
    "bytes that are not those of the digest": lambda one: one.frames(*[frame(payload=SEALED, last=True)] * 5),
    "another file's bytes": lambda one: one.frames(frame(file=7, payload=b"12345", last=True)),
    "a block that there is not": lambda one: one.frames(frame(block=9, payload=b"12345", last=True)),
    "bytes behind the end": lambda one: one.frames(frame(offset=2**31, payload=b"12345", last=True)),
    "more than there is": lambda one: one.frames(frame(payload=bytes(128 * 1024)), frame(offset=128 * 1024, last=True)),
    "a gigantic length": lambda one: one.bodies(b"\x01\xff\xff\xff" + bytes(100)),
    "that it cannot be read": lambda one: one.says({"t": "failed", "n": 0, "code": "source", "message": "<b>"}),
}
# Where it is no other rule than that of the seal, or the sender's to say.
SENTENCES = {
    "bytes that are not those of the digest": "Not everything could be saved",
    "that it cannot be read": "Not everything could be saved",
}


@pytest.fixture
def receiver(far: Pages, server: Server, hostile: Hostile) -> Page:
    """A page that has accepted the file."""
    receiver = far()
    without_webrtc(receiver)
    hostile.send(server, receiver.goto)
    hostile.says(manifest(entry()))
    accept(receiver)
    wait_until(lambda: any(said["t"] == "accept" for said in hostile.controls()), SECONDS, "it accepts nothing")
    return receiver


@pytest.mark.parametrize("lie", CONTENTS)
def test_nothing_is_said_to_be_saved_of_what_cannot_be(receiver: Page, hostile: Hostile, lie: str) -> None:
    CONTENTS[lie](hostile)
    expect(receiver.get_by_test_id("status")).to_have_attribute("data-state", "failed", timeout=30_000)
    expect(receiver.locator("main")).to_contain_text(SENTENCES.get(lie, "Nothing more is taken from it"))
    expect(receiver.get_by_test_id("verified")).to_be_hidden()
    assert not any(said["t"] == "saved" for said in hostile.controls())


@pytest.mark.parametrize("said", [[], [{"t": "done"}], [{"t": "end", "n": 0, "root": "00" * 32}, {"t": "done"}]])
def test_who_is_sent_nothing_is_shown_that_and_may_leave(receiver: Page, hostile: Hostile, said: list[Any]) -> None:
    hostile.says(*said)
    expect(receiver.locator("main")).to_contain_text("0 %, 0 B of 5 B")
    receiver.get_by_test_id("cancel").click()
    status(receiver, "failed")
    expect(receiver.get_by_test_id("status")).to_have_text("Cancelled")
