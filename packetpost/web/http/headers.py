"""The one way to read a request's header: as the text that its sender typed, whatever bytes carried it."""

import base64

from flask import request

from packetpost.inputs import header_text, typed_text


def header(name: str) -> str | None:
    """The header's text; None where it is missing. Several of one name are joined by commas."""
    value = request.headers.get(name)
    return None if value is None else header_text(value)


def header_list(name: str) -> list[str]:
    """What stands between the commas of the header, without blanks around it."""
    values = (part.strip() for value in request.headers.getlist(name) for part in header_text(value).split(","))
    return [value for value in values if value]


class RequestHeaders:
    """All of them, for what reads headers without Flask."""

    def get(self, key: str, /) -> str | None:
        return header(key)


def basic_password() -> str:
    """The password of `Authorization: Basic`, whatever the user's name; '' without one."""
    kind, _, said = (header("Authorization") or "").partition(" ")
    if kind.lower() != "basic":
        return ""
    try:
        # Its bytes are whatever the terminal's are, as in other headers.
        user = typed_text(base64.b64decode(said.strip()))
    except ValueError:
        return ""
    return user.partition(":")[2]


def bearer_token() -> str:
    """The token of `Authorization: Bearer`, or ''."""
    kind, _, said = (header("Authorization") or "").partition(" ")
    return said.strip() if kind.lower() == "bearer" else ""
