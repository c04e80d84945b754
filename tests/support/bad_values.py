"""Values that no honest program sends, and a bare client that can send them: nothing on its way mends them."""

import json
import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote_from_bytes

from tests.support.bytes_server import SECONDS, Line, Reply
from tests.support.server_process import Server

# As they stand in a path, a query, a form or a header.
TEXTS: dict[str, bytes] = {
    "nothing": b"",
    "a blank": b" ",
    "4,500 digits": b"9" * 4500,
    "4,500 digits below zero": b"-" + b"9" * 4500,
    "a superscript": "²".encode(),
    "Arabic digits": "٣".encode(),
    "a superscript in latin-1": b"\xb2",
    "an exponent": b"1e400",
    "no number": b"NaN",
    "a fraction": b"1.5",
    "brackets": b"[" * 1200,
    "braces": b'{"a":' * 1200,
    "a list": b"[]",
    "a NUL": b"a\0b",
    "invalid UTF-8": b"a\xff\xfe\x80",
    "a surrogate": b"a\xed\xa0\x80b",
    "line ends": b"a\r\nX-Evil: b",
    "long": b"x" * 7000,
    "dots": b"../..",
    "a percent sign": b"%",
    "separators": b'";,= <>\\',
    "beyond the first plane": "😀\u202eɐ".encode(),
}
# The worst of them, for what is tried at very many places.
WORST = (*("4,500 digits", "a superscript in latin-1", "an exponent", "brackets", "invalid UTF-8", "separators"),)
# As JSON.
JSON: dict[str, str] = {
    "nothing": "",
    "no JSON": "{",
    "brackets": "[" * 1200 + "]" * 1200,
    "many brackets": "[" * 100_000,
    "braces": '{"a":' * 1200 + "1" + "}" * 1200,
    "no number": "NaN",
    "endless": "-Infinity",
    "an exponent": "1e400",
    "a large exponent": "1e300",
    "4,500 digits": "9" * 4500,
    "4,000 digits": "9" * 4000,
    "64 bits": str(2**64),
    "below zero": "-1",
    "a fraction": "1.5",
    "the same key twice": '{"size": 1, "size": 2}',
    "a list": "[]",
    "a list in lists": "[[[]]]",
    "an object": "{}",
    "null": "null",
    "true": "true",
    "no text": '""',
    "half a character": '"\\ud800"',
    "half a key": '{"\\udfff": 1}',
    "a NUL": '"a\\u0000b"',
    "long": json.dumps("x" * 100_000),
}


def in_url(value: bytes) -> str:
    """The value as one part of a path or a query."""
    return quote_from_bytes(value, safe="")


@dataclass
class BadClient:
    """Sends requests as they are told, over a connection that is made anew where the server closed it."""

    server: Server
    _line: Line | None = field(default=None, init=False)

    def ask(self, method: str, target: str, headers: Mapping[str, bytes], body: bytes = b"") -> Reply:
        """The answer; status 0 where the server hung up on a head that is no HTTP."""
        given = {"Host": b"localhost", "Content-Length": str(len(body)).encode(), **headers}
        lines = [f"{method} {target} HTTP/1.1".encode(), *(f"{k}: ".encode() + v for k, v in given.items()), b"", body]
        try:
            self.line.send(b"\r\n".join(lines))
            reply = self.line.reply(method)
        except (EOFError, OSError):
            self.close()
            return Reply(0, {}, b"")
        goes_on = reply.status == 101 or "transfer-encoding" in reply.headers  # nobody waits for its end
        over = reply.status == 400 or reply.headers.get("connection") == "close" or "date" not in reply.headers
        if goes_on or over:
            self.close()
        return reply

    @property
    def line(self) -> Line:
        if self._line is None:
            self._line = Line(socket.create_connection(("127.0.0.1", self.server.port), SECONDS))
        return self._line

    def close(self) -> None:
        if self._line:
            self._line.sock.close()
            self._line = None


def form(fields: Mapping[str, bytes]) -> bytes:
    """Urlencoded."""
    return "&".join(f"{name}={in_url(value)}" for name, value in fields.items()).encode()


def multiparts() -> Iterator[tuple[str, bytes, bytes]]:
    """(what is wrong, the media type, the body) of forms with files."""
    good = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nx\r\n--b--\r\n'
    kind = b"multipart/form-data; boundary="
    yield "no boundary", b"multipart/form-data", good
    yield "an empty boundary", kind, good
    yield "a boundary that is no text", kind + b"\xff\xb2", good
    yield "a long boundary", kind + b"x" * 4000, good
    yield "half a quote", kind + b'"b', good
    yield "an ending too many", kind + b"b", good * 2
    yield "no headers", kind + b"b", b"--b\r\n\r\nx\r\n--b--\r\n"
    yield "no body", kind + b"b", b""
    for name, value in TEXTS.items():
        part = good.replace(b'"a"', b'"' + value + b'"')
        yield f"{name} for a name", kind + b"b", part
        yield (
            f"{name} for a type",
            kind + b"b",
            good.replace(b"\r\n\r\nx", b"\r\nContent-Type: " + value + b"\r\n\r\nx"),
        )
        yield f"{name} for a field", kind + b"b", good.replace(b'; filename="a"', b"").replace(b"file", b"expiry")
        yield f"{name} for a field's name", kind + b"b", good.replace(b"file", value)
