"""In which form an answer is wanted: a page, an alert inside one, JSON, or a line of text."""

import re
from typing import Any, Literal

from flask import Response, jsonify, request

from packetpost.web.http.headers import header

Form = Literal["page", "alert", "json", "text"]

_FORMS: dict[str, Form] = {"text/html": "page", "application/json": "json", "text/plain": "text"}
# Programs whose user reads what they print. PowerShell says that it is a browser, and then what it is.
_TERMINALS = re.compile(
    r"(curl|httpie|xh|aria2|axel|lftp|uclient-fetch|(fetch )?libfetch|microsoft bits)/|wget|.* (windows)?powershell/"
)
# What looks at addresses for others calls itself what it likes, and then this.
_BOT = re.compile(r"bot|crawler|spider|preview|compatible;|\+https?:")
# Rooms whose addresses only scripts of pages ask, which say nothing of what they accept.
_FOR_SCRIPTS = ("road", "signals")


def wanted() -> Form:
    """By htmx's header, then `Accept`, then what is usual at the address and for the program that asks."""
    if header("HX-Request") == "true":
        return "alert"
    if request.path.startswith("/api/files"):
        return "text"
    if form := named():
        return form
    if request.blueprint in _FOR_SCRIPTS:
        return "json"
    if from_terminal():
        return "text"
    return "json" if request.path.startswith("/api/") or request.method == "PUT" else "page"


def named() -> Form | None:
    """The form of which `Accept` speaks first; None where it leaves the choice to us."""
    accepted = [kind for kind, quality in request.accept_mimetypes if quality and kind in _FORMS]
    return _FORMS[accepted[0]] if accepted else None


def from_terminal() -> bool:
    """Whether the client is a program like curl, by what it calls itself."""
    name = _agent()
    return bool(_TERMINALS.match(name)) and not _BOT.search(name)


def from_browser() -> bool:
    """Whether a browser asks: a page or a script of one, which show what we answer in their own way."""
    return header("HX-Request") is not None or (_agent().startswith("mozilla/") and not from_terminal())


def _agent() -> str:
    return (request.user_agent.string or "").lower()


def success(status: int = 200, **values: Any) -> Response:
    """`{"success": true, …}`. The values are whatever JSON takes."""
    response = jsonify(success=True, **values)
    response.status_code = status
    return response


def line(text: str, status: int = 200) -> Response:
    """One line of plain text."""
    return Response(f"{text}\n", status=status, content_type="text/plain; charset=utf-8")
