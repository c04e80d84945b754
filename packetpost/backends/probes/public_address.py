"""What a visitor of the public address meets, with the proxies in between, and what to do about it.

`visitor` asks; here is what the answers mean.
"""

import time
from collections.abc import Callable, Iterator
from email.utils import parsedate_to_datetime
from threading import Event

from packetpost.backends.probes.visitor import NO_ANSWER, Visitor
from packetpost.models import Finding
from packetpost.road import HEAD_BYTES

# Seconds. Pieces of a body go out so far apart; a proxy that passes them on as they come keeps most of that.
_APART, _PIECES, _PIECE = 0.3, 3, 1024
_KEPT_APART = _APART * (_PIECES - 1) / 2
# Credentials and expiries are off by as much as the clock is.
_MOST_SKEW = 30
_ON_THE_ROAD = b"on the road"
# An address for examples (RFC 5737): nobody has it.
_PRETENDED = "192.0.2.99"


class PublicAddress:
    """The public address, seen from outside with the operator's token."""

    def __init__(self, url: str, token: str, body_bytes: int, hops: int) -> None:
        """`body_bytes` is the largest body that browsers send, `hops` the proxies that we believe in."""
        self._url, self._body_bytes, self._hops = url, body_bytes, hops
        self._visitor = Visitor(url, token)

    def look(self, has_road: bool = False) -> list[Finding]:
        """Everything, in the order in which it is best repaired. `has_road`: live bytes go through this server."""
        first = self._attempt("public address", self._reach)
        if first.state == "fail":
            return [first]
        checks = (
            ("https", self._https),
            ("client address", self._client_address),
            ("websocket", self._websocket),
            ("body size", self._body_size),
            ("upload buffering", self._upload_buffering),
            ("download buffering", self._download_buffering),
            *((("road", self._road),) if has_road else ()),
            ("clock", self._clock),
        )
        return [first, *(self._attempt(name, check) for name, check in checks)]

    def _attempt(self, name: str, check: Callable[[str], Finding]) -> Finding:
        try:
            return check(name)
        except NO_ANSWER as error:
            return Finding(
                name,
                "fail",
                f"{self._url} could not be asked: {error or type(error).__name__}.",
                "Look whether the proxy runs, where it sends requests, and whether this machine reaches that address.",
            )

    def _reach(self, name: str) -> Finding:
        status, told, _ = self._visitor.ask("GET", "/check/seen")
        if status != 200:
            return Finding(
                name,
                "fail",
                f"{self._url} answers {status} where this server would answer 200.",
                "Look whether PACKETPOST_PUBLIC_URL is right, and whether the proxy sends requests here unchanged.",
            )
        if told["host"] != self._visitor.host:
            return Finding(
                name,
                "warn",
                f"Asked at {self._visitor.host}, this server sees the host {told['host']}.",
                "Let the proxy set X-Forwarded-Host (or Host), and PACKETPOST_PROXY_HOPS to the number of proxies.",
            )
        return Finding(name, "ok", f"{self._url} leads here.")

    def _https(self, name: str) -> Finding:
        _, told, _ = self._visitor.ask("GET", "/check/seen")
        if self._visitor.scheme != "https":
            return Finding(
                name,
                "warn",
                "The public address is plain http: others on the way can read and change what people send.",
                "Get a certificate (Caddy does by itself) and set PACKETPOST_PUBLIC_URL to the https address.",
            )
        if told["scheme"] != "https":
            return Finding(
                name,
                "fail",
                "People come over https, but this server believes it is http, so cookies are not marked as secure.",
                "Let the proxy set X-Forwarded-Proto, and PACKETPOST_PROXY_HOPS to the number of proxies.",
            )
        return Finding(name, "ok", "The certificate is good, and this server knows that people come over https.")

    def _client_address(self, name: str) -> Finding:
        _, told, _ = self._visitor.ask("GET", "/check/seen")
        _, pretended, _ = self._visitor.ask("GET", "/check/seen", {"X-Forwarded-For": _PRETENDED})
        if pretended["address"] == _PRETENDED:
            return Finding(
                name,
                "fail",
                "Anybody can pretend to have another address, and so pass every rate limit.",
                f"PACKETPOST_PROXY_HOPS is {self._hops}, which is more than there are proxies. Lower it.",
            )
        if told["forwarded"] > self._hops:
            return Finding(
                name,
                "warn",
                f"{told['forwarded']} proxies say whom they speak for, and {self._hops} are believed: everybody behind "
                "the others shares one address and its rate limits.",
                f"If all of them are yours, set PACKETPOST_PROXY_HOPS={told['forwarded']}.",
            )
        if told["forwarded"] < self._hops:
            return Finding(
                name,
                "warn",
                f"PACKETPOST_PROXY_HOPS is {self._hops}, but only {told['forwarded']} addresses were forwarded.",
                "Let every proxy add to X-Forwarded-For, or lower PACKETPOST_PROXY_HOPS.",
            )
        return Finding(name, "ok", f"This server sees us as {told['address']}.")

    def _websocket(self, name: str) -> Finding:
        heard, reason = self._visitor.echoed("hello")
        if heard != "hello":
            why = f" ({reason})" if reason else ""
            return Finding(
                name,
                "fail",
                f"A WebSocket does not get through{why}, so people cannot send live.",
                "Let the proxy pass on the headers Upgrade and Connection, as deploy/nginx.conf does.",
            )
        return Finding(name, "ok", "WebSockets get through.")

    def _body_size(self, name: str) -> Finding:
        status, told, _ = self._visitor.ask(
            "POST", "/check/body", {"Content-Length": str(self._body_bytes)}, self._zeros()
        )
        if status != 200 or told.get("bytes") != self._body_bytes:
            return Finding(
                name,
                "fail",
                f"A body of {self._body_bytes:,} bytes is refused ({status}), and browsers send as much at once.",
                "Raise the proxy's limit (nginx: client_max_body_size), or lower PACKETPOST_REQUEST_BYTES below it.",
            )
        return Finding(name, "ok", f"Bodies of {self._body_bytes:,} bytes get through.")

    def _zeros(self) -> Iterator[bytes]:
        left = self._body_bytes
        while left:
            piece = bytes(min(left, 64 * _PIECE))
            left -= len(piece)
            yield piece

    def _upload_buffering(self, name: str) -> Finding:
        length = {"Content-Length": str(_PIECES * _PIECE)}
        _, told, _ = self._visitor.ask("POST", "/check/body", length, self._slowly())
        if told["seconds"] < _KEPT_APART:
            return Finding(
                name,
                "warn",
                "The proxy collects whole bodies before it passes them on: what arrived before a connection broke is "
                "lost, and large uploads fill its disk first.",
                "Switch that off (nginx: proxy_request_buffering off).",
            )
        return Finding(name, "ok", "Bodies arrive as they are sent.")

    def _slowly(self) -> Iterator[bytes]:
        for number in range(_PIECES):
            if number:
                Event().wait(_APART)
            yield bytes(_PIECE)

    def _download_buffering(self, name: str) -> Finding:
        connection = self._visitor.connect()
        try:
            connection.request("GET", self._visitor.base + "/check/drip", headers=self._visitor.headers)
            answer = connection.getresponse()
            answer.read(1)
            began = time.monotonic()
            answer.read()
            seconds = time.monotonic() - began
        finally:
            connection.close()
        if seconds < _KEPT_APART:
            return Finding(
                name,
                "warn",
                "The proxy collects answers before it passes them on: a download that follows an upload stands still.",
                "Switch that off (nginx: proxy_buffering off).",
            )
        return Finding(name, "ok", "Answers arrive as they are sent.")

    def _road(self, name: str) -> Finding:
        """A body sent while the answer that brings it is open: whoever gathers either keeps them from meeting."""
        connection = self._visitor.connect()
        try:
            connection.request("GET", self._visitor.base + "/check/road", headers=self._visitor.headers)
            answer = connection.getresponse()
            answer.read(HEAD_BYTES)  # a sign of life
            length = {"Content-Length": str(len(_ON_THE_ROAD))}
            status, _, _ = self._visitor.ask("PUT", "/check/road", length, iter([_ON_THE_ROAD]))
            came = answer.read(HEAD_BYTES + len(_ON_THE_ROAD)) if status == 204 else b""
        except TimeoutError:
            status, came = 0, b""
        finally:
            connection.close()
        if not came.endswith(_ON_THE_ROAD):
            return Finding(
                name,
                "fail",
                f"Live bytes do not get through this server{f' ({status})' if status else ''}: where browsers cannot "
                "reach each other, people need a link.",
                "Let the proxy pass on answers as they come (nginx: proxy_buffering off), or set PACKETPOST_ROAD=off.",
            )
        return Finding(name, "ok", "Live bytes get through this server where browsers cannot reach each other.")

    def _clock(self, name: str) -> Finding:
        _, _, headers = self._visitor.ask("GET", "/check/seen")
        skew = abs(parsedate_to_datetime(headers["Date"]).timestamp() - time.time())
        if skew > _MOST_SKEW:
            return Finding(
                name,
                "warn",
                f"Two clocks on the way to the public address differ by {skew:.0f} seconds.",
                "Let every machine keep its time by NTP: links would expire, and TURN passwords fail, at wrong times.",
            )
        return Finding(name, "ok", "The clocks agree.")
