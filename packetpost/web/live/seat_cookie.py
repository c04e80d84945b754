"""Which seat of a session a browser holds: by the cookie of its page, or by the token of a program."""

from typing import Any

from flask import request

from packetpost import codes
from packetpost.errors import NotOwner, SessionNotFound
from packetpost.models import Session
from packetpost.sessions import Seated
from packetpost.web.http import limits
from packetpost.web.http.origin import local
from packetpost.web.http.services import now, services

_COOKIE = "seat"
# The cookie outlives the session, so that its browser learns how it ended. Seconds.
_COOKIE_LIFE = 24 * 3600


def address(session: Session) -> str:
    """The path of the session's page, which is also that of its cookie."""
    return local(f"/live/{codes.show_code(session.code)}")


def token() -> str:
    """This browser's seat token, or ''."""
    return request.cookies.get(_COOKIE, "")


def mine(session: Session) -> Seated | None:
    """The seat of this browser."""
    return services().sessions.seated(session, token())


def required(code: str, given: str = "") -> Seated:
    """The seat of `given`, else of this browser, in the session of the code.

    Raises BadRequest, and NotOwner alike for a session that is not there and for one without such a seat: who guesses
    codes learns nothing, and guesses no more often than who joins.
    """
    try:
        session = services().sessions.find(code)
        seated = services().sessions.seated(session, given or token())
    except SessionNotFound:
        seated = None
    if seated is None:
        with limits.code_guess():
            raise NotOwner("There is no such session, or this browser has no seat in it. Join by the sender's code.")
    return seated


def give(response: Any, seated: Seated) -> None:
    """Let this browser keep its seat over reloads. `response` is Flask's or Werkzeug's."""
    response.set_cookie(
        _COOKIE,
        seated.token,
        max_age=_COOKIE_LIFE,
        path=address(seated.session),
        secure=request.is_secure,
        httponly=True,
        samesite="Strict",
    )


def shown(session: Session) -> dict[str, Any]:
    """The session as the JSON API and pages show it. `expiresAt` is in Unix seconds."""
    receivers = sum(1 for seat in services().live_records.seats(session.id) if seat.number)
    return {
        "transferId": session.id,
        "transferCode": codes.show_code(session.code),
        "expiresAt": int(session.expires_at),
        "state": session.state(now()),
        "maxReceivers": session.max_receivers,
        "receivers": receivers,
        "link": local(f"/l/{session.link_id}") if session.link_id else None,
    }
