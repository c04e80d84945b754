"""What all answers share that flow to a live page: who asks, which page it is, and what they say to proxies."""

import re

from flask import request

from packetpost.errors import BadRequest, SessionEnded
from packetpost.sessions import Seated
from packetpost.web.http.services import now
from packetpost.web.live import seat_cookie

_PAGE = re.compile(r"[\w-]{1,64}", re.ASCII)
# Proxies such as nginx pass on at once what they are told not to gather.
UNBUFFERED = {"X-Accel-Buffering": "no"}


def asker(code: str, token: str) -> Seated:
    """Who asks, by the seat's token or else its cookie, in a session that goes on. Raises NotOwner, SessionEnded."""
    seated = seat_cookie.required(code, token)
    if seated.session.state(now()) in ("closed", "expired"):
        raise SessionEnded
    return seated


def asking_page() -> str:
    """`?page=`, which tells the answers of one page from those of the next. Raises BadRequest."""
    page = request.args.get("page", "")
    if not _PAGE.fullmatch(page):
        raise BadRequest("`page` must be 1 to 64 letters, digits, _ and -.")
    return page
