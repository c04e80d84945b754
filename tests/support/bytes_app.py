"""A small WSGI app on our gunicorn configuration, for the tests of bodies, sending and server: no Flask, no records.

`PUT /key` stores the body (`?read=n` only reads n bytes, `?refuse=1` reads none), `GET /key` sends it (`?start=`,
`?count=`), `DELETE /key` removes it. What happened inside is written to the file `notes`, one JSON object a line.
"""

import json
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packetpost.backends.disk.files import DiskFiles
from packetpost.errors import Problem, TooLarge
from packetpost.protocols import Body, WriteObserver
from packetpost.web.serving import client_timeouts, response_bodies
from packetpost.web.serving.request_bodies import body_of
from packetpost.web.serving.response_bodies import Slice, wsgi_body

Answer = tuple[Iterable[bytes], int]
Query = dict[str, int]

FOLDER = Path(os.environ["BYTES_FOLDER"])
FILES = DiskFiles(FOLDER)
MOST = 2**60
BIG = 256 * 1024**2
client_timeouts.SILENCE = float(os.environ.get("BYTES_SILENCE", client_timeouts.SILENCE))
response_bodies.GROWTH = float(os.environ.get("BYTES_GROWTH", response_bodies.GROWTH))
response_bodies.LOOK = 0.2


def note(what: str, **facts: object) -> None:
    with (FOLDER / "notes").open("a") as notes:
        notes.write(json.dumps({"what": what, **facts}) + "\n")


@dataclass
class NotingObserver:
    """Passes everything on and notes when the lock is released."""

    observer: WriteObserver

    def wrote(self, count: int) -> None:
        self.observer.wrote(count)

    @contextmanager
    def lock_released(self) -> Iterator[None]:
        with self.observer.lock_released():
            note("lock released")
            yield
        note("goes on")


@dataclass
class NotingBody:
    body: Body

    @property
    def length(self) -> int | None:
        return self.body.length

    def read(self, size: int) -> bytes:
        return self.body.read(size)

    def copy_to(self, fd: int, limit: int, observer: WriteObserver) -> int:
        return self.body.copy_to(fd, limit, NotingObserver(observer))


class Unsendable:
    """Far more text than any socket holds."""

    def __iter__(self) -> Iterator[bytes]:
        yield bytes(BIG)

    def close(self) -> None:
        note("closed")


def app(environ: dict[str, Any], start_response: Callable[..., object]) -> Iterable[bytes]:
    key = environ["PATH_INFO"].strip("/")
    query = {
        name: int(value) for name, _, value in (p.partition("=") for p in environ["QUERY_STRING"].split("&")) if name
    }
    try:
        answer, length = VERBS[environ["REQUEST_METHOD"]](environ, key, query)
        status = "200 OK"
    except Problem as problem:
        note("refused", code=problem.code)
        answer, length = text(problem.code)
        status = f"{problem.status} Refused"
    start_response(status, [("Content-Type", "text/plain"), ("Content-Length", str(length))])
    return answer


def text(words: object) -> Answer:
    line = str(words).encode()
    return [line], len(line)


def put(environ: dict[str, Any], key: str, query: Query) -> Answer:
    if "refuse" in query:
        raise TooLarge
    body = body_of(environ)
    note(type(body).__name__)
    if "read" in query:
        left = query["read"]
        while left and (piece := body.read(left)):
            left -= len(piece)
        return text(query["read"] - left)
    offset = FILES.size(key)
    if offset is None:
        FILES.create(key)
    return text(FILES.append(key, offset or 0, NotingBody(body), query.get("limit", MOST)))


def get(environ: dict[str, Any], key: str, query: Query) -> Answer:
    if key in FACTS:
        return text(FACTS[key](environ))
    if key == "unsendable":
        return Unsendable(), BIG
    if key == "static":
        return environ["wsgi.file_wrapper"](Path(__file__).open("rb")), Path(__file__).stat().st_size
    stored = FILES.open(key)
    start = query.get("start", 0)
    count = query.get("count", stored.size() - start)
    piece = Slice(stored, start, count, lambda complete: note("finished", complete=complete), lambda: note("moving"))
    return wsgi_body(environ, piece), count


def delete(environ: dict[str, Any], key: str, query: Query) -> Answer:
    FILES.remove(key)
    return text("removed")


VERBS = {"PUT": put, "GET": get, "HEAD": get, "DELETE": delete}
FACTS: dict[str, Callable[[dict[str, Any]], object]] = {
    "hello": lambda environ: "hello",
    "pid": lambda environ: os.getpid(),
    "scheme": lambda environ: environ["wsgi.url_scheme"],
    "address": lambda environ: environ["REMOTE_ADDR"],
}
