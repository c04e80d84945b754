"""A hostile server before the real one: it keeps all that browsers tell it, and may change what seats say and pages."""

import contextlib
import json
import re
import socket
import struct
import threading
from collections.abc import Callable
from typing import Any

from tests.e2e.support.stripped_pages import ask_plainly, is_page, rewritten
from tests.support.code_client import Answerer, Asker, share_of
from tests.support.seal_client import base64url, unbase64url

_PIECE = 64 * 1024
_TEXT = 1
_MOST_SECONDS = 30

Message = dict[str, Any]
# What goes on to the server in the place of what a seat said; None: nothing.
Change = Callable[[Message], Message | None]
# What a seat's page gets in the place of what the server told it.
Tell = Callable[[int, Message], list[Message]]


class Hostile:
    """Forwards every connection to `port` on this machine, HTTP as it is, WebSockets message by message."""

    def __init__(self, port: int) -> None:
        self.change: Change = lambda message: message
        self.tell: Tell = lambda _seat, message: [message]
        # What seats said, and what they were told, in its order.
        self.said: list[Message] = []
        self.heard: list[tuple[int, Message]] = []
        self._seats: dict[int, socket.socket] = {}
        self._news = threading.Condition()
        self.rewrite: Callable[[str], str] | None = None  # pages, and parts of pages
        self._told: list[bytes] = []
        self._server = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._run(self._accept)

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def told(self) -> bytes:
        """Everything that browsers have sent: requests, and what seats said."""
        return b"".join(self._told)

    def inject(self, seat: int, message: Message) -> None:
        """Tell the page on that seat something that nobody said, as soon as it is there."""
        self.until(lambda: seat in self._seats)
        self._seats[seat].sendall(_framed(_TEXT, json.dumps(message).encode(), masked=False))

    def until(self, fact: Callable[[], bool]) -> None:
        """Wait until what was said and heard makes it true."""
        with self._news:
            assert self._news.wait_for(fact, timeout=_MOST_SECONDS), "it never came"

    def _note(self, message: Message, seat: int | None = None) -> None:
        with self._news:
            if seat is None:
                self.said.append(message)
            else:
                self.heard.append((seat, message))
            self._news.notify_all()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)  # closing alone does not wake who accepts
        self._listener.close()

    @staticmethod
    def _run(work: Callable[..., None], *ends: socket.socket) -> None:
        def until_closed() -> None:
            with contextlib.suppress(OSError):
                work(*ends)
            for end in ends:
                end.close()

        threading.Thread(target=until_closed, daemon=True).start()

    def _accept(self) -> None:
        while True:
            browser, _ = self._listener.accept()
            server = socket.create_connection(("127.0.0.1", self._server))
            self._run(self._forward, browser, server)
            self._run(self._back, server, browser)

    def _forward(self, browser: socket.socket, server: socket.socket) -> None:
        while piece := browser.recv(_PIECE):
            self._told.append(piece)
            # Browsers open a connection of its own for a WebSocket, and wait for the answer before they speak.
            upgrade = b"upgrade: websocket" in piece.lower()
            if not upgrade and self.rewrite:
                piece = ask_plainly(piece)
            server.sendall(re.sub(rb"(?i)sec-websocket-extensions:[^\r]*\r\n", b"", piece) if upgrade else piece)
            if upgrade:
                break
        else:
            return
        with browser.makefile("rb") as stream:
            while frame := _read(stream.read):
                opcode, payload = frame
                self._told.append(payload)
                if opcode == _TEXT:
                    message = json.loads(payload)
                    self._note(dict(message))
                    changed = self.change(message)
                    if changed is None:
                        continue
                    payload = json.dumps(changed).encode()
                server.sendall(_framed(opcode, payload))

    def _back(self, server: socket.socket, browser: socket.socket) -> None:
        with server.makefile("rb") as stream:
            while (piece := stream.peek(1)) and not piece.startswith(b"HTTP/1.1 101"):
                piece = stream.read1(len(piece))
                if self.rewrite and is_page(piece):
                    piece = rewritten(piece + stream.read(), self.rewrite)
                browser.sendall(piece)
            while (line := stream.readline()) not in (b"", b"\r\n"):
                browser.sendall(line)
            browser.sendall(line)
            seat = -1
            while frame := _read(stream.read):
                opcode, payload = frame
                told = [payload]
                if opcode == _TEXT:
                    message = json.loads(payload)
                    if message["type"] == "welcome":
                        seat = message["seat"]
                        self._seats[seat] = browser
                    self._note(message, seat)
                    told = [json.dumps(one).encode() for one in self.tell(seat, message)]
                for one in told:
                    browser.sendall(_framed(opcode, one, masked=False))


def _read(read: Callable[[int], bytes]) -> tuple[int, bytes] | None:
    """A frame of one piece (RFC 6455 section 5.2): masked as browsers send it, or not."""
    head = read(2)
    if len(head) < 2:
        return None
    length = head[1] & 0x7F
    if length == 126:
        (length,) = struct.unpack("!H", read(2))
    elif length == 127:
        (length,) = struct.unpack("!Q", read(8))
    mask = read(4) if head[1] & 0x80 else bytes(4)
    payload = bytes(byte ^ mask[at % 4] for at, byte in enumerate(read(length)))
    return head[0] & 0x0F, payload


def _framed(opcode: int, payload: bytes, masked: bool = True) -> bytes:
    """As a client sends it, with a mask of zeros, or as a server does."""
    bit = 0x80 if masked else 0
    size = bytes([bit | len(payload)]) if len(payload) < 126 else bytes([bit | 126]) + struct.pack("!H", len(payload))
    return bytes([0x80 | opcode]) + size + bytes(4 if masked else 0) + payload


def swap_fingerprint(kind: str) -> Change:
    """Put another certificate into offers or answers, as whoever wants to stand in the middle must."""

    def change(message: Message) -> Message:
        if message["type"] == kind:
            swapped = re.sub(r"(a=fingerprint:sha-256 )(\S\S)", r"\g<1>00", message["sdp"])
            assert swapped != message["sdp"] or "sha-256 00" in swapped
            message["sdp"] = swapped
        return message

    return change


def drop_macs(message: Message) -> Message:
    message.pop("mac", None)
    return message


def swap_macs(message: Message) -> Message:
    if "mac" in message:
        message["mac"] = base64url(bytes(32))
    return message


class InTheMiddle:
    """Guesses a code between two who typed another: an exchange with each, by its own guess."""

    def __init__(self, session: str, guess: str) -> None:
        self._to_sender, self._to_receiver = Asker(share_of(session, 1, guess)), Answerer(share_of(session, 1, guess))
        self._hello = ""
        # Whether the sender gave the secret, or the receiver's confirmation proved the guess.
        self.secret, self.met = "", False

    def __call__(self, message: Message) -> Message:
        steps = {"hello": self._hellos, "share": self._shares, "confirm": self._confirms, "secret": self._gives}
        if message["type"] == "key" and message["step"] in steps:
            message["value"] = steps[message["step"]](message["value"])
        return message

    def _hellos(self, value: str) -> str:
        self._hello = value
        return self._to_sender.hello

    def _shares(self, value: str) -> str:
        self._confirm = self._to_sender.confirm(value)
        return self._to_receiver.shared(self._hello)

    def _confirms(self, value: str) -> str:
        self.met = self._to_receiver.knows(value)
        return self._confirm

    def _gives(self, value: str) -> str:
        self.secret = self._to_sender.open(value)
        return self._to_receiver.give(self.secret)


def in_all_forms(secret: str) -> list[bytes]:
    """A secret as it might be sent."""
    raw = unbase64url(secret)
    return [secret.encode(), raw, raw.hex().encode()]
