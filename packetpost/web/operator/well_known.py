"""What programs look for at fixed addresses: `/robots.txt`, `/favicon.ico`, icons, `/.well-known/security.txt`."""

import time

from flask import Blueprint, Response

from packetpost.errors import NotFound
from packetpost.web.assets.static_files import answer, static_files
from packetpost.web.http import limits
from packetpost.web.http.origin import absolute, local
from packetpost.web.http.services import now, services

bp = Blueprint("well_known", __name__)

_DAY = 86_400
# RFC 9116, 2.5.5: less than a year ahead. An answer is made anew each time, so it never grows stale.
_VALID_DAYS = 180
_KEEP_A_DAY = f"public, max-age={_DAY}"
# Who holds the address of a link may open it; that a crawler found it somewhere makes it no public page.
_NOT_FOR_ROBOTS = ("/l/", "/live/", "/api/")


@bp.get("/robots.txt")
@limits.page
def robots() -> Response:
    """Keep crawlers from links, sessions and files (RFC 9309)."""
    return _text("\n".join(["User-agent: *", *(f"Disallow: {local(path)}" for path in _NOT_FOR_ROBOTS), ""]))


@bp.get("/favicon.ico")
@limits.page
def favicon() -> Response:
    """For browsers and programs that do not ask the page for its icon."""
    return _icon("favicon.ico")


@bp.get("/apple-touch-icon.png")
@bp.get("/apple-touch-icon-precomposed.png")
@limits.page
def touch_icon() -> Response:
    """The icon that phones put on their home screen."""
    return _icon("icons/apple-touch-icon.png")


@bp.get("/.well-known/security.txt")
@limits.page
def security() -> Response:
    """Whom to tell of a hole (RFC 9116). Raises NotFound where the operator names nobody."""
    contact = services().settings.security_contact
    if not contact:
        raise NotFound
    expires = time.gmtime((now() // _DAY + _VALID_DAYS) * _DAY)
    lines = [
        f"Contact: {contact}",
        f"Expires: {time.strftime('%Y-%m-%dT%H:%M:%SZ', expires)}",
        f"Canonical: {absolute(local('/.well-known/security.txt'))}",
        "Preferred-Languages: en",
    ]
    return _text("\n".join([*lines, ""]))


def _icon(name: str) -> Response:
    return answer(static_files().latest().assets[name], _KEEP_A_DAY)


def _text(text: str) -> Response:
    response = Response(text, mimetype="text/plain")
    response.headers["Cache-Control"] = _KEEP_A_DAY
    return response
