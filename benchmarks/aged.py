"""A proxy that makes answers look old, so that a cache can be tried at an age that nobody waits for."""

import http.client
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "date"}


@contextmanager
def aged(port: int, seconds: float) -> Iterator[str]:
    """The address of a server that answers as the one at `port`, but says that it did so `seconds` ago.

    A cache takes the age of an answer from its `Date` (RFC 9111, 4.2.3).
    """
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(port, seconds))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://localhost:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _handler(port: int, seconds: float) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            upstream = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
            upstream.request("GET", self.path, headers=dict(self.headers))
            answer = upstream.getresponse()
            body = answer.read()
            upstream.close()
            self.send_response_only(answer.status)
            self.send_header("Date", formatdate(time.time() - seconds, usegmt=True))
            for name, value in answer.getheaders():
                if name.lower() not in _HOP:
                    self.send_header(name, value)
            if answer.status != 304:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            with suppress(ConnectionError):
                self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    return Handler
