"""Request bodies against real gunicorn: what is stored, and what state the connection is left in."""

import io
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import pytest

from packetpost.errors import ClientGone
from packetpost.web.serving.request_bodies import QUANTUM, PlainBody
from tests.support.bytes_server import BytesServer, bytes_of, sha

SIZES = [0, 1, QUANTUM - 1, QUANTUM, QUANTUM + 1, 5 * QUANTUM + 3, 20 * 1024**2 + 7]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BytesServer]:
    server = BytesServer(tmp_path_factory.mktemp("bodies"), BYTES_SILENCE="3")
    yield server
    server.stop()


@pytest.fixture
def key(request: pytest.FixtureRequest) -> str:
    """A key that no other test uses."""
    return f"{abs(hash(request.node.nodeid)):x}"


def chunked(body: bytes, step: int) -> bytes:
    pieces = [body[at : at + step] for at in range(0, len(body), step)]
    return b"".join(b"%X\r\n%b\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


CHUNKED = "Transfer-Encoding: chunked"


@pytest.mark.parametrize("size", SIZES)
def test_a_body_of_any_size_is_stored_and_the_connection_goes_on(server: BytesServer, key: str, size: int) -> None:
    body = bytes_of(size)
    with server.line() as line:
        line.ask("PUT", f"/{key}", body)
        assert line.reply().body == str(size).encode()
        line.ask("GET", "/hello")
        assert line.reply().body == b"hello"
    assert sha(server.stored(key)) == sha(body)


@pytest.mark.parametrize("step", [1000, 64 * 1024, 3 * QUANTUM])
@pytest.mark.parametrize("size", SIZES)
def test_a_chunked_body_of_any_size_is_stored_and_the_connection_goes_on(
    server: BytesServer, key: str, size: int, step: int
) -> None:
    body = bytes_of(size)
    with server.line() as line:
        line.ask("PUT", f"/{key}", chunked(body, step), CHUNKED)
        assert line.reply().body == str(size).encode()
        line.ask("GET", "/hello")
        assert line.reply().body == b"hello"
    assert sha(server.stored(key)) == sha(body)
    assert server.notes("ChunkedBody")


@pytest.mark.parametrize("size", [1, 5000, 3 * QUANTUM])
@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_a_request_glued_to_the_end_of_a_body_is_answered(
    server: BytesServer, key: str, framing: str, size: int
) -> None:
    body = bytes_of(size)
    following = b"GET /hello HTTP/1.1\r\nHost: test\r\n\r\n"
    with server.line() as line:
        if framing == "length":
            line.ask("PUT", f"/{key}", body + following, announced=size)
        else:
            line.ask("PUT", f"/{key}", chunked(body, 1000) + following, CHUNKED)
        assert line.reply().body == str(size).encode()
        assert line.reply().body == b"hello"
    assert sha(server.stored(key)) == sha(body)


def test_a_body_that_comes_byte_by_byte_is_stored(server: BytesServer, key: str) -> None:
    body = bytes_of(300)
    with server.line() as line:
        line.ask("PUT", f"/{key}", announced=len(body))
        for byte in body:
            line.send(bytes([byte]))
            server.stored(key)
        assert line.reply().status == 200
    assert server.stored(key) == body


def test_a_small_rest_of_a_half_read_body_is_swallowed(server: BytesServer) -> None:
    with server.line() as line:
        line.ask("PUT", "/x?read=100", bytes_of(50_000))
        assert line.reply().body == b"100"
        line.ask("GET", "/hello")
        assert line.reply().body == b"hello"


def test_a_big_rest_of_a_half_read_body_closes_the_connection(server: BytesServer) -> None:
    request_in_the_body = b"GET /hello HTTP/1.1\r\nHost: test\r\n\r\n" * 10_000
    with server.line() as line:
        line.ask("PUT", "/x?read=100", request_in_the_body)
        reply = line.reply()
        assert (reply.body, reply.headers["connection"]) == (b"100", "close")
        assert line.sock.recv(1) == b""


def test_more_than_the_limit_is_refused_and_the_limit_is_stored(server: BytesServer, key: str) -> None:
    body = bytes_of(2 * QUANTUM)
    reply = server.call("PUT", f"/{key}?limit={QUANTUM}", body)
    assert (reply.status, reply.body) == (413, b"too-large")
    assert sha(server.stored(key)) == sha(body[:QUANTUM])


@pytest.mark.parametrize("leave", ["close", "reset"])
@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_what_arrived_before_the_client_left_is_kept(server: BytesServer, key: str, framing: str, leave: str) -> None:
    body = bytes_of(3 * QUANTUM + 17)
    with server.line() as line:
        if framing == "length":
            line.ask("PUT", f"/{key}", body, announced=10**9)
        else:
            line.ask("PUT", f"/{key}", b"3B9ACA00\r\n" + body, CHUNKED)
        server.holds(key, len(body))
        if leave == "reset":
            line.vanish()
    assert sha(server.stored(key)) == sha(body)


def test_a_client_that_leaves_is_told_so_if_it_still_listens(server: BytesServer, key: str) -> None:
    with server.line() as line:
        line.ask("PUT", f"/{key}", b"half", announced=8)
        line.sock.shutdown(1)
        assert line.reply().body == b"client-gone"
    assert server.stored(key) == b"half"


def test_malformed_chunks_are_refused_and_what_came_before_is_kept(server: BytesServer, key: str) -> None:
    with server.line() as line:
        line.ask("PUT", f"/{key}", b"5\r\nfirst\r\nnonsense\r\n", CHUNKED)
        assert line.reply().body == b"bad-request"
        assert line.closed()
    assert server.stored(key) == b"first"


@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_a_silent_client_gives_its_lock_away_and_may_go_on(server: BytesServer, key: str, framing: str) -> None:
    released = len(server.notes("lock released"))
    with server.line() as line:
        if framing == "length":
            line.ask("PUT", f"/{key}", b"one", announced=6)
        else:
            line.ask("PUT", f"/{key}", b"3\r\none\r\n", CHUNKED)
        server.noted("lock released", released + 1)
        line.send(b"two" if framing == "length" else b"3\r\ntwo\r\n0\r\n\r\n")
        assert line.reply().status == 200
    assert server.stored(key) == b"onetwo"


def test_a_second_writer_is_locked_out_while_bytes_flow(server: BytesServer, key: str) -> None:
    answered = threading.Event()
    with server.line() as line:

        def flow() -> None:
            while not answered.wait(0.05):
                line.send(b"x")

        line.ask("PUT", f"/{key}", b"x", announced=10**6)
        server.holds(key, 1)
        sender = threading.Thread(target=flow)
        sender.start()
        reply = server.call("PUT", f"/{key}", b"second")
        answered.set()
        sender.join()
    assert (reply.status, reply.body) == (423, b"locked")


def test_a_second_writer_takes_over_from_a_silent_one(server: BytesServer, key: str) -> None:
    released = len(server.notes("lock released"))
    with server.line() as line:
        line.ask("PUT", f"/{key}", b"one", announced=10**6)
        server.noted("lock released", released + 1)
        assert server.call("PUT", f"/{key}", b"two").status == 200
        line.send(b"late")
        assert line.reply().body == b"locked"
        assert line.closed()
    assert server.stored(key) == b"onetwo"


def test_a_client_that_stays_silent_is_taken_for_gone(server: BytesServer, key: str) -> None:
    with server.line() as line:
        line.ask("PUT", f"/{key}", b"one", announced=6)
        assert line.reply().body == b"client-gone"
        assert line.closed()
    assert server.stored(key) == b"one"


def test_a_removed_upload_ends_its_request_and_closes(server: BytesServer, key: str) -> None:
    with server.line() as line:
        line.ask("PUT", f"/{key}", b"one", announced=10**6)
        server.holds(key, 3)
        server.call("DELETE", f"/{key}")
        line.send(b"two")
        assert line.reply().body == b"not-found"
        assert line.closed()


class Noting:
    """A WriteObserver that adds up."""

    def __init__(self) -> None:
        self.written = 0

    def wrote(self, count: int) -> None:
        self.written += count

    def lock_released(self) -> AbstractContextManager[None]:
        return nullcontext()


def plain(body: bytes, **environ: object) -> PlainBody:
    return PlainBody({"wsgi.input": io.BytesIO(body), **environ}, lambda _: None)


def test_a_plain_body_ends_at_its_length(tmp_path: Path) -> None:
    body, observer = plain(b"body and more", CONTENT_LENGTH="4"), Noting()
    with tmp_path.joinpath("file").open("wb") as file:
        assert body.copy_to(file.fileno(), 100, observer) == 4
    assert (tmp_path / "file").read_bytes() == b"body"
    assert (body.length, observer.written, body.read(1)) == (0, 4, b"")


def test_a_plain_body_that_is_too_short_means_that_the_client_left(tmp_path: Path) -> None:
    body = plain(b"short", CONTENT_LENGTH="10")
    with tmp_path.joinpath("file").open("wb") as file, pytest.raises(ClientGone):
        body.copy_to(file.fileno(), 100, Noting())
    assert (tmp_path / "file").read_bytes() == b"short"


def test_a_plain_body_without_a_length_is_read_only_where_the_server_ends_it() -> None:
    assert plain(b"unbounded").read(10) == b""
    assert plain(b"chunks", **{"wsgi.input_terminated": True}).read(10) == b"chunks"


def test_a_plain_body_whose_stream_fails_means_that_the_client_left() -> None:
    class Broken(io.RawIOBase):
        def read(self, size: int = -1) -> bytes:
            raise ConnectionResetError

    with pytest.raises(ClientGone):
        PlainBody({"wsgi.input": Broken(), "CONTENT_LENGTH": "5"}, lambda _: None).read(5)
