"""The server, or its store, is killed at random moments of uploads: no acknowledged byte is lost, files end whole."""

import random
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
import requests

from tests.support.http import MIB, Tus, begin, content, fetched, sha256
from tests.support.s3_process import S3Server
from tests.support.server_process import Server

pytestmark = pytest.mark.slow

_KILLS = 20
_SENDERS = 3
_SIZE = 12 * MIB
_PIECE = 512 * 1024


class Sender:
    """Sends one file after the other as a tus client does, and notes where the server breaks its word."""

    def __init__(self, server: Server, number: int) -> None:
        self._server, self._data = server, content(_SIZE, number)
        self.broken: list[str] = []
        self.whole = 0

    def run(self, up: threading.Event, over: threading.Event) -> None:
        """Until it is over, and then to the end of the file that is on its way."""
        while not over.is_set():
            up.wait()
            with suppress(requests.RequestException):
                self._send(begin(self._server, _SIZE), up)

    def _send(self, upload: Tus, up: threading.Event) -> None:
        acknowledged = 0
        while acknowledged < _SIZE:
            up.wait()
            with suppress(requests.RequestException):
                offset = upload.offset()
                if offset < acknowledged:
                    self.broken.append(f"{acknowledged} were acknowledged, {offset} are there")
                acknowledged = offset
                answer = upload.patch(offset, self._data[offset : offset + _PIECE])
                acknowledged = int(answer.headers.get("Upload-Offset", offset))
        self._compare(upload, up)

    def _compare(self, upload: Tus, up: threading.Event) -> None:
        while True:
            up.wait()
            with suppress(requests.RequestException):
                if fetched(upload.shown.download_url) != sha256(self._data):
                    self.broken.append("a file ended with other bytes")
                self.whole += 1
                return


def storm(server: Server, victims: list[Server | S3Server]) -> None:
    """Kill one victim after the other at random moments while senders send."""
    seed = random.randrange(10**9)
    chance, up, over = random.Random(seed), threading.Event(), threading.Event()
    senders = [Sender(server, number) for number in range(_SENDERS)]
    threads = [threading.Thread(target=sender.run, args=(up, over), daemon=True) for sender in senders]
    for thread in threads:
        thread.start()
    for number in range(_KILLS):
        up.set()
        # The moment is what is random here: this wait is the test.
        threading.Event().wait(chance.uniform(0, 0.4))
        up.clear()
        victim = victims[number % len(victims)]
        victim.kill()
        victim.start()
    up.set()
    over.set()
    for thread in threads:
        thread.join(60)
    assert [sender.broken for sender in senders] == [[]] * _SENDERS, f"seed {seed}"
    assert all(sender.whole for sender in senders), f"seed {seed}"


def test_twenty_kills_lose_no_acknowledged_byte(serve: Callable[..., Server]) -> None:
    server = serve(PACKETPOST_MAX_STORED_BYTES=str(10**12))
    storm(server, [server])


def test_twenty_kills_of_server_and_store_lose_none_either(serve: Callable[..., Server], tmp_path: Path) -> None:
    store = S3Server("rclone", tmp_path / "s3").start()
    server = serve(PACKETPOST_MAX_STORED_BYTES=str(10**12), **store.environ)
    storm(server, [server, store])
    store.stop()
