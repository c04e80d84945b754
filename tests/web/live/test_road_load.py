"""The road under load: what the metrics tell of it, and who is slowed down."""

import socket
import struct
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from packetpost.road import HEAD_BYTES, MOST_BODY, SIGN_OF_LIFE
from tests.support.seats import Session, session
from tests.support.server_process import Server
from tests.web.live.test_road_http import SECONDS, get, listening, put, receive


@pytest.fixture(scope="module")
def server(serve: Callable[..., Server]) -> Server:
    return serve(PACKETPOST_ROAD="on")


def test_the_metrics_count_what_was_carried(serve: Callable[..., Server]) -> None:
    counted = serve(PACKETPOST_ROAD="on")
    made = session(counted)
    with listening(counted, made) as parts, ThreadPoolExecutor(1) as crew:
        received = crew.submit(receive, parts, 1)
        put(counted, made, bytes(100_000))
        received.result(SECONDS)
        told = requests.get(f"{counted.url}/metrics", timeout=SECONDS).text
    assert "packetpost_road_bytes_total 100000.0" in told
    assert 'packetpost_road_bodies_total{how="taken"} 1.0' in told
    assert "packetpost_road_answers 1.0" in told


def test_a_proxy_that_speaks_http_1_0_gets_the_same_bytes(server: Server) -> None:
    code, _, receiver = made = session(server)
    with socket.create_connection(("localhost", server.port), SECONDS) as raw, ThreadPoolExecutor(1) as crew:
        head = f"GET /live/{code}/road?page=p HTTP/1.0\r\nHost: localhost:{server.port}\r\n"
        raw.sendall(f"{head}Authorization: Bearer {receiver}\r\n\r\n".encode())
        carried = crew.submit(put, server, made, bytes(300_000))
        with raw.makefile("rb") as stream:
            while stream.readline().strip():
                pass
            assert stream.read(HEAD_BYTES) == SIGN_OF_LIFE
            came = 0
            while came < 300_000:
                _, _, seat_and_length, left = struct.unpack(">IIII", stream.read(HEAD_BYTES))
                came += len(stream.read(seat_and_length & 0xFFFFFF))
                assert left == 300_000 - came
        assert carried.result(SECONDS).status_code == 204


def test_64_slow_readers_slow_nobody_down(server: Server) -> None:
    """Each has an answer open that it does not read, and a body that waits: the home page comes all the same."""
    sessions = [session(server) for _ in range(64)]
    answers = [get(server, made) for made in sessions]
    stop = threading.Event()

    def send(made: Session) -> None:
        put(server, made, bytes(MOST_BODY))
        stop.wait(SECONDS)

    senders = [threading.Thread(target=send, args=(made,), daemon=True) for made in sessions]
    for sender in senders:
        sender.start()
    took = [requests.get(server.url, timeout=SECONDS).elapsed.total_seconds() for _ in range(20)]
    for answer in answers:
        answer.close()
    stop.set()
    assert sorted(took)[10] < 0.5
