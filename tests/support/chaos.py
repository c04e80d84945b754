"""Clients that go on whatever dies, and note where a promise was broken."""

import itertools
import json
import threading
from collections.abc import Sequence
from contextlib import suppress
from typing import Protocol

import requests
from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.sync.client import ClientConnection, connect

from tests.support.bytes_server import SECONDS
from tests.support.http import MIB, OCTETS, TUS, content, put, sha256
from tests.support.server_process import Server

_PIECE = 512 * 1024
_FILE = 6 * MIB
_PAUSE = 0.05


class Victim(Protocol):
    """What can be killed and comes back."""

    def kill(self) -> None: ...

    def start(self) -> object: ...


class Client:
    """One of them, in a thread of its own: `turn` again and again until it is over. Any instance will do."""

    def __init__(self, servers: Sequence[Server], over: threading.Event) -> None:
        self._servers = itertools.cycle(servers)
        self._over, self._pause = over, threading.Event()
        self.broken: list[str] = []
        self.done = 0
        self._thread = threading.Thread(target=self._run, name=type(self).__name__, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def join(self, seconds: float) -> None:
        """Until its last turn has ended."""
        self._thread.join(seconds)
        if self._thread.is_alive():
            self.broken.append("it came to no end")

    def _run(self) -> None:
        while not self._over.is_set():
            self.turn()

    def turn(self) -> None:
        raise NotImplementedError

    def ask(self, method: str, path: str, wanted: int, **options: object) -> requests.Response:
        """Try one instance after the other until the answer is the wanted one."""
        while True:
            answer = self.once(method, path, **options)
            if answer is not None and answer.status_code == wanted:
                return answer
            self._pause.wait(_PAUSE)

    def once(self, method: str, path: str, **options: object) -> requests.Response | None:
        """One try at the next instance; None where the connection broke."""
        with suppress(requests.RequestException):
            url = f"{next(self._servers).url}{path}"
            return requests.request(method, url, timeout=SECONDS, **options)  # type: ignore[arg-type]  # passed on
        return None


def path_of(url: str) -> str:
    """Without the instance."""
    return "/" + url.split("/", 3)[3]


class Uploader(Client):
    """tus: no acknowledged byte is ever lost, and every file ends whole."""

    def turn(self) -> None:
        data = content(_FILE, self.done)
        made = self.ask("POST", "/api/files", 201, headers={**TUS, "Upload-Length": str(_FILE)})
        upload, acknowledged = path_of(made.headers["Location"]), 0
        while acknowledged < _FILE:
            offset = int(self.ask("HEAD", upload, 200, headers=TUS).headers["Upload-Offset"])
            if offset < acknowledged:
                self.broken.append(f"{acknowledged} were acknowledged, {offset} are there")
            acknowledged = offset
            headers = {**OCTETS, "Upload-Offset": str(offset)}
            answer = self.once("PATCH", upload, data=data[offset : offset + _PIECE], headers=headers)
            if answer is not None and answer.status_code == 204:
                acknowledged = int(answer.headers["Upload-Offset"])
        link = path_of(made.headers["X-Link"]).replace("/l/", "/api/download/")
        if sha256(self.ask("GET", link, 200).content) != sha256(data):
            self.broken.append("an upload ended with other bytes")
        self.done += 1


class Putter(Client):
    """`curl -T`: what was answered with a link is whole, and what is not whole was refused or broke off."""

    def turn(self) -> None:
        data = content(MIB, self.done)
        with suppress(requests.RequestException):
            answer = put(next(self._servers), data)
            if answer.status_code == 201:
                link = path_of(answer.headers["Location"]).replace("/l/", "/api/download/")
                if sha256(self.ask("GET", link, 200).content) != sha256(data):
                    self.broken.append("a PUT that got its link has other bytes")
                self.done += 1


class Downloader(Client):
    """Every download ends whole, or is seen to have broken off."""

    def __init__(self, servers: Sequence[Server], over: threading.Event, path: str, digest: str) -> None:
        super().__init__(servers, over)
        self._path, self._digest = path, digest

    def turn(self) -> None:
        answer = self.once("GET", self._path)
        if answer is None or answer.status_code != 200:
            self._pause.wait(_PAUSE)
        elif sha256(answer.content) != self._digest:
            self.broken.append("a download that looked whole has other bytes")
        else:
            self.done += 1


class Listener(Client):
    """A seat that comes back as browsers do: what it hears is in order, and nothing is heard after what followed it."""

    def __init__(self, servers: Sequence[Server], over: threading.Event, code: str, token: str) -> None:
        super().__init__(servers, over)
        self._code, self._token = code, token
        self._last = self._latest = 0

    def turn(self) -> None:
        with suppress(WebSocketException, OSError), socket_of(next(self._servers), self._code) as socket:
            socket.send(json.dumps({"type": "hello", "token": self._token, "last": self._last}))
            while not self._over.is_set():
                with suppress(TimeoutError):
                    self._take(json.loads(socket.recv(timeout=_PAUSE * 10)))
        self._pause.wait(_PAUSE)

    def _take(self, message: dict[str, object]) -> None:
        if message["type"] != "ice-candidate":
            return
        number, said = int(str(message["n"])), int(str(message["candidate"]))
        # A signal may be relayed twice when Redis dies after it took it, but then with a number of its own.
        if number <= self._last or said < self._latest:
            self.broken.append(f"message {number} ({said}) came after {self._last} ({self._latest})")
        self._last, self._latest = number, said
        self.done += 1


class Speaker(Client):
    """The other seat. It says one number after the other, on whatever socket it has."""

    def __init__(self, servers: Sequence[Server], over: threading.Event, code: str, token: str) -> None:
        super().__init__(servers, over)
        self._code, self._token = code, token

    def turn(self) -> None:
        with suppress(WebSocketException, OSError), socket_of(next(self._servers), self._code) as socket:
            socket.send(json.dumps({"type": "hello", "token": self._token, "last": 2**20}))
            with suppress(ConnectionClosed):
                while not self._over.is_set():
                    self.done += 1
                    said = {"type": "ice-candidate", "to": 0, "candidate": str(self.done), "try": 0}
                    socket.send(json.dumps(said))
                    self._pause.wait(_PAUSE)
        self._pause.wait(_PAUSE)


def socket_of(server: Server, code: str) -> ClientConnection:
    url = f"ws://localhost:{server.port}/live/{code}/socket"
    return connect(url, origin=None, open_timeout=SECONDS, close_timeout=1)
