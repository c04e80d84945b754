"""The relay of several processes: mailboxes in Redis, pub/sub to wake the process where a seat's socket is.

What is published may be lost at any time; what a seat must get is in its mailbox, and is looked for after every gap.
"""

import itertools
import json
import logging
from typing import Any

from packetpost import retry, signaling, threads
from packetpost.backends.memory.relay import replaced
from packetpost.backends.redis import relay_scripts as scripts
from packetpost.backends.redis.channel_listener import ChannelListener
from packetpost.backends.redis.processes import Processes
from packetpost.backends.redis.sockets_here import SocketHere, SocketsHere
from packetpost.backends.redis.store import Store
from packetpost.errors import Unavailable
from packetpost.live_protocols import SignalReceiver

log = logging.getLogger(__name__)

# How long is kept after the last change, in seconds: messages, since old ones help nobody (both begin anew); their
# numbers, so that no browser that slept takes new messages for old ones; who is here, longer than any session lives.
_MAIL_KEPT, _NUMBERS_KEPT, _KEPT = 600, 2 * 3600, 2 * 24 * 3600


class RedisRelay:
    """The `Relay` Protocol across processes. Begins to listen when the first socket sits down."""

    def __init__(self, store: Store, processes: Processes) -> None:
        self._store, self._processes = store, processes
        self._sockets, self._numbers = SocketsHere(), itertools.count(1)
        self._sit, self._return = store.script(scripts.SIT), store.script(scripts.RETURN)
        self._rise, self._after = store.script(scripts.RISE), store.script(scripts.AFTER)
        self._send, self._tell = store.script(scripts.SEND), store.script(scripts.TELL_ALL)
        self._here, self._hang_up = store.script(scripts.HERE), store.script(scripts.HANG_UP)
        self._tab, self._newest = store.script(scripts.TAB), store.script(scripts.NEWEST)
        # Whatever was published before it listens is lost, and a Redis that was killed may have lost its last second.
        self._listener = ChannelListener(
            store, ("wake", processes.number), self._hear, lambda: threads.later(self._begin_again)
        )
        self._closing: tuple[int, str] | None = None
        # What is to be made up for: what Redis may have forgotten, sockets that closed while it was away, and seats of
        # sessions whose coming or going did not reach everybody.
        self._forgotten = False
        self._risen: set[SocketHere] = set()
        self._untold: set[tuple[str, int]] = set()
        processes.beaten, processes.left = self._beaten, self._left

    def sit(self, session_id: str, seat: int, browser: SignalReceiver, last: int, tab: str = "") -> None:
        self._processes.join()
        self._listener.start()
        sitting = f"{self._processes.number}/{next(self._numbers)}/{tab}"
        socket = SocketHere(session_id, seat, browser, sitting, last)
        before = self._sockets.put(socket)
        try:
            box = self._sit(session_id, seat, socket.sitting, self._processes.number, last, _KEPT)
        except BaseException:
            self._sockets.drop(socket)
            self._risen.add(socket)  # Redis may have done it all the same
            raise
        if before:
            before.browser.close(*replaced(before.tab, tab))
        if not socket.fetched(*box):
            self._fetch(socket)
        if self._closing:
            browser.close(*self._closing)

    def rise(self, session_id: str, seat: int, browser: SignalReceiver, comes_back: bool = False) -> bool:
        socket = self._sockets.at(session_id, seat)
        if socket is None or socket.browser is not browser:
            return False
        self._sockets.drop(socket)
        try:
            return bool(self._rise(session_id, seat, socket.sitting, signaling.COMES_BACK_WITHIN if comes_back else 0))
        except Unavailable:
            self._risen.add(socket)
            return False

    def send(self, session_id: str, to: int, message: dict[str, Any]) -> None:
        most = (signaling.MAILBOX_MESSAGES, signaling.MAILBOX_BYTES)
        self._send(session_id, to, json.dumps(message, separators=(",", ":")), *most, _MAIL_KEPT, _NUMBERS_KEPT)

    def newest(self, session_id: str, seat: int) -> int:
        return int(self._newest(session_id, seat))

    def tab(self, session_id: str, seat: int) -> str | None:
        tab: str | None = self._tab(session_id, seat)
        return tab

    def here(self, session_id: str) -> set[int]:
        return set(self._here(session_id))

    def tell_all(self, session_id: str, message: dict[str, Any], but: int = -1) -> None:
        try:
            missed = self._tell(session_id, but, json.dumps(message, separators=(",", ":")))
        except Unavailable:
            log.warning("Redis is away: %s was told to nobody", message.get("type"))
            missed = True
        if missed and message["type"] == "present":
            self._untold.add((session_id, message["seat"]))

    def sessions(self) -> set[str]:
        return self._sockets.sessions()

    def close_all(self, code: int, reason: str) -> None:
        self._closing = (code, reason)
        for socket in self._sockets:
            socket.browser.close(code, reason)

    def hang_up(self, session_id: str, code: int, reason: str) -> None:
        self._hang_up(session_id, code, reason, signaling.MOST_SEATS)

    def stop(self) -> None:
        self._listener.stop()
        self._processes.stop()
        self._store.close()

    def _hear(self, text: str) -> None:
        word, session_id, rest = text.split(" ", 2)
        if word == "signal":
            self._hear_signal(session_id, rest)
        elif word == "all":
            but, message = rest.split(" ", 1)
            for socket in self._sockets.of(session_id):
                if socket.seat != int(but):
                    socket.browser.deliver(json.loads(message))
        elif word in ("replaced", "renewed"):
            seat, sitting = rest.split(" ")
            older = self._sockets.at(session_id, int(seat))
            if older and older.sitting == sitting:
                self._close(older, *replaced(older.tab, older.tab if word == "renewed" else ""))
        elif word == "end":
            code, reason = rest.split(" ", 1)
            for socket in self._sockets.of(session_id):
                self._close(socket, int(code), reason)

    def _hear_signal(self, session_id: str, rest: str) -> None:
        seat, number, message = rest.split(" ", 2)
        socket = self._sockets.at(session_id, int(seat))
        if socket and not socket.bring(int(number), message):
            threads.later(self._catch_up, socket)

    def _close(self, socket: SocketHere, code: int, reason: str) -> None:
        self._sockets.drop(socket)
        socket.browser.close(code, reason)

    def _begin_again(self) -> None:
        self._forgotten = True
        for socket in self._sockets:
            socket.late = True
        try:
            retry.until_available(self._make_up)
        except Unavailable:
            log.warning("Redis went away again; the next heartbeat makes up for what was missed")

    def _make_up(self) -> None:
        """Do what could not be done while Redis was away. Raises Unavailable where something is still left."""
        self._bring_back()
        for socket in self._sockets:
            if socket.late:
                self._catch_up(socket)
        self._tell_untold()
        if any(socket.late for socket in self._sockets):
            raise Unavailable

    def _bring_back(self) -> None:
        """Say again which sockets are here, where Redis may have forgotten it."""
        for socket in self._sockets if self._forgotten else ():
            if not self._return(socket.session_id, socket.seat, socket.sitting, _KEPT):
                self._close(socket, *replaced(socket.tab, self.tab(socket.session_id, socket.seat) or ""))
        self._forgotten = False

    def _catch_up(self, socket: SocketHere) -> None:
        if socket.begin_fetch():
            self._fetch(socket)

    def _fetch(self, socket: SocketHere) -> None:
        try:
            while not socket.fetched(*self._after(socket.session_id, socket.seat, socket.seen)):
                pass
        except Unavailable:
            socket.not_fetched()

    def _beaten(self, missing: bool) -> None:
        """After a heartbeat."""
        self._forgotten = self._forgotten or missing
        self._make_up()

    def _tell_untold(self) -> None:
        for socket in tuple(self._risen):
            if self._rise(socket.session_id, socket.seat, socket.sitting, 0):
                self._untold.add((socket.session_id, socket.seat))
            self._risen.discard(socket)
        for session_id, seat in tuple(self._untold):
            here = seat in self.here(session_id)
            self._untold.discard((session_id, seat))
            self.tell_all(session_id, signaling.presence(seat, here), but=seat)

    def _left(self, session_id: str, seat: int) -> None:
        """A dead process had that seat."""
        self.tell_all(session_id, signaling.presence(seat, False))
