"""The WebSocket of a seat: hello, then signals. What they do is in `seat_signals`.

Owns the socket's life: Origin, rates, close codes. A refused message gets an error, never the end of a healthy socket.
"""

import logging
import time

from flask import Blueprint, request
from flask_sock import Sock
from simple_websocket import ConnectionClosed, Server
from wsproto.utilities import LocalProtocolError

from packetpost import signaling
from packetpost.errors import CrossSite, Elsewhere, NoSpace, Problem, SessionNotFound, Unavailable
from packetpost.sessions import ENDED_CODE, Seated
from packetpost.signaling import Hello, SignalRefused
from packetpost.web.http import limits, metrics
from packetpost.web.http.headers import header
from packetpost.web.http.origin import public_origin
from packetpost.web.http.services import now, services
from packetpost.web.live import seat_cookie
from packetpost.web.live.seat_signals import TOO_MANY, BrowserOnWire, SeatMessages, Sitting, WireGone, is_elsewhere

bp = Blueprint("sockets", __name__)
sock = Sock()
log = logging.getLogger(__name__)

# 8 s keeps proxies awake, and finds dead peers within 16 s, before a sender's page gives live up for a link (20 s).
# Compression is off: a malformed extension header made wsproto's handshake fail.
OPTIONS = {"ping_interval": 8, "max_message_size": signaling.MOST_BYTES}
BAD_HELLO, WRONG_TOKEN, ELSEWHERE, TRY_LATER = 4000, 4003, 4009, 1013
_HELLO_SECONDS = 10
_PER_SECOND, _BURST = 50, 200
# While a browser closes its end, the library's error tells the message in its text, which must never be printed.
_GONE = (ConnectionClosed, LocalProtocolError, OSError)
# How a browser closes its end when its page goes or is done. What ends otherwise, and not by us, broke.
_LEFT = (1000, 1001)


class _Done(Exception):
    """Close the socket with this code."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code, self.reason = code, reason


class _SocketWire:
    """The `Wire` Protocol on a WebSocket."""

    page = ""

    def __init__(self, ws: Server) -> None:
        self._ws = ws

    def send(self, text: str) -> None:
        try:
            self._ws.send(text)
        except _GONE as gone:
            raise WireGone from gone

    def close(self, code: int, reason: str) -> None:
        try:
            self._ws.close(code, reason)
        except _GONE as gone:
            raise WireGone from gone


@bp.before_request
def check_handshake() -> None:
    """Before the 101, so that refusals are plain HTTP answers. Raises CrossSite, RateLimitExceeded."""
    origin = header("Origin")
    if origin is not None and origin != public_origin():
        raise CrossSite
    if origin is None and request.cookies:
        raise CrossSite  # browsers always say their origin in a handshake
    with limits.handshake():
        try:
            services().sessions.find(str((request.view_args or {}).get("code", "")))
        except SessionNotFound:
            with limits.code_guess():
                raise


@sock.route("/live/<code>/socket", bp=bp)  # type: ignore[untyped-decorator]  # flask-sock has no types
def socket(ws: Server, code: str) -> None:
    """One seat's socket, until it closes. Whatever happens inside never becomes an HTTP answer."""
    try:
        with metrics.sockets.track_inprogress():
            _serve(ws, code)
    except _Done as done:
        ws.close(done.code, done.reason)
    except ConnectionClosed:
        pass
    except (Unavailable, NoSpace) as away:
        ws.close(TRY_LATER, str(away)[:120])
    except Problem as problem:
        ws.close(ENDED_CODE, str(problem)[:120])
    except Exception:
        log.exception("a socket failed")
        ws.close(1011, "Something went wrong on this server.")


def _serve(ws: Server, code: str) -> None:
    hello, seated = _enter(ws, code)
    if is_elsewhere(seated, hello):
        raise _Done(ELSEWHERE, Elsewhere.message)
    sitting = Sitting(_SocketWire(ws), hello, seated)
    sitting.begin()
    comes_back = False
    try:
        _talk(ws, sitting.browser, seated)
    except ConnectionClosed as closed:
        comes_back = closed.reason not in _LEFT
        raise
    finally:
        sitting.end(comes_back)


def _enter(ws: Server, code: str) -> tuple[Hello, Seated]:
    text = ws.receive(timeout=_HELLO_SECONDS)
    try:
        hello = signaling.parse_hello(text or "")
    except SignalRefused as refused:
        raise _Done(BAD_HELLO, refused.message) from refused
    session = services().sessions.find(code)
    seated = services().sessions.seated(session, hello.token or seat_cookie.token())
    if seated is None:
        raise _Done(WRONG_TOKEN, "That token holds no seat of this session.")
    if session.state(now()) in ("closed", "expired"):
        raise _Done(ENDED_CODE, "The session has ended.")
    return hello, seated


def _talk(ws: Server, browser: BrowserOnWire, seated: Seated) -> None:
    bucket, messages = _TokenBucket(), SeatMessages(seated, browser.deliver)
    while True:
        text = ws.receive()
        if browser.sent_away:
            continue  # another socket may speak for the seat by now; what it says must not come before this
        if not bucket.spend():
            raise _Done(TOO_MANY, "Too many messages.")
        messages.receive(text)


class _TokenBucket:
    """So many messages a second, with bursts."""

    def __init__(self) -> None:
        self._left, self._at = float(_BURST), time.monotonic()

    def spend(self) -> bool:
        at = time.monotonic()
        self._left = min(_BURST, self._left + (at - self._at) * _PER_SECOND) - 1
        self._at = at
        return self._left >= 0
