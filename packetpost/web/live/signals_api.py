"""A seat's signals over HTTP, where no WebSocket can be opened: an answer that it hears by, bodies that it says.

PROTOCOL.md, "Over HTTP".
"""

import re
import threading
import time
from collections import deque
from collections.abc import Iterator
from typing import Any

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue

from packetpost import signaling
from packetpost.errors import BadRequest, Elsewhere, LengthNeeded, TooLarge
from packetpost.road import BEAT, LONGEST
from packetpost.road_errors import NobodyListens
from packetpost.sessions import Seated
from packetpost.signaling import SignalRefused
from packetpost.web.http import limits, metrics
from packetpost.web.http.headers import bearer_token
from packetpost.web.http.services import services
from packetpost.web.live.flowing_answers import UNBUFFERED, asker, asking_page
from packetpost.web.live.seat_signals import TOO_MANY, SeatMessages, Sitting, WireGone, as_text, is_elsewhere
from packetpost.web.serving.answer_cut import AnswerCut
from packetpost.web.serving.request_bodies import counted_body_of

bp = Blueprint("signals", __name__, url_prefix="/live/<code>/signals")

_TAB = re.compile(r"[\w-]{0,43}", re.ASCII)
# What a page says at once: so many messages, and bytes.
_MOST_LINES, _MOST_BODY = 64, 256 * 1024
_SIGN_OF_LIFE = "\n"
_NDJSON = "application/x-ndjson"


@bp.post("")
def hear(code: str) -> ResponseReturnValue:
    """What the seat of the hello hears from now on, `?page=`."""
    page = asking_page()
    try:
        hello = signaling.parse_hello(_body(signaling.MOST_BYTES))
    except SignalRefused as refused:
        raise BadRequest(refused.message) from refused
    with limits.handshake():
        seated = asker(code, hello.token or "")
    if is_elsewhere(seated, hello):
        raise Elsewhere
    wire = _AnswerWire(page, AnswerCut())
    sitting = Sitting(wire, hello, seated)
    sitting.begin()
    return Response(_Heard(wire, sitting), mimetype=_NDJSON, headers=UNBUFFERED)


@bp.put("")
@limits.signals
def say(code: str) -> ResponseReturnValue:
    """What the seat says, `?tab=`; the answer is what the server says to that."""
    seated = asker(code, bearer_token())
    _check_tab(seated)
    lines = [line for line in _body(_MOST_BODY).split("\n") if line]
    if len(lines) > _MOST_LINES:
        raise BadRequest(f"At most {_MOST_LINES} messages may be said at once.")
    said: list[dict[str, Any]] = []
    messages = SeatMessages(seated, said.append)
    for line in lines:
        messages.receive(line)
    return Response("".join(as_text(one) + "\n" for one in said), mimetype=_NDJSON)


@bp.delete("")
@limits.signals
def leave(code: str) -> ResponseReturnValue:
    """The page goes: what it hears by ends, in whatever process."""
    seated = asker(code, bearer_token())
    told = {"type": "page-left", "seat": seated.seat.number, "page": asking_page()}
    services().relay.tell_all(seated.session.id, told)
    return "", 204


def _check_tab(seated: Seated) -> None:
    """Raises BadRequest, Elsewhere, NobodyListens."""
    tab = request.args.get("tab", "")
    if not _TAB.fullmatch(tab):
        raise BadRequest("`tab` must be at most 43 letters, digits, _ and -.")
    there = services().relay.tab(seated.session.id, seated.seat.number)
    if there is None:
        raise NobodyListens("This seat hears nothing now. Say hello first.")
    if there != tab:
        raise Elsewhere


def _body(most: int) -> str:
    """The request's text. Raises LengthNeeded, TooLarge, BadRequest, ClientGone."""
    length = request.content_length
    if length is None:
        raise LengthNeeded
    if length > most:
        raise TooLarge(f"At most {most} bytes may be said at once.")
    body, pieces = counted_body_of(request.environ, lambda _: None), list[bytes]()
    while piece := body.read(most):
        pieces.append(piece)
    try:
        return b"".join(pieces).decode()
    except UnicodeDecodeError as error:
        raise BadRequest("What is said must be UTF-8.") from error


class _AnswerWire:
    """The `Wire` Protocol on an answer: what is sent waits here until the answer takes it."""

    def __init__(self, page: str, cut: AnswerCut) -> None:
        self.page, self._cut = page, cut
        self._changed = threading.Condition()
        self._lines = deque[str]()
        self._ended = False

    def send(self, text: str) -> None:
        with self._changed:
            if self._ended:
                raise WireGone
            self._lines.append(text + "\n")
            self._changed.notify()

    def close(self, code: int, reason: str) -> None:
        self.send(as_text({"type": "closed", "code": code, "reason": reason}))
        self.end()
        if code == TOO_MANY:
            self._cut()

    def end(self) -> None:
        """Take no more."""
        with self._changed:
            self._ended = True
            self._changed.notify()

    def next_text(self, until: float) -> str | None:
        """All that waits; '' where nothing came until then (monotonic seconds), None where nothing will."""
        with self._changed:
            while not self._lines and not self._ended and (left := until - time.monotonic()) > 0:
                self._changed.wait(left)
            if not self._lines and self._ended:
                return None
            text = "".join(self._lines)
            self._lines.clear()
            return text


class _Heard:
    """The lines of an answer, counted as open for as long as they flow."""

    def __init__(self, wire: _AnswerWire, sitting: Sitting) -> None:
        self._wire, self._sitting, self._open = wire, sitting, True
        metrics.signal_answers.inc()

    def __iter__(self) -> Iterator[str]:
        ends = time.monotonic() + LONGEST
        yield _SIGN_OF_LIFE
        while time.monotonic() < ends:
            text = self._wire.next_text(min(ends, time.monotonic() + BEAT))
            if text is None:
                break
            yield text or _SIGN_OF_LIFE

    def close(self) -> None:
        if self._open:
            self._open = False
            metrics.signal_answers.dec()
            self._wire.end()
            self._sitting.end(comes_back=True)
