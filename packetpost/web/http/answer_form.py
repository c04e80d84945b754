"""In which form an answer is wanted: a page, an alert inside one, JSON, or a line of text."""

from typing import Any, Literal

from flask import Response, jsonify, request

from packetpost.web.http.headers import header

Form = Literal["page", "alert", "json", "text"]

# Programs whose user reads what they print.
_TERMINALS = ("curl/", "wget", "httpie/", "xh/", "aria2/", "axel/", "libfetch/", "fetch libfetch/", "powershell/")


def wanted() -> Form:
    """By htmx's header, then `Accept`, then what is usual at the address and for the program that asks."""
    if header("HX-Request") == "true":
        return "alert"
    if request.path.startswith("/api/files"):
        return "text"
    accept = request.accept_mimetypes
    named = [kind for kind, _ in accept if kind in ("text/html", "application/json", "text/plain")]
    if named:
        return {"text/html": "page", "application/json": "json", "text/plain": "text"}[named[0]]  # type: ignore[return-value]
    if from_terminal():
        return "text"
    return "json" if request.path.startswith("/api/") or request.method == "PUT" else "page"


def from_terminal() -> bool:
    """Whether the client is a program like curl, by what it calls itself."""
    name = (request.user_agent.string or "").lower()
    # PowerShell says that it is a browser, and then what it is.
    return name.startswith(_TERMINALS) or " powershell/" in name


def success(status: int = 200, **values: Any) -> Response:
    """`{"success": true, …}`. The values are whatever JSON takes."""
    response = jsonify(success=True, **values)
    response.status_code = status
    return response


def line(text: str, status: int = 200) -> Response:
    """One line of plain text."""
    return Response(f"{text}\n", status=status, content_type="text/plain; charset=utf-8")
