"""Response bodies against real gunicorn: the bytes, the callbacks, and connections that break when they must."""

import io
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest

from packetpost.backends.disk.files import DiskFiles
from packetpost.web.serving.response_bodies import Slice, wsgi_body
from tests.support.bytes_server import BytesServer, bytes_of, sha

QUANTUM = 256 * 1024
SIZES = [0, 1, QUANTUM - 1, QUANTUM, QUANTUM + 1, 5 * QUANTUM + 3]
BIG = bytes_of(48 * 1024**2)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BytesServer]:
    server = BytesServer(tmp_path_factory.mktemp("sending"), BYTES_SILENCE="2", BYTES_GROWTH="2")
    server.call("PUT", "/big", BIG)
    yield server
    server.stop()


@pytest.fixture(autouse=True)
def fresh_notes(server: BytesServer) -> None:
    server.forget()


def finished(server: BytesServer) -> list[object]:
    return [line["complete"] for line in server.noted("finished")]


@pytest.mark.parametrize("size", SIZES)
def test_a_file_of_any_size_is_sent_whole_and_the_connection_goes_on(server: BytesServer, size: int) -> None:
    server.call("PUT", f"/size{size}", bytes_of(size))
    with server.line() as line:
        line.ask("GET", f"/size{size}")
        assert sha(line.reply().body) == sha(bytes_of(size))
        line.ask("GET", "/hello")
        assert line.reply().body == b"hello"
    assert finished(server) == [True]


@pytest.mark.parametrize(
    ("start", "count"), [(0, 1), (7, 3 * QUANTUM), (QUANTUM, 1), (len(BIG) - 5, 5), (1, 40_000_000)]
)
def test_a_range_of_a_file_is_sent(server: BytesServer, start: int, count: int) -> None:
    reply = server.call("GET", f"/big?start={start}&count={count}")
    assert sha(reply.body) == sha(BIG[start : start + count])
    assert finished(server) == [True]


def test_many_fast_downloads_at_once_are_right(server: BytesServer) -> None:
    digests: list[str] = []

    def download() -> None:
        with urlopen(f"http://127.0.0.1:{server.port}/big") as response:
            digests.append(sha(response.read()))

    threads = [threading.Thread(target=download) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert digests == [sha(BIG)] * 6
    assert [line["complete"] for line in server.noted("finished", 6)] == [True] * 6


def test_head_sends_no_byte_and_is_no_complete_answer(server: BytesServer) -> None:
    with server.line() as line:
        line.ask("HEAD", "/big")
        assert line.reply("HEAD").headers["content-length"] == str(len(BIG))
        line.ask("GET", "/hello")
        assert line.reply().body == b"hello"
    assert finished(server) == [False]


def test_a_client_that_leaves_has_no_complete_answer(server: BytesServer) -> None:
    with server.line(receive_buffer=65536) as line:
        line.ask("GET", "/big")
        line.head()
        line.vanish()
    assert finished(server) == [False]


def test_a_client_that_takes_nothing_is_given_up(server: BytesServer) -> None:
    with server.line(receive_buffer=65536) as line:
        line.ask("GET", "/big")
        assert finished(server) == [False]
        with pytest.raises((EOFError, ConnectionResetError)):
            line.reply()


def test_a_client_that_takes_no_page_is_given_up(server: BytesServer) -> None:
    with server.line(receive_buffer=65536) as line:
        line.ask("GET", "/unsendable")
        server.noted("closed")


def test_a_follower_gets_a_growing_file_to_its_end(server: BytesServer) -> None:
    body = bytes_of(6 * QUANTUM)
    with server.line() as sender, server.line() as follower:
        sender.ask("PUT", "/growing", body[:1000], announced=len(body))
        server.holds("growing", 1000)
        follower.ask("GET", f"/growing?count={len(body)}")
        assert follower.head()[0] == 200
        got = follower.receive(1000)
        sender.send(body[1000 : 2 * QUANTUM])
        got += follower.receive(2 * QUANTUM - 1000)
        sender.send(body[2 * QUANTUM :])
        got += follower.receive(4 * QUANTUM)
        assert sender.reply().status == 200
        follower.ask("GET", "/hello")
        assert follower.reply().body == b"hello"
    assert sha(got) == sha(body)
    assert finished(server) == [True]


def test_a_follower_is_cut_off_when_the_file_is_removed(server: BytesServer) -> None:
    server.call("PUT", "/removed", b"start")
    with server.line() as line:
        line.ask("GET", "/removed?count=100")
        line.head()
        assert line.receive(5) == b"start"
        server.call("DELETE", "/removed")
        with pytest.raises(EOFError):
            line.receive(1)
    assert finished(server) == [False]


def test_a_follower_is_cut_off_when_the_file_grows_no_more(server: BytesServer) -> None:
    server.call("PUT", "/stuck", b"start")
    with server.line() as line:
        line.ask("GET", "/stuck?count=100")
        line.head()
        assert line.receive(5) == b"start"
        with pytest.raises(EOFError):
            line.receive(1)
    assert finished(server) == [False]


def test_a_follower_that_leaves_is_noticed_before_the_file_grows(server: BytesServer) -> None:
    server.call("PUT", "/left", b"start")
    with server.line() as line:
        line.ask("GET", "/left?count=100")
        line.head()
        assert line.receive(5) == b"start"
    with server.line() as sender:
        sender.ask("PUT", "/left", announced=95)
        assert finished(server) == [False]


def test_a_download_is_cut_off_when_its_file_is_removed(server: BytesServer) -> None:
    server.call("PUT", "/doomed", BIG)
    with server.line(receive_buffer=65536) as line:
        line.ask("GET", "/doomed")
        line.head()
        line.receive(1000)
        server.call("DELETE", "/doomed")
        with pytest.raises((EOFError, ConnectionResetError)):
            line.receive(len(BIG) - 1000)
    assert finished(server) == [False]


def test_a_static_file_is_sent_whole(server: BytesServer) -> None:
    expected = (Path(__file__).parents[1] / "support" / "bytes_app.py").read_bytes()
    assert server.call("GET", "/static").body == expected


class Notes:
    """What the callbacks of a slice were told."""

    def __init__(self) -> None:
        self.finished: list[bool] = []

    def slice_of(self, folder: Path, body: bytes, start: int = 0) -> Slice:
        files = DiskFiles(folder)
        files.create("key")
        (folder / "ke" / "key").write_bytes(body)
        return Slice(files.open("key"), start, len(body) - start, self.finished.append, lambda: None)


def body_in(environ: dict[str, object], piece: Slice) -> io.IOBase:
    """What the server gets: something to iterate and to close."""
    body = wsgi_body(environ, piece)
    assert hasattr(body, "close")
    return body  # type: ignore[return-value]


def test_without_gunicorn_the_bytes_come_in_pieces(tmp_path: Path) -> None:
    notes = Notes()
    body = body_in({"wsgi.file_wrapper": None}, notes.slice_of(tmp_path, bytes_of(QUANTUM + 5), start=3))
    assert sha(b"".join(body)) == sha(bytes_of(QUANTUM + 5)[3:])
    body.close()
    body.close()
    assert notes.finished == [True]


@pytest.mark.parametrize("size", [0, 1])
def test_a_body_closed_before_it_was_asked_for_is_not_complete(tmp_path: Path, size: int) -> None:
    notes = Notes()
    body_in({}, notes.slice_of(tmp_path, bytes_of(size))).close()
    assert notes.finished == [False]


def test_a_body_closed_in_its_middle_is_not_complete(tmp_path: Path) -> None:
    notes = Notes()
    body = body_in({}, notes.slice_of(tmp_path, bytes_of(2 * QUANTUM)))
    next(iter(body))
    body.close()
    assert notes.finished == [False]


def test_the_last_byte_counts_only_once_the_server_asks_for_more(tmp_path: Path) -> None:
    notes = Notes()
    body = body_in({}, notes.slice_of(tmp_path, b"all"))
    assert next(iter(body)) == b"all"
    body.close()
    assert notes.finished == [False]
