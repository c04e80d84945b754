"""What a sender may choose for a link, read from a form, headers or the query and checked at the door."""

import re
from collections.abc import Mapping

from flask import request

from packetpost.errors import BadRequest, TooLarge
from packetpost.inputs import whole_number
from packetpost.models import Options
from packetpost.tokens import canonical
from packetpost.web.http.headers import header
from packetpost.web.http.services import services
from packetpost.web.links import link_views

_SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 24 * 3600, "week": 7 * 24 * 3600}
_UNITS = {"": 1} | {word: each for unit, each in _SECONDS.items() for word in (unit[0], unit, f"{unit}s")}
_MOST_DOWNLOADS = 1_000_000
_MOST_PASSWORD = 1024
_MOST_SEALED = 8 * 1024**2

# What the page offers, as value and words.
DOWNLOAD_CHOICES = (("", "No limit"), ("1", "1"), ("5", "5"), ("20", "20"))


def expiry_choices() -> list[tuple[int, str, bool]]:
    """What the page offers: seconds, in words, and whether that is chosen at first."""
    expiry = services().settings.expiry
    offered = sorted({*expiry.choices, expiry.default})
    return [(seconds, link_views.duration(seconds), seconds == expiry.default) for seconds in offered]


def from_form(fields: Mapping[str, str]) -> Options:
    """Fields `expiry`, `downloads`, `password`; what is missing comes from headers or the query. Field `sealed`.

    Raises BadRequest, TooLarge.
    """

    def given(name: str) -> str:
        return fields.get(name) or header(f"X-{name.title()}") or request.args.get(name, "")

    return Options(
        lifetime(given("expiry")),
        _downloads(given("downloads")),
        _password(given("password")),
        _sealed(fields.get("sealed", "")),
    )


def from_headers() -> Options:
    """`X-Expiry`, `X-Downloads`, `X-Password`, or `?expiry=&downloads=&password=`. Raises BadRequest."""
    return from_form({})


def lifetime(text: str) -> int:
    """Of a link, in seconds, as a form or a header says it; the default for ''. Raises BadRequest."""
    settings = services().settings
    if not text:
        return settings.expiry.default
    match = re.fullmatch(r"(\d{1,9})\s*([a-z]*)", text.strip().lower(), re.ASCII)
    if not match or match[2] not in _UNITS:
        raise BadRequest("The expiry must be a time such as 1h, 3d, 1w, or a number of seconds.")
    seconds = (whole_number(match[1]) or 0) * _UNITS[match[2]]
    if not 0 < seconds <= settings.expiry.most:
        raise BadRequest(f"A link may live for at most {settings.expiry.most // 3600} hours on this server.")
    return seconds


def _downloads(text: str) -> int | None:
    text = text.strip()
    if not text:
        return None
    number = whole_number(text, _MOST_DOWNLOADS)
    if number is None:
        raise BadRequest(f"The download limit must be a whole number up to {_MOST_DOWNLOADS:,}, or empty for none.")
    return number or None


def _password(text: str) -> str:
    if len(text) > _MOST_PASSWORD:
        raise BadRequest(f"A password may have at most {_MOST_PASSWORD} characters.")
    if text and not canonical(text):
        raise BadRequest("A password needs more than blanks. Type another one, or leave it empty for none.")
    return text


def _sealed(text: str) -> str:
    if len(text) > _MOST_SEALED:
        raise TooLarge("The names of these files are too long together. Pack the files into an archive first.")
    if not re.fullmatch(r"[A-Za-z0-9_-]*", text, re.ASCII):
        raise BadRequest("The sealed names must be base64url.")
    return text
