"""What browsers may say to each other over the server: one table, and the check of every message against it. Pure.

PROTOCOL.md, "Signaling", is its source. The contents stay opaque: nothing here reads SDP or candidates.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from packetpost.errors import BadRequest
from packetpost.inputs import json_object

Role = Literal["sender", "receiver"]

# The largest message, in bytes of UTF-8.
MOST_BYTES = 16 * 1024
MOST_SEATS = 16
# What a seat may have missed: offers, answers and candidates of a few tries. Older messages fall out of its mailbox.
MAILBOX_MESSAGES, MAILBOX_BYTES = 256, 512 * 1024
# A tab whose socket broke comes back within so many seconds, or its seat is free. Pages try again after 22 s at most.
COMES_BACK_WITHIN = 60


class SignalRefused(Exception):
    """A message that is not relayed. `code` is for programs, the text for people; the socket stays open."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


@dataclass(frozen=True, slots=True)
class Hello:
    """A socket's first message. `token` None means the seat's cookie; `last` is the last message it has seen.

    `tab` tells a browser's tabs apart, '' where nobody says which; `take` the seat from another one.
    """

    token: str | None
    last: int
    tab: str = ""
    take: bool = False


@dataclass(frozen=True, slots=True)
class Signal:
    """A message to relay. `to` is a seat; None for the server itself."""

    type: str
    to: int | None
    fields: dict[str, Any]  # as JSON gives them, checked against the table


Check = Callable[[object], bool]


def _text(most: int) -> Check:
    return lambda value: isinstance(value, str) and len(value.encode(errors="replace")) <= most


def _whole(most: int) -> Check:
    return lambda value: isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= most


def _null_or(check: Check) -> Check:
    return lambda value: value is None or check(value)


def _flag(value: object) -> bool:
    return isinstance(value, bool)


def _base64url(least: int, most: int) -> Check:
    allowed = re.compile(rf"[A-Za-z0-9_-]{{{least},{most}}}")
    return lambda value: isinstance(value, str) and allowed.fullmatch(value) is not None


@dataclass(frozen=True, slots=True)
class _Rule:
    """Who may send a type (None: either), the fields it needs and may have, and whether the server itself is meant."""

    sender: Role | None
    needed: dict[str, Check]
    allowed: dict[str, Check]
    for_server: bool = False


_TRY = {"try": _whole(9_999)}
# The other side checks them by keys that the server does not have.
_MAC = {"mac": _base64url(43, 43), "nonce": _base64url(22, 43), "count": _whole(99_999)}
# Which steps of handing over the key each role takes.
KEY_STEPS: dict[Role, tuple[str, ...]] = {
    "receiver": ("hello", "confirm"),
    "sender": ("share", "secret", "plain", "wrong"),
}
RULES: dict[str, _Rule] = {
    "offer": _Rule("receiver", {"sdp": _text(12_000), **_TRY}, {"restart": _flag, **_MAC}),
    "answer": _Rule("sender", {"sdp": _text(12_000), **_TRY}, _MAC),
    "ice-candidate": _Rule(
        None,
        {"candidate": _text(1024), **_TRY},
        {
            "sdpMid": _null_or(_text(64)),
            "sdpMLineIndex": _null_or(_whole(64)),
            "usernameFragment": _null_or(_text(256)),
            **_MAC,
        },
    ),
    # Which files are offered, as only pages with the secret can read it.
    "manifest": _Rule("sender", {"value": _base64url(1, 12_000), **_TRY}, _MAC),
    "ready": _Rule(None, {"webrtc": _flag}, {"moved": _flag, "link": _flag}),
    "cancel": _Rule(None, {}, {"reason": _text(200)}),
    "error": _Rule(None, {"code": _text(64)}, {"message": _text(200)}),
    "key": _Rule(None, {"step": _text(16), "value": _base64url(0, 400)}, {}),
    "moving": _Rule(None, {}, {}, for_server=True),
    "beat": _Rule(None, {}, {}, for_server=True),
}


def presence(seat: int, here: bool) -> dict[str, Any]:
    """What the other seats are told when a socket comes or goes."""
    return {"type": "present", "seat": seat, "here": here}


def parse_hello(text: str | bytes) -> Hello:
    """Raises SignalRefused."""
    message = _object(text)
    token, last = message.get("token"), message.get("last", 0)
    tab, take = message.get("tab", ""), message.get("take", False)
    if message.get("type") != "hello" or not _null_or(_text(64))(token) or not _whole(2**53 - 1)(last):
        raise SignalRefused("hello", "The first message must be a hello.")
    if not _base64url(0, 43)(tab) or not _flag(take):
        raise SignalRefused("hello", "The hello does not say which tab it comes from.")
    return Hello(token if isinstance(token, str) else None, int(last), str(tab), bool(take))


def parse_signal(text: str | bytes, role: Role) -> Signal:
    """A message of a seat with this `role`. Raises SignalRefused."""
    message = _object(text)
    kind = message.pop("type", None)
    rule = RULES.get(kind) if isinstance(kind, str) else None
    if rule is None or not isinstance(kind, str):
        raise SignalRefused("type", "There is no message of that type.")
    if rule.sender not in (None, role):
        raise SignalRefused("role", f"A {role} does not send {kind}.")
    to = None if rule.for_server else _receiver_of(message.pop("to", None), role)
    _check_fields(kind, rule, message)
    if kind == "key" and message["step"] not in KEY_STEPS[role]:
        raise SignalRefused("role", f"A {role} does not take that step.")
    return Signal(kind, to, message)


def check_joined(signal: Signal, joined: bool) -> None:
    """Nothing is relayed before somebody has joined. Raises SignalRefused."""
    if not joined and signal.to is not None:
        raise SignalRefused("state", "Nobody is on the other side yet.")


def _receiver_of(to: object, role: Role) -> int:
    if not isinstance(to, int) or isinstance(to, bool) or not 0 <= to <= MOST_SEATS:
        raise SignalRefused("to", "The message says no seat that it is for.")
    if (to == 0) != (role == "receiver"):
        raise SignalRefused("to", "A sender speaks to receivers, and a receiver to the sender.")
    return to


def _check_fields(kind: str, rule: _Rule, fields: dict[str, Any]) -> None:
    for name in rule.needed.keys() - fields.keys():
        raise SignalRefused("field", f"{kind} needs {name}.")
    for name, value in fields.items():
        check = rule.needed.get(name) or rule.allowed.get(name)
        if check is None:
            raise SignalRefused("field", f"{kind} has no {name[:40]!r}.")
        if not check(value):
            raise SignalRefused("field", f"{name} of {kind} is not as it should be.")


def _object(text: str | bytes) -> dict[str, Any]:
    if isinstance(text, bytes):
        raise SignalRefused("json", "Messages are text.")
    if len(text.encode(errors="replace")) > MOST_BYTES:
        raise SignalRefused("size", f"A message may have at most {MOST_BYTES} bytes.")
    try:
        return json_object(text)
    except BadRequest as error:
        raise SignalRefused("json", "The message is not a JSON object.") from error
