"""What the HTTP suites share: bytes to send, links made in one call, a tus client of few words, bare connections."""

import hashlib
import random
import socket
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import requests

from tests.support.bytes_server import SECONDS, Line
from tests.support.server_process import Server, wait_until

KIB, MIB = 1024, 1024**2
TUS = {"Tus-Resumable": "1.0.0"}
OCTETS = {**TUS, "Content-Type": "application/offset+octet-stream"}

Headers = Mapping[str, str | bytes]
Content = bytes | Iterator[bytes]


def content(size: int, seed: int = 0) -> bytes:
    """Bytes that look like nothing else, the same for the same seed."""
    return random.Random(seed).randbytes(size)


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@dataclass(frozen=True)
class Shared:
    """A link as its sender knows it."""

    url: str
    delete_url: str

    @property
    def id(self) -> str:
        return self.url.rpartition("/")[2]

    @property
    def download_url(self) -> str:
        """The only file, or the zip of several."""
        return self.url.replace("/l/", "/api/download/")

    @property
    def zip_url(self) -> str:
        return f"{self.download_url}.zip"

    def file_url(self, position: int = 0) -> str:
        return f"{self.download_url}/{position}/any-name"

    def delete(self) -> None:
        answer = requests.delete(self.delete_url, timeout=SECONDS)
        assert answer.status_code == 204, answer.text


def shared(answer: requests.Response) -> Shared:
    """The link that an answer to an upload by program tells."""
    assert answer.status_code == 201, answer.text
    return Shared(answer.headers.get("X-Link") or answer.headers["Location"], answer.headers["X-Url-Delete"])


def put(server: Server, data: Content, name: str = "a.bin", headers: Headers | None = None) -> requests.Response:
    return requests.put(f"{server.url}/{quote(name)}", data, headers=headers, timeout=SECONDS)


def share(server: Server, data: bytes, name: str = "a.bin", headers: Headers | None = None) -> Shared:
    """A link of one whole file."""
    return shared(put(server, data, name, headers))


def share_all(server: Server, files: list[tuple[str, bytes]], headers: Headers | None = None) -> Shared:
    """A link of several whole files."""
    parts = [("file", (name, data)) for name, data in files]
    return shared(requests.post(f"{server.url}/api/upload", files=parts, headers=headers, timeout=SECONDS))


def fetch(url: str, headers: Headers | None = None) -> requests.Response:
    return requests.get(url, headers=headers, timeout=SECONDS)


def expect(status: int, answer: requests.Response) -> requests.Response:
    """Insist on a status. A server whose store is away raises HTTPError, for tests that take it away."""
    if answer.status_code == 503:
        answer.raise_for_status()
    assert answer.status_code == status, answer.text or answer.status_code
    return answer


def fetched(url: str) -> str:
    """The SHA-256 of a whole download."""
    return sha256(expect(200, fetch(url)).content)


@dataclass(frozen=True)
class Tus:
    """An upload on the server."""

    url: str
    link: Shared | None

    @property
    def id(self) -> str:
        return self.url.rpartition("/")[2]

    @property
    def path(self) -> str:
        return f"/api/files/{self.id}"

    @property
    def shown(self) -> Shared:
        """The link that shows it; parts have none."""
        assert self.link is not None
        return self.link

    def at(self, other: Server) -> "Tus":
        """The same upload at another instance."""
        return Tus(f"{other.url}{self.path}", self.link)

    def head(self) -> requests.Response:
        return requests.head(self.url, headers=TUS, timeout=SECONDS)

    def offset(self) -> int:
        return int(expect(200, self.head()).headers["Upload-Offset"])

    def patch(self, offset: int, body: Content, headers: Headers | None = None) -> requests.Response:
        given = {**OCTETS, "Upload-Offset": str(offset), **(headers or {})}
        return requests.patch(self.url, body, headers=given, timeout=SECONDS)

    def holds(self, count: int) -> None:
        """Wait until exactly so many bytes are stored."""
        wait_until(lambda: self.offset() == count, SECONDS, lambda: f"{self.offset()} of {count} bytes are stored")


def create(server: Server, headers: Headers, body: bytes = b"") -> requests.Response:
    """The bare tus POST."""
    return requests.post(f"{server.url}/api/files", body, headers={**TUS, **headers}, timeout=SECONDS)


def begin(server: Server, size: int | None, headers: Headers | None = None) -> Tus:
    """An empty upload; `size` None defers its length."""
    length = {"Upload-Defer-Length": "1"} if size is None else {"Upload-Length": str(size)}
    answer = expect(201, create(server, {**length, **(headers or {})}))
    return Tus(answer.headers["Location"], shared(answer) if "X-Link" in answer.headers else None)


def begin_part(server: Server, data: bytes) -> Tus:
    """A finished part, to be joined."""
    part = begin(server, len(data), {"Upload-Concat": "partial"})
    assert part.patch(0, data).status_code == 204
    return part


@contextmanager
def line(server: Server, receive_buffer: int | None = None) -> Iterator[Line]:
    """A bare connection, for clients that behave badly."""
    with socket.socket() as sock:
        sock.settimeout(SECONDS)
        if receive_buffer:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        sock.connect(("127.0.0.1", server.port))
        yield Line(sock)


def start_patch(line: Line, upload: Tus, offset: int, announced: int, body: bytes) -> None:
    """Send the head of a PATCH and the first bytes of its body."""
    headers = (*(f"{name}: {value}" for name, value in OCTETS.items()), f"Upload-Offset: {offset}")
    line.ask("PATCH", upload.path, body, *headers, announced=announced)


def stored(server: Server) -> list[Path]:
    """The files that the server keeps."""
    return [path for path in (server.data_dir / "files").rglob("*") if path.is_file()]


def facts(server: Server, query: str, *values: object) -> list[tuple[Any, ...]]:
    """Rows of the server's database: columns of whatever types the query asks for."""
    with closing(sqlite3.connect(server.data_dir / "packetpost.sqlite")) as connection:
        return connection.execute(query, values).fetchall()
