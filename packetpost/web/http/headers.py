"""The one way to read a request's header: as the text that its sender typed, whatever bytes carried it."""

from flask import request
from werkzeug.datastructures import Authorization

from packetpost.inputs import header_text


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
    authorization = _authorization()
    return (authorization.password or "") if authorization else ""


def bearer_token() -> str:
    """The token of `Authorization: Bearer`, or ''."""
    authorization = _authorization()
    return (authorization.token or "") if authorization and authorization.type == "bearer" else ""


def _authorization() -> Authorization | None:
    try:
        return request.authorization
    except ValueError:  # Werkzeug's, of what is neither ASCII nor base64
        return None
