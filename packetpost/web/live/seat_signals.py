"""What a seat hears and says over the server, by whatever carries it: its welcome, what it is told, what it may say."""

import json
import logging
from collections import deque
from collections.abc import Callable
from typing import Any, Protocol

from packetpost import retry, signaling, threads
from packetpost.errors import NoSpace, SessionEnded, Unavailable
from packetpost.sessions import ENDED_CODE, Seated
from packetpost.signaling import Hello, SignalRefused
from packetpost.web.http.origin import local
from packetpost.web.http.services import now, services

log = logging.getLogger(__name__)

TOO_MANY, LEFT_CODE = 4008, 1000
# What may wait for a browser that reads slowly, in messages, before it counts as gone.
_MOST_WAITING = 512
_MOVING_EVERY = 20


class WireGone(Exception):
    """Nothing reaches the browser any more."""


class Wire(Protocol):
    """Carries text to one browser."""

    # Which page hears here, '' where it did not say.
    page: str

    def send(self, text: str) -> None:
        """May wait for the browser. Raises WireGone."""

    def close(self, code: int, reason: str) -> None:
        """Tell the browser why, and end. Raises WireGone."""


def as_text(message: dict[str, Any]) -> str:
    """A message as it goes to a browser."""
    return json.dumps(message, separators=(",", ":"))


# What makes a seat's ICE servers, with credentials until a time in Unix seconds.
MintIceServers = Callable[[Seated, float], list[dict[str, Any]]]


class BrowserOnWire:
    """The `SignalReceiver` Protocol on a wire. Whoever delivers never waits for the browser to read."""

    def __init__(self, wire: Wire, seated: Seated, ice_servers: MintIceServers, base: str) -> None:
        """`base` is the path below which this browser sees the server."""
        self._wire, self._seated, self._ice_servers, self._base = wire, seated, ice_servers, base
        self._waiting, self._writing = deque[str](), False
        # True once it was closed from here: its tab knows why, and need not come back.
        self.sent_away = False

    def deliver(self, message: dict[str, Any]) -> None:
        if message["type"] == "page-left":  # between processes only
            if (message["seat"], message["page"]) == (self._seated.seat.number, self._wire.page):
                self.close(LEFT_CODE, "The page has gone.")
            return
        if message["type"] == "extended":
            message = {**message, "iceServers": self._ice_servers(self._seated, message["expiresAt"])}
        if len(self._waiting) >= _MOST_WAITING:
            self.close(TOO_MANY, "The browser reads too slowly.")
            return
        if message["type"] == "link":
            message = {**message, "url": self._base + message["url"]}
        self._waiting.append(as_text(message))
        if not self._writing:
            self._writing = True
            threads.later(self._write)
        if message == {"type": "left", "seat": self._seated.seat.number}:
            self.close(ENDED_CODE, "You have left the session.")  # and with it what is told to seats

    def _write(self) -> None:
        try:
            while self._waiting:
                self._wire.send(self._waiting.popleft())
        except WireGone:
            self._waiting.clear()
        finally:
            self._writing = False

    def close(self, code: int, reason: str) -> None:
        self.sent_away = True
        threads.later(self._close, code, reason)

    def _close(self, code: int, reason: str) -> None:
        try:
            self._wire.close(code, reason)
        except WireGone:
            log.debug("the wire was closed already")


class Sitting:
    """A seat that hears by a wire, from its hello to its end."""

    def __init__(self, wire: Wire, hello: Hello, seated: Seated) -> None:
        self._hello, self._seated, self._relay = hello, seated, services().relay
        self.browser = BrowserOnWire(wire, seated, services().sessions.ice_servers, local(""))

    def begin(self) -> None:
        """It gets its welcome and what it missed, and the others hear of it. Raises Unavailable, NoSpace.

        `end` must follow, unless this raises.
        """
        session, number, relay = self._seated.session, self._seated.seat.number, self._relay
        welcome = _welcome(self._seated)
        self.browser.deliver(welcome)
        relay.sit(session.id, number, self.browser, self._hello.last, self._hello.tab)
        try:
            relay.tell_all(session.id, signaling.presence(number, True), but=number)
            # It has a seat already: the store may go away now as at any later time.
            retry.until_available(self._make_up, welcome)
        except BaseException:
            self.end(comes_back=False)
            raise

    def end(self, comes_back: bool) -> None:
        """Nothing is heard here any more; where the tab comes back its seat is kept, unless it was sent away."""
        session, number, relay = self._seated.session, self._seated.seat.number, self._relay
        if relay.rise(session.id, number, self.browser, comes_back and not self.browser.sent_away):
            relay.tell_all(session.id, signaling.presence(number, False), but=number)

    def _make_up(self, welcome: dict[str, Any]) -> None:
        """Tell the seat what was told to all after its welcome was written, and before it could hear it."""
        before, session = self._seated.session, services().live_records.session(self._seated.session.id)
        state = session.state(now()) if session else "expired"
        if session is None or state in ("closed", "expired"):
            self.browser.deliver({"type": "ended", "state": state})
            self.browser.close(ENDED_CODE, "The session has ended.")
            return
        if session.ends_at > before.ends_at:
            self.browser.deliver({"type": "extended", "expiresAt": int(session.ends_at)})
        told = {self._seated.seat.number, *(other["seat"] for other in welcome["seats"] if other["here"])}
        for other in self._relay.here(before.id) - told:
            self.browser.deliver(signaling.presence(other, True))


def is_elsewhere(seated: Seated, hello: Hello) -> bool:
    """Whether another tab has the seat, and the hello does not take it from that."""
    tab = services().relay.tab(seated.session.id, seated.seat.number)
    return bool(hello.tab) and not hello.take and tab not in (None, hello.tab)


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


class SeatMessages:
    """What a seat says goes to the other seats, or to the server."""

    def __init__(self, seated: Seated, answer: Callable[[dict[str, Any]], None]) -> None:
        """`answer` takes what the server says to it."""
        self._seated, self._answer, self._moved = seated, answer, 0.0

    def receive(self, text: str | bytes) -> None:
        """What is refused is answered, and ends nothing. Raises SessionEnded."""
        try:
            # While the store is away the seat waits with it, and what it says next behind this.
            retry.until_available(self._carry, text)
        except SignalRefused as refused:
            self._answer({"type": "error", "code": refused.code, "message": refused.message})
        except (Unavailable, NoSpace) as away:
            self._answer({"type": "error", "code": away.code, "message": str(away)})

    def _carry(self, text: str | bytes) -> None:
        """Raises SignalRefused, Unavailable, NoSpace, SessionEnded."""
        signal = signaling.parse_signal(text, self._seated.seat.role)
        if signal.type == "beat":
            self._answer({"type": "beat"})  # what came before it has been received
            return
        session = services().live_records.session(self._seated.session.id)
        if session is None or session.state(now()) in ("closed", "expired"):
            raise SessionEnded
        signaling.check_joined(signal, session.joined)
        if signal.to is not None:
            message = {"type": signal.type, "from": self._seated.seat.number, **signal.fields}
            services().relay.send(session.id, signal.to, message)
        elif now() - self._moved > _MOVING_EVERY:
            services().sessions.moving(session, now())
            self._moved = now()
