"""The private parts of gunicorn and gevent that we use are still there, and still do what we need.

Whatever fails here after an upgrade: read the part's new source, mend `packetpost/web/serving/gunicorn_internals.py`,
which is the only place that knows it, run `tests/serving`, and note the version in its `READ_IN`.
"""

import inspect
import io
import re
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any, NoReturn

import gevent
import gevent.threadpool
import pytest
from gevent.socket import SocketType
from gunicorn import util
from gunicorn.config import Config
from gunicorn.glogging import Logger
from gunicorn.http import wsgi
from gunicorn.http.body import Body
from gunicorn.http.message import Request
from gunicorn.http.parser import RequestParser
from gunicorn.workers.base import Worker
from gunicorn.workers.ggevent import GeventWorker

from packetpost.web.serving import gunicorn_internals
from packetpost.web.serving.gunicorn_internals import READ_IN, ChunkFraming, LengthFraming

PACKAGE = Path(__file__).parents[2] / "packetpost"
LENGTH = b"PUT /x HTTP/1.1\r\nHost: test\r\nContent-Length: 6\r\n\r\n"
CHUNKED = b"PUT /x HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n"


def changed(part: str) -> NoReturn:
    versions = ", ".join(f"{name} {version(name)} (read in {READ_IN[name]})" for name in READ_IN)
    pytest.fail(
        f"{part} is gone or has changed: {versions}. Read its new source, mend "
        f"packetpost/web/serving/gunicorn_internals.py, run tests/serving, and put the new version into READ_IN."
    )


class Pieces:
    """A socket that brings these pieces and says how often it was asked."""

    def __init__(self, *pieces: bytes) -> None:
        self.pieces = list(pieces)

    def recv(self, size: int) -> bytes:
        piece = self.pieces.pop(0) if self.pieces else b""
        if len(piece) > size:
            self.pieces.insert(0, piece[size:])
        return piece[:size]

    sendall = None


def parsed(*pieces: bytes) -> tuple[Request, RequestParser, Pieces]:
    """The next request of a connection that brings these pieces, as gunicorn parses it."""
    sock = Pieces(*pieces)
    parser = RequestParser(Config(), sock, ("127.0.0.1", 1))
    return next(parser), parser, sock


def framed(*pieces: bytes) -> LengthFraming | ChunkFraming | None:
    return gunicorn_internals.framing_of({"wsgi.input": parsed(*pieces)[0].body})


def length_framing(*pieces: bytes) -> LengthFraming:
    framing = framed(*pieces)
    return framing if isinstance(framing, LengthFraming) else changed("gunicorn.http.body.LengthReader")


def chunk_framing(*pieces: bytes) -> ChunkFraming:
    framing = framed(*pieces)
    return framing if isinstance(framing, ChunkFraming) else changed("gunicorn.http.body.ChunkedReader")


def parameters(function: Callable[..., Any]) -> list[str]:
    return list(inspect.signature(function).parameters)


def attribute(path: str, holder: object) -> object:
    """The attribute, or the loud end of the test; `path` is how a reader finds it."""
    name = path.rpartition(".")[2]
    return getattr(holder, name) if hasattr(holder, name) else changed(path)


def test_what_is_left_of_an_announced_body_is_the_readers_length() -> None:
    framing = length_framing(LENGTH + b"body")
    reader: Any = parsed(LENGTH + b"body")[0].body.reader
    assert (framing.left, attribute("gunicorn.http.body.LengthReader.length", reader)) == (6, 6)


def test_bytes_read_ahead_are_the_unreaders_and_can_be_taken() -> None:
    request, _, _ = parsed(LENGTH + b"body")
    unreader = attribute("gunicorn.http.body.LengthReader.unreader", request.body.reader)
    for name in ("buf", "take_buffered", "unread"):
        attribute(f"gunicorn.http.unreader.Unreader.{name}", unreader)
    framing = LengthFraming(request.body)
    assert framing.has_read_ahead()
    assert (framing.read_ahead(3), framing.read_ahead(100), framing.has_read_ahead()) == (b"bod", b"y", False)
    assert framing.left == 2


def test_the_next_request_is_found_behind_what_we_took_ourselves() -> None:
    request, parser, sock = parsed(LENGTH, b"bodies", b"GET /next HTTP/1.1\r\nHost: test\r\n\r\n")
    framing = LengthFraming(request.body)
    framing.took(len(sock.recv(6)))
    if next(parser).path != "/next":
        changed("gunicorn.http.parser.Parser.__next__, which finds the next request by LengthReader.length,")


def test_the_next_request_stays_in_the_buffer_when_a_body_was_read_ahead() -> None:
    request, parser, _ = parsed(LENGTH + b"bodiesGET /next HTTP/1.1\r\nHost: test\r\n\r\n")
    assert LengthFraming(request.body).read_ahead(100) == b"bodies"
    if next(parser).path != "/next":
        changed("gunicorn.http.unreader.Unreader.unread")


def test_a_chunked_body_comes_piece_by_piece_from_the_readers_parser() -> None:
    framing = chunk_framing(CHUNKED + b"3\r\none\r\n", b"3\r\ntwo\r\n0\r\n\r\n")
    assert (framing.next_piece(), framing.next_piece(), framing.next_piece()) == (b"one", b"two", b"")
    if not framing.ended():
        changed("gunicorn.http.body.ChunkedReader.parser")


def test_the_parser_of_chunks_reads_from_the_source_that_stands_in_for_its_socket() -> None:
    request, _, sock = parsed(CHUNKED)
    framing = ChunkFraming(request.body)
    with framing.reading_from(Pieces(b"3\r\nown\r\n")):
        if framing.next_piece() != b"own":
            changed("gunicorn.http.unreader.SocketUnreader.sock")
    assert request.unreader.sock is sock


def test_a_body_of_which_something_was_read_has_no_framing_to_go_by() -> None:
    for request in (parsed(LENGTH + b"bodies")[0], parsed(CHUNKED + b"6\r\nbodies\r\n0\r\n\r\n")[0]):
        request.body.read(2)
        if gunicorn_internals.framing_of({"wsgi.input": request.body}):
            changed("gunicorn.http.body.Body.buf")


def test_a_failed_body_ends_the_connection() -> None:
    request, parser, _ = parsed(LENGTH + b"bodies" + LENGTH)
    gunicorn_internals.close_after(request.body)
    assert gunicorn_internals.closes_after(request.body)
    with pytest.raises(StopIteration):
        changed(f"gunicorn.http.body.Body.failed, after which came {next(parser)},")


def test_what_is_left_unread_can_be_told() -> None:
    length, chunked = parsed(LENGTH)[0].body, parsed(CHUNKED)[0].body
    assert gunicorn_internals.is_framed(length)
    assert gunicorn_internals.is_framed(chunked)
    assert (gunicorn_internals.announced_left(length), gunicorn_internals.announced_left(chunked)) == (6, None)
    assert not gunicorn_internals.is_framed(Body(io.BytesIO()))


def test_the_environ_holds_the_connections_own_socket() -> None:
    if "environ['gunicorn.socket'] = sock" not in inspect.getsource(wsgi) and '"gunicorn.socket": sock' not in (
        inspect.getsource(wsgi)
    ):
        changed('environ["gunicorn.socket"], which gunicorn.http.wsgi sets,')


def test_start_response_is_a_method_of_a_response_that_can_be_made_to_close() -> None:
    request = parsed(LENGTH)[0]
    response = wsgi.Response(request, Pieces(), Config())
    gunicorn_internals.announce_close(response.start_response)
    if not response.should_close():
        changed("gunicorn.http.wsgi.Response.force_close")
    attribute("gunicorn.http.wsgi.Response.headers_sent", response)
    assert not gunicorn_internals.has_begun(response)
    assert not gunicorn_internals.has_begun(None)


@pytest.mark.parametrize(("version", "chunks"), [(b"1.1", True), (b"1.0", False)])
def test_the_response_knows_whether_an_answer_without_length_goes_in_chunks(version: bytes, chunks: bool) -> None:
    response = wsgi.Response(parsed(b"GET / HTTP/" + version + b"\r\nHost: test\r\n\r\n")[0], Pieces(), Config())
    answer = gunicorn_internals.answer_of(response.start_response)
    response.start_response("200 OK", [])
    if not answer or answer.in_chunks() != chunks:
        changed("gunicorn.http.wsgi.Response.chunked")


def test_parts_of_a_chunked_answer_are_written_as_we_write_them() -> None:
    written = inspect.getsource(attribute("gunicorn.util.write_chunk", util))  # type: ignore[arg-type]
    if '"%X\\r\\n" % len(data)' not in written or 'data, b"\\r\\n"' not in written:
        changed("gunicorn.util.write_chunk")


def test_gunicorn_hands_the_file_itself_to_the_sockets_sendfile() -> None:
    sending = inspect.getsource(attribute("gunicorn.http.wsgi.Response.sendfile", wsgi.Response))  # type: ignore[arg-type]
    if "self.sock.sendfile(respiter.filelike, offset=offset, count=nbytes)" not in sending:
        changed("gunicorn.http.wsgi.Response.sendfile")


def test_gevents_sockets_have_a_sendfile_of_their_own_to_replace() -> None:
    own = attribute("gevent.socket.SocketType.sendfile", SocketType)
    if parameters(own) != ["self", "file", "offset", "count"]:  # type: ignore[arg-type]
        changed("gevent.socket.SocketType.sendfile")


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        ("handle", ["self", "listener", "client", "addr"]),
        ("handle_request", ["self", "listener_name", "req", "sock", "addr"]),
        ("run", ["self"]),
    ],
)
def test_the_gevent_worker_has_the_methods_that_ours_stands_in_for(method: str, expected: list[str]) -> None:
    if parameters(attribute(f"gunicorn.workers.ggevent.GeventWorker.{method}", GeventWorker)) != expected:  # type: ignore[arg-type]
        changed(f"gunicorn.workers.ggevent.GeventWorker.{method}")


def test_every_connection_is_a_call_of_handle_and_every_request_one_of_handle_request() -> None:
    if "partial(self.handle, s)" not in inspect.getsource(GeventWorker.run):
        changed("gunicorn.workers.ggevent.GeventWorker.run")
    if "self.handle_request(listener_name, req, client, addr)" not in inspect.getsource(GeventWorker.__mro__[1].handle):
        changed("gunicorn.workers.base_async.AsyncWorker.handle")


def test_a_worker_lives_until_alive_is_false_and_keeps_its_app_as_wsgi() -> None:
    if "self.alive = True" not in inspect.getsource(Worker.__init__):
        changed("gunicorn.workers.base.Worker.alive")
    if "self.wsgi = self.app.wsgi()" not in inspect.getsource(Worker.load_wsgi):
        changed("gunicorn.workers.base.Worker.wsgi")


def test_gunicorns_own_log_has_handlers_to_format() -> None:
    """`gunicorn_conf` stands in for the Logger itself, since the master reads it before anything else."""
    attribute("gunicorn.glogging.Logger.error_log", Logger(Config()))


def test_gevents_hub_has_a_thread_pool_whose_jobs_can_be_waited_for() -> None:
    """For `packetpost.threads`, which lies below; gevent documents these."""
    job = gevent.get_hub().threadpool.spawn(str, 1)
    job.wait()
    assert (job.get(), job.value) == ("1", "1")
    attribute("gevent.threadpool.ThreadPoolExecutor", gevent.threadpool)


def test_nobody_else_looks_inside_of_gunicorn() -> None:
    touch = re.compile(
        r"^\s*(?:from|import) gunicorn\b(?!\.glogging)|gunicorn\.socket|unreader|__self__|SocketType\.\w+ =|"
        r"\.reader\b|\.failed\b",
        re.MULTILINE,
    )
    typing_only = re.compile(r"^if TYPE_CHECKING:\n(?:    .*\n|\n)+", re.MULTILINE)
    others = [path for path in PACKAGE.rglob("*.py") if path.name != "gunicorn_internals.py"]
    assert {path.name: touch.findall(typing_only.sub("", path.read_text())) for path in others} == {
        path.name: [] for path in others
    }
