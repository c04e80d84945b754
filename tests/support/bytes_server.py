"""Runs the small app of `bytes_app` under gunicorn with our configuration, and speaks to it over bare sockets."""

import hashlib
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.server_process import ROOT, free_port, wait_until

SECONDS = 15


@dataclass(frozen=True)
class Reply:
    status: int
    headers: dict[str, str]
    body: bytes


class Line:
    """One connection. What the server sends is read answer by answer."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock, self._ahead = sock, b""

    def send(self, data: bytes) -> None:
        self.sock.sendall(data)

    def ask(self, method: str, path: str, body: bytes = b"", *headers: str, announced: int | None = None) -> None:
        """Send a request; `announced` is its Content-Length where the body is not sent here, or not all of it."""
        length = len(body) if announced is None else announced
        lines = [f"{method} {path} HTTP/1.1", "Host: test", *headers]
        if not any(header.lower().startswith("transfer-encoding") for header in headers):
            lines.append(f"Content-Length: {length}")
        self.send("\r\n".join(lines).encode() + b"\r\n\r\n" + body)

    def head(self) -> tuple[int, dict[str, str]]:
        """Read a status line and headers."""
        while b"\r\n\r\n" not in self._ahead:
            data = self.sock.recv(65536)
            if not data:
                raise EOFError(f"closed after {self._ahead!r}")
            self._ahead += data
        head, _, self._ahead = self._ahead.partition(b"\r\n\r\n")
        first, *rest = head.decode("latin-1").split("\r\n")
        return int(first.split()[1]), {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in rest)}

    def reply(self, to: str = "GET") -> Reply:
        """Read a whole answer. Raises EOFError when it breaks off."""
        status, headers = self.head()
        body = b"" if to == "HEAD" else self.receive(int(headers.get("content-length", 0)))
        return Reply(status, headers, body)

    def receive(self, count: int) -> bytes:
        """Read so many bytes of a body. Raises EOFError when it breaks off."""
        taken, self._ahead = bytearray(self._ahead[:count]), self._ahead[count:]
        while len(taken) < count:
            data = self.sock.recv(min(2**20, count - len(taken)))
            if not data:
                raise EOFError(f"{len(taken)} of {count} bytes")
            taken += data
        return bytes(taken)

    def closed(self) -> bool:
        """Wait until the server closes, throwing away what it still sends."""
        try:
            while self.sock.recv(2**20):
                pass
        except ConnectionResetError:
            pass
        return True

    def vanish(self) -> None:
        """Reset the connection."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self.sock.close()


class BytesServer:
    """gunicorn with the small app, on a port and a folder of its own."""

    def __init__(self, folder: Path, *options: str, **environ: str) -> None:
        self.folder, self.port = folder, free_port()
        self.log = folder / "log"
        folder.joinpath("notes").touch()
        command = [sys.executable, "-m", "gunicorn", "--config", "packetpost/web/serving/gunicorn_conf.py", *options]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*command, "tests.support.bytes_app:app"],
                cwd=ROOT,
                env={**os.environ, "PORT": str(self.port), "BYTES_FOLDER": str(folder), **environ},
                stderr=log,
            )
        wait_until(self._answers, SECONDS, self.log.read_text)

    def _answers(self) -> bool:
        assert self.process.poll() is None, self.log.read_text()
        return not self.refuses()

    def refuses(self) -> bool:
        """Whether it takes no connections."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), 5):
                return False
        except ConnectionRefusedError:
            return True

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        self.process.send_signal(how)
        self.process.wait(SECONDS)

    @contextmanager
    def line(self, receive_buffer: int | None = None) -> Iterator[Line]:
        with socket.socket() as sock:
            sock.settimeout(SECONDS)
            if receive_buffer:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
            sock.connect(("127.0.0.1", self.port))
            yield Line(sock)

    def call(self, method: str, path: str, body: bytes = b"", *headers: str) -> Reply:
        """One request on a connection of its own."""
        with self.line() as line:
            line.ask(method, path, body, *headers)
            return line.reply(method)

    def stored(self, key: str) -> bytes:
        path = self.folder / key[:2] / key
        return path.read_bytes() if path.exists() else b""

    def holds(self, key: str, count: int) -> None:
        """Wait until so many bytes are stored."""
        wait_until(lambda: len(self.stored(key)) >= count, SECONDS, lambda: f"{len(self.stored(key))} of {count} bytes")

    def forget(self) -> None:
        """Start with no notes."""
        self.folder.joinpath("notes").write_bytes(b"")

    def notes(self, what: str) -> list[dict[str, object]]:
        lines = [json.loads(line) for line in self.folder.joinpath("notes").read_text().splitlines()]
        return [line for line in lines if line["what"] == what]

    def noted(self, what: str, count: int = 1) -> list[dict[str, object]]:
        """Wait for the notes of something, and return them."""
        wait_until(lambda: len(self.notes(what)) >= count, SECONDS, lambda: f"no {what!r}: {self.log.read_text()}")
        return self.notes(what)


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def bytes_of(count: int) -> bytes:
    """So many bytes that repeat nowhere near."""
    return hashlib.shake_128(b"packetpost").digest(count)
