"""gunicorn under our configuration: refused bodies, slow clients, stops and reloads, settings."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace

import pytest
from gunicorn.config import Config

from packetpost.web.serving import gunicorn_conf as configuration
from packetpost.web.serving.unread_body import Announcing
from tests.support.bytes_server import SECONDS, BytesServer, Line, bytes_of
from tests.support.server_process import ROOT, wait_until

GIB = 1024**3
# A worker that reads a refused body the stock way answers nobody else for seconds.
PROMPT = 1.0


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BytesServer]:
    server = BytesServer(tmp_path_factory.mktemp("server"), "--keep-alive", "1")
    yield server
    server.stop()


def pour(line: Line, stop: threading.Event) -> None:
    """Send zeros until told to stop, or until the server closes."""
    with suppress(OSError):
        while not stop.is_set():
            line.send(bytes(1024**2))


def slowest_hello(server: BytesServer, count: int) -> float:
    """The longest of so many small requests, in seconds."""
    slowest = 0.0
    for _ in range(count):
        before = time.monotonic()
        assert server.call("GET", "/hello").body == b"hello"
        slowest = max(slowest, time.monotonic() - before)
    return slowest


def test_a_refused_gib_is_answered_readably_and_holds_up_nobody(server: BytesServer) -> None:
    stop = threading.Event()
    with server.line() as line:
        line.ask("PUT", "/x?refuse=1", announced=GIB)
        sender = threading.Thread(target=pour, args=(line, stop))
        sender.start()
        reply = line.reply()
        assert slowest_hello(server, 50) < PROMPT
        stop.set()
        sender.join()
    assert (reply.status, reply.body, reply.headers["connection"]) == (413, b"too-large", "close")


def test_a_client_that_sends_all_before_it_reads_gets_its_refusal(server: BytesServer) -> None:
    with server.line() as line:
        line.ask("PUT", "/x?refuse=1", bytes(32 * 1024**2))
        assert line.reply().status == 413
        assert line.closed()


def test_a_refused_body_that_waited_for_100_continue_is_answered(server: BytesServer) -> None:
    with server.line() as line:
        line.ask("PUT", "/x?refuse=1", b"", "Expect: 100-continue", announced=GIB)
        assert line.head()[0] == 100
        assert line.reply().status == 413
        assert line.closed()


def test_after_a_small_refused_body_the_connection_goes_on(server: BytesServer) -> None:
    with server.line() as line:
        line.ask("PUT", "/x?refuse=1", bytes(60_000))
        reply = line.reply()
        assert (reply.status, reply.headers["connection"]) == (413, "keep-alive")
        line.ask("GET", "/hello")
        assert line.reply().body == b"hello"


def test_a_small_refused_body_that_never_comes_closes_the_connection(server: BytesServer) -> None:
    with server.line() as line:
        line.ask("PUT", "/x?refuse=1", announced=100)
        assert line.reply().status == 413
        assert line.closed()


@pytest.mark.parametrize(("chunks", "goes_on"), [(1, True), (100, False)])
def test_a_refused_chunked_body_is_swallowed_only_while_it_is_small(
    server: BytesServer, chunks: int, goes_on: bool
) -> None:
    body = (b"2710\r\n" + bytes(10_000) + b"\r\n") * chunks + b"0\r\n\r\n"
    with server.line() as line:
        line.ask("PUT", "/x?refuse=1", body, "Transfer-Encoding: chunked")
        assert line.reply().status == 413
        if goes_on:
            line.ask("GET", "/hello")
            assert line.reply().body == b"hello"
        else:
            assert line.closed()


def test_small_requests_are_answered_while_a_fast_upload_runs(server: BytesServer) -> None:
    stop = threading.Event()
    with server.line() as line:
        line.ask("PUT", "/fast", announced=100 * GIB)
        sender = threading.Thread(target=pour, args=(line, stop))
        sender.start()
        assert slowest_hello(server, 100) < PROMPT
        stop.set()
        sender.join()
    server.call("DELETE", "/fast")


def test_a_connection_that_says_nothing_is_closed(server: BytesServer) -> None:
    with server.line() as line:
        assert line.sock.recv(1) == b""


def test_a_head_that_comes_byte_by_byte_is_cut_off(server: BytesServer) -> None:
    started, cut_off = time.monotonic(), threading.Event()

    def drip() -> None:
        with suppress(OSError):
            while not cut_off.wait(0.05):
                line.send(b"x")

    with server.line() as line:
        line.send(b"GET /hello HTTP/1.1\r\nX-Slow: ")
        sender = threading.Thread(target=drip)
        sender.start()
        assert line.closed()
        cut_off.set()
        sender.join()
    assert time.monotonic() - started < 5


def test_ipv4_clients_have_ipv4_addresses(server: BytesServer) -> None:
    assert server.call("GET", "/address").body == b"127.0.0.1"


def test_forwarded_headers_are_left_to_the_app(server: BytesServer) -> None:
    assert server.call("GET", "/scheme", b"", "X-Forwarded-Proto: https").body == b"http"


def test_an_idle_connection_does_not_hold_up_a_stop(tmp_path: Path) -> None:
    server = BytesServer(tmp_path)
    with server.line() as idle, server.line() as silent:
        idle.ask("GET", "/hello")
        assert idle.reply().body == b"hello"
        before = time.monotonic()
        server.stop()
        assert silent.closed()
    assert time.monotonic() - before < 5


def test_a_running_upload_may_end_after_the_stop_signal(tmp_path: Path) -> None:
    server = BytesServer(tmp_path)
    body = bytes_of(100_000)
    with server.line() as line:
        line.ask("PUT", "/late", body[:50_000], announced=len(body))
        server.holds("late", 50_000)
        server.process.send_signal(signal.SIGTERM)
        wait_until(lambda: server.refuses(), SECONDS, "it still takes connections")
        line.send(body[50_000:])
        assert line.reply().status == 200
    server.process.wait(SECONDS)
    assert server.stored("late") == body


def test_a_transfer_that_outlasts_the_grace_is_cut_off_and_its_bytes_kept(tmp_path: Path) -> None:
    server = BytesServer(tmp_path, "--graceful-timeout", "1")
    with server.line() as line:
        line.ask("PUT", "/cut", b"start", announced=GIB)
        server.holds("cut", 5)
        server.stop()
        assert line.closed()
    assert server.stored("cut") == b"start"


def test_a_reload_brings_a_new_worker_and_lets_a_transfer_end(tmp_path: Path) -> None:
    server = BytesServer(tmp_path)
    before = server.call("GET", "/pid").body
    with server.line() as line:
        line.ask("PUT", "/kept", b"one", announced=6)
        server.holds("kept", 3)
        server.process.send_signal(signal.SIGHUP)
        wait_until(lambda: server.call("GET", "/pid").body != before, SECONDS, "the old worker still answers")
        line.send(b"two")
        assert line.reply().status == 200
    server.stop()
    assert server.stored("kept") == b"onetwo"


def test_settings_that_cannot_be_stop_the_start_with_a_sentence() -> None:
    ended = subprocess.run(
        [
            sys.executable,
            "-m",
            "gunicorn",
            "--config",
            "packetpost/web/serving/gunicorn_conf.py",
            "tests.support.bytes_app:app",
        ],
        cwd=ROOT,
        env={**os.environ, "PORT": "no number"},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert ended.returncode == 1
    assert ended.stderr == "Packet Post cannot start: PORT must be a whole number of port, not 'no number'.\n"


class Noting:
    """Stands for the sweeper and the relay."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    def start(self) -> None:
        self.heard.append("start")

    def stop(self) -> None:
        self.heard.append("stop")


def test_the_worker_starts_and_stops_the_sweeper_and_stops_the_relay_and_the_roads() -> None:
    sweeper, relay, roads = Noting(), Noting(), Noting()
    app = SimpleNamespace(extensions={"packetpost": SimpleNamespace(sweeper=sweeper, relay=relay, roads=roads)})
    worker = SimpleNamespace(wsgi=app)
    configuration.post_worker_init(worker)
    configuration.worker_exit(None, worker)
    assert isinstance(worker.wsgi, Announcing)
    assert (sweeper.heard, relay.heard, roads.heard) == (["start", "stop"], ["stop"], ["stop"])


def test_a_worker_that_could_not_load_the_app_exits_without_a_sweeper() -> None:
    configuration.worker_exit(None, SimpleNamespace())


def test_gunicorn_starts_by_the_old_path_of_its_settings_too(tmp_path: Path) -> None:
    """`packetpost/web/server.py` is in operators' own service files. It goes with the release after 0.2."""
    server = BytesServer(tmp_path, "--config", "packetpost/web/server.py")
    try:
        with server.line() as line:
            line.ask("PUT", "/x?refuse=1", announced=GIB)
            assert line.reply().headers["connection"] == "close"  # as only our hooks have it
    finally:
        server.stop()


@pytest.mark.parametrize("error", [TimeoutError(110, "timed out"), OSError(113, "no route"), TimeoutError()])
def test_a_connection_that_broke_off_is_one_line_of_the_log(error: OSError, capsys: pytest.CaptureFixture[str]) -> None:
    log = configuration._Lines(Config())
    try:
        raise error
    except OSError:
        log.exception("Socket error processing request.")
    told = capsys.readouterr().err
    assert (told.count("\n"), "A connection broke off" in told, "Traceback" in told) == (1, True, False)
