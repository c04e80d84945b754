"""The WebSocket of a seat: hello, then signals, checked by `signaling` and carried by the relay.

Owns the socket's life: Origin, rates, close codes. A refused message gets an error, never the end of a healthy socket.
"""

import json
import logging
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from flask import Blueprint, request
from flask_sock import Sock
from simple_websocket import ConnectionClosed, Server
from wsproto.utilities import LocalProtocolError

from packetpost import retry, signaling, threads
from packetpost.errors import CrossSite, NoSpace, Problem, SessionNotFound, Unavailable
from packetpost.sessions import ENDED_CODE, Seated
from packetpost.signaling import Hello, SignalRefused
from packetpost.web.http import limits, metrics
from packetpost.web.http.headers import header
from packetpost.web.http.origin import local, public_origin
from packetpost.web.http.services import now, services
from packetpost.web.live import seat_cookie

bp = Blueprint("sockets", __name__)
sock = Sock()
log = logging.getLogger(__name__)

# 8 s keeps proxies awake, and finds dead peers within 16 s, before a sender's page gives live up for a link (20 s).
# Compression is off: a malformed extension header made wsproto's handshake fail.
OPTIONS = {"ping_interval": 8, "max_message_size": signaling.MOST_BYTES}
BAD_HELLO, WRONG_TOKEN, TOO_MANY, ELSEWHERE, TRY_LATER = 4000, 4003, 4008, 4009, 1013
_HELLO_SECONDS = 10
_PER_SECOND, _BURST = 50, 200
# What may wait for a browser that reads slowly, in messages, before it counts as gone.
_MOST_WAITING = 512
_MOVING_EVERY = 20
# While a browser closes its end, the library's error tells the message in its text, which must never be printed.
_GONE = (ConnectionClosed, LocalProtocolError, OSError)
# How a browser closes its end when its page goes or is done. What ends otherwise, and not by us, broke.
_LEFT = (1000, 1001)


# What makes a seat's ICE servers, with credentials until a time in Unix seconds.
MintIceServers = Callable[[Seated, float], list[dict[str, Any]]]


class _Done(Exception):
    """Close the socket with this code."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code, self.reason = code, reason


class BrowserSocket:
    """The `SignalReceiver` Protocol on a WebSocket. Whoever delivers never waits for the browser to read."""

    def __init__(self, ws: Server, seated: Seated, ice_servers: MintIceServers, base: str) -> None:
        """`base` is the path below which this browser sees the server."""
        self._ws, self._seated, self._ice_servers, self._base = ws, seated, ice_servers, base
        self._waiting, self._writing = deque[str](), False
        # True once it was closed from here: its tab knows why, and need not come back.
        self.sent_away = False

    def deliver(self, message: dict[str, Any]) -> None:
        if message["type"] == "extended":
            message = {**message, "iceServers": self._ice_servers(self._seated, message["expiresAt"])}
        if len(self._waiting) >= _MOST_WAITING:
            self.close(TOO_MANY, "The browser reads too slowly.")
            return
        if message["type"] == "link":
            message = {**message, "url": self._base + message["url"]}
        self._waiting.append(json.dumps(message, separators=(",", ":")))
        if not self._writing:
            self._writing = True
            threads.later(self._write)
        if message == {"type": "left", "seat": self._seated.seat.number}:
            self.close(ENDED_CODE, "You have left the session.")  # and with it what is told to seats

    def _write(self) -> None:
        try:
            while self._waiting:
                self._ws.send(self._waiting.popleft())
        except _GONE:
            self._waiting.clear()
        finally:
            self._writing = False

    def close(self, code: int, reason: str) -> None:
        self.sent_away = True
        threads.later(self._close, code, reason)

    def _close(self, code: int, reason: str) -> None:
        try:
            self._ws.close(code, reason)
        except _GONE:
            log.debug("the socket was closed already")


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
    browser = BrowserSocket(ws, seated, services().sessions.ice_servers, local(""))
    session, number, relay = seated.session, seated.seat.number, services().relay
    if hello.tab and not hello.take and relay.tab(session.id, number) not in (None, hello.tab):
        raise _Done(ELSEWHERE, "This session is open in another tab.")
    welcome = _welcome(seated)
    browser.deliver(welcome)
    relay.sit(session.id, number, browser, hello.last, hello.tab)
    comes_back = False
    try:
        relay.tell_all(session.id, signaling.presence(number, True), but=number)
        # It has a seat already: the store may go away now as at any later time.
        retry.until_available(_make_up, browser, seated, welcome)
        _talk(ws, browser, seated)
    except ConnectionClosed as closed:
        comes_back = closed.reason not in _LEFT and not browser.sent_away
        raise
    finally:
        if relay.rise(session.id, number, browser, comes_back):
            relay.tell_all(session.id, signaling.presence(number, False), but=number)


def _make_up(browser: BrowserSocket, seated: Seated, welcome: dict[str, Any]) -> None:
    """Tell the seat what was told to all after its welcome was written, and before it could hear it."""
    before, session = seated.session, services().live_records.session(seated.session.id)
    state = session.state(now()) if session else "expired"
    if session is None or state in ("closed", "expired"):
        browser.deliver({"type": "ended", "state": state})
        browser.close(ENDED_CODE, "The session has ended.")
        return
    if session.ends_at > before.ends_at:
        browser.deliver({"type": "extended", "expiresAt": int(session.ends_at)})
    told = {seated.seat.number, *(other["seat"] for other in welcome["seats"] if other["here"])}
    for other in services().relay.here(before.id) - told:
        browser.deliver(signaling.presence(other, True))


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


def _welcome(seated: Seated) -> dict[str, Any]:
    session, here = seated.session, services().relay.here(seated.session.id)
    others = [seat.number for seat in services().live_records.seats(session.id) if seat.number != seated.seat.number]
    return {
        "type": "welcome",
        "seat": seated.seat.number,
        "role": seated.seat.role,
        "state": session.state(now()),
        "seats": [{"seat": number, "here": number in here} for number in others],
        "iceServers": services().sessions.ice_servers(seated, session.ends_at),
        "expiresAt": int(session.expires_at),
        "link": local(f"/l/{session.link_id}") if session.link_id else None,
        "n": services().relay.newest(session.id, seated.seat.number),
    }


def _talk(ws: Server, browser: BrowserSocket, seated: Seated) -> None:
    bucket, messages = _TokenBucket(), _SeatMessages(seated, browser)
    while True:
        text = ws.receive()
        if not bucket.spend():
            raise _Done(TOO_MANY, "Too many messages.")
        try:
            # While the store is away the socket waits with it, and the browser's next messages behind this one.
            retry.until_available(messages.receive, text)
        except SignalRefused as refused:
            browser.deliver({"type": "error", "code": refused.code, "message": refused.message})
        except (Unavailable, NoSpace) as away:
            browser.deliver({"type": "error", "code": away.code, "message": str(away)})


class _SeatMessages:
    """What a seat says goes to the other seats, or to the server."""

    def __init__(self, seated: Seated, browser: BrowserSocket) -> None:
        self._seated, self._browser, self._moved = seated, browser, 0.0

    def receive(self, text: str | bytes) -> None:
        """Raises SignalRefused, Unavailable, NoSpace, or `_Done` where the session has ended."""
        signal = signaling.parse_signal(text, self._seated.seat.role)
        if signal.type == "beat":
            self._browser.deliver({"type": "beat"})  # what came before it has been received
            return
        session = services().live_records.session(self._seated.session.id)
        if session is None or session.state(now()) in ("closed", "expired"):
            raise _Done(ENDED_CODE, "The session has ended.")
        signaling.check_joined(signal, session.joined)
        if signal.to is not None:
            message = {"type": signal.type, "from": self._seated.seat.number, **signal.fields}
            services().relay.send(session.id, signal.to, message)
        elif now() - self._moved > _MOVING_EVERY:
            services().sessions.moving(session, now())
            self._moved = now()


class _TokenBucket:
    """So many messages a second, with bursts."""

    def __init__(self) -> None:
        self._left, self._at = float(_BURST), time.monotonic()

    def spend(self) -> bool:
        at = time.monotonic()
        self._left = min(_BURST, self._left + (at - self._at) * _PER_SECOND) - 1
        self._at = at
        return self._left >= 0
