"""One request as its operator sees it: an id, how long it took, what it moved, how it ended. No word of whose or what.

Counts for `/metrics` and writes the log's line when the answer has ended; `metrics` owns the names.
"""

import logging
import re
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from flask import Flask, request, request_started
from werkzeug.wsgi import ClosingIterator

from packetpost import logs, tokens
from packetpost.web.http import metrics

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

log = logging.getLogger(__name__)

_KEY = "packetpost.request_record"
# In the environ of a server that calls `end` itself when an answer has ended.
ENDED_BY_HOOK = "packetpost.ended_by_hook"
_ID = re.compile(r"[\w.-]{8,64}", re.ASCII)
# What asks all day long whether we live is worth a line only when we do not.
_QUIET = ("health.healthz", "health.metrics")
_SOCKETS = ("sockets.socket", "self_check.socket")

Moves = Literal["", "upload", "download"]


@dataclass(slots=True)
class RequestRecord:
    """One request. Sizes are bytes of bodies, `started` is of the monotonic clock, in seconds.

    `status` 0 means that no answer was begun; `code` names the refusal; `whole`: a download's last byte was sent.
    """

    id: str = ""
    method: str = ""
    endpoint: str = ""
    address: str = ""
    started: float = field(default_factory=time.monotonic)
    status: int = 0
    code: str = ""
    moves: Moves = ""
    received: int = 0
    sent: int = 0
    announced: int = 0
    whole: bool = False
    _then: list[Callable[[], None]] = field(default_factory=list)

    def at_end(self, then: Callable[[], None]) -> None:
        """Call this when the answer has ended, however that comes."""
        self._then.append(then)

    def took(self, count: int) -> None:
        """So many more bytes of a file have arrived."""
        self.received += count
        metrics.received_bytes.inc(count)

    def gave(self, count: int) -> None:
        """So many more bytes of a file have left."""
        self.sent += count
        metrics.sent_bytes.inc(count)

    def begin(self, moves: Moves) -> None:
        """From now on it brings or fetches a file's bytes."""
        self.moves = moves
        metrics.begun(moves)

    def end(self) -> None:
        """The answer has ended, however that came."""
        while self._then:
            self._then.pop()()
        seconds = time.monotonic() - self.started
        self.sent = self.sent or (0 if self.moves == "download" else self.announced)
        if self.endpoint in _SOCKETS and not self.status:
            self.status = 101
        metrics.answered(self.method, self.endpoint, self.status, None if self.status == 101 else seconds)
        if self.moves:
            metrics.ended(self.moves, self._ending())
        if self.status >= 400 or self.endpoint not in _QUIET:
            self._write(seconds)
        logs.request_id.set("")

    def _ending(self) -> metrics.Ending:
        if self.moves == "download":
            return "whole" if self.whole else "broken"
        if self.status < 400:
            return "whole"
        return "broken" if self.code == "client-gone" else "refused"

    def _write(self, seconds: float) -> None:
        facts: dict[str, Any] = {
            "method": metrics.known_method(self.method),
            "endpoint": self.endpoint,
            "status": self.status,
            "seconds": round(seconds, 4),
            "received": self.received,
            "sent": self.sent,
            "address": self.address,
        }
        if self.moves:
            facts[self.moves] = self._ending()
        if self.code:
            facts["code"] = self.code
        logs.event(log, "request", **facts)


def init(app: Flask, believes_proxy: bool) -> None:
    """Watch every request. `believes_proxy`: the `X-Request-ID` that arrives was set by a proxy of ours."""
    inner: WSGIApplication = app.wsgi_app

    def watched(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        record = environ[_KEY] = _arrived(environ, believes_proxy)
        logs.request_id.set(record.id)

        def start(status: str, headers: list[tuple[str, str]], *exc_info: Any) -> Any:  # as PEP 3333 passes them
            record.status = int(status[:3])
            lengths = [value for name, value in headers if name.lower() == "content-length"]
            record.announced = int(lengths[0]) if lengths and record.method != "HEAD" else 0
            return start_response(status, [*headers, ("X-Request-ID", record.id)], *exc_info)

        answer = inner(environ, start)
        # gunicorn must get the very object that it sends by sendfile(2).
        return answer if ENDED_BY_HOOK in environ else ClosingIterator(answer, record.end)

    app.wsgi_app = watched  # type: ignore[method-assign]
    # Ahead of every hook that may refuse.
    request_started.connect(_note_endpoint, app)


def _arrived(environ: "WSGIEnvironment", believes_proxy: bool) -> RequestRecord:
    given = environ.get("HTTP_X_REQUEST_ID", "")
    known = believes_proxy and _ID.fullmatch(given)
    return RequestRecord(id=given if known else tokens.new_id(), method=environ["REQUEST_METHOD"])


def _note_endpoint(app: Flask) -> None:
    record = record_of(request.environ)
    record.endpoint = request.endpoint or ""
    record.address = logs.shortened(request.remote_addr or "")


def record_of(environ: dict[str, Any]) -> RequestRecord:  # WSGI's environ holds anything
    """The record of this request; one that nobody watches outside of our app."""
    record: RequestRecord = environ.get(_KEY) or RequestRecord()
    return record


def end(environ: dict[str, Any]) -> None:  # WSGI's environ holds anything
    """For gunicorn's hook: the answer has ended, and the connection may go on."""
    if record := environ.pop(_KEY, None):
        record.end()
