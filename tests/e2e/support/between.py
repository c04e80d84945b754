"""An HTTP proxy before the server that keeps all it hears, and may change or cut what the server answers."""

import http.client
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length"}
_PIECE = 64 * 1024

# Of the address and the bytes that the server answered, what the browser gets.
Change = Callable[[str, bytes], bytes]


@dataclass(frozen=True, slots=True)
class Heard:
    """One request, as it came to the server."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    def everything(self) -> bytes:
        head = "\n".join([self.path, *(f"{name}: {value}" for name, value in self.headers.items())])
        return head.encode("latin-1") + b"\n\n" + self.body


class Between:
    """Forwards to `port` and `change`s the answers. The next downloads stop after `cuts` bytes, and break at `cut`.

    Of the next uploads as many as `broken` are heard and not forwarded: one thing is done, and the connection breaks.
    """

    def __init__(self, port: int) -> None:
        self.heard: list[Heard] = []
        self.change: Change = lambda _, body: body
        self.cuts: list[int] = []
        self.broken: list[Callable[[], None]] = []
        self._upstream = port
        self._cuts = threading.Semaphore(0)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://localhost:{self._server.server_address[1]}"

    def downloads(self) -> list[Heard]:
        return [heard for heard in self.heard if heard.path.startswith("/api/download/")]

    def uploads(self) -> list[bytes]:
        """What the browser sent of files."""
        return [heard.body for heard in self.heard if heard.method == "PATCH"]

    def cut(self) -> None:
        """Break the connection of the next download that has stopped."""
        self._cuts.release()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        between = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def __getattr__(self, name: str) -> Callable[[], None]:
                if name.startswith("do_"):
                    return self.forward
                raise AttributeError(name)

            def forward(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                heard = Heard(self.command, self.path, dict(self.headers), body)
                between.heard.append(heard)
                if heard.method == "PATCH" and between.broken:
                    between.broken.pop(0)()
                    self.close_connection = True
                    return
                with suppress(ConnectionError):
                    between.answer(self, heard)

            def log_message(self, *_: object) -> None:
                pass

        return Handler

    def answer(self, to: BaseHTTPRequestHandler, heard: Heard) -> None:
        server = http.client.HTTPConnection("127.0.0.1", self._upstream, timeout=60)
        # Answers come as they are, or there would be nothing in them to change.
        headers = {name: value for name, value in heard.headers.items() if name.lower() != "accept-encoding"}
        server.request(heard.method, heard.path, heard.body, headers)
        answer = server.getresponse()
        body = self.change(heard.path, answer.read())
        to.send_response_only(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in _HOP:
                to.send_header(name, value)
        if answer.status != 204:
            to.send_header("Content-Length", str(len(body)))
        to.end_headers()
        server.close()
        if self.cuts and heard.path.startswith("/api/download/"):
            to.wfile.write(body[: self.cuts.pop(0)])
            to.wfile.flush()
            self._cuts.acquire(timeout=30)
            to.close_connection = True
        elif heard.method != "HEAD":
            to.wfile.write(body)
