"""Addresses that were altered on their way, by mail gateways, chats and people: mended where that is sure.

Ids have 22 characters, owners' tokens 32 and secrets 43, so whatever follows can be cut off. A `%23` in place of the
`#` brought the secret here: the browser gets its `#` back, and the page says what has happened. No log has it.
Programs get at once what was meant: not all of them follow, and `curl -OJ` would save the redirect.
"""

import re
from urllib.parse import unquote

from flask import Flask, redirect, request
from flask.globals import request_ctx
from flask.typing import ResponseReturnValue

from packetpost.codes import ALPHABET
from packetpost.errors import BrokenAddress
from packetpost.web.http.answer_form import from_browser
from packetpost.web.http.origin import local

_ID = 22
_CODE = f"[{ALPHABET}{ALPHABET.lower()}]"
# What an address of ours is, and what stands behind it.
_ADDRESS = re.compile(
    rf"(/l/[\w-]{{{_ID}}}(?:/owner/[\w-]{{32}})?|/api/download/[\w-]{{{_ID}}}(?:\.zip)?"
    rf"|/live/{_CODE}{{4}}(?:-?{_CODE}{{1,4}})?(?![\w-]))(.*)",
    re.ASCII | re.DOTALL,
)
# `/owner` and its kin are addresses of their own.
_OF_OUR_OWN = re.compile(r"/?|/-?\w.*", re.ASCII | re.DOTALL)
_SECRET = re.compile(r"(?:#|%23)\W*([\w-]{43})", re.ASCII)


def init(app: Flask) -> None:
    """Look at every address before its view does."""
    app.before_request(mend)
    app.before_request(refuse_broken)


def mend() -> ResponseReturnValue | None:
    """Lead to the address that was meant, or answer for it, where this one has more than it should."""
    found = _ADDRESS.fullmatch(request.path) if request.method in ("GET", "HEAD") else None
    if not found:
        return None
    address, rest = found.groups()
    if not from_browser() and not _OF_OUR_OWN.fullmatch(rest):
        _take_for(address)
        return None
    secret = _SECRET.search(rest) or _SECRET.search(unquote(request.query_string.decode("ascii", "replace")))
    if secret:
        return redirect(f"{local(address)}?altered#{secret[1]}", 303)
    return None if _OF_OUR_OWN.fullmatch(rest) else redirect(local(address), 303)


def _take_for(address: str) -> None:
    """Let the view of that address answer this request. It is one of ours, so there is one."""
    adapter = request_ctx.url_adapter
    assert adapter is not None
    request.url_rule, arguments = adapter.match(address, return_rule=True)
    request.view_args = dict(arguments)
    request.routing_exception = None


def refuse_broken() -> None:
    """Say what is wrong with an address that cannot be a link's. Raises BrokenAddress."""
    link_id = (request.view_args or {}).get("link_id")
    if link_id is not None and len(link_id) != _ID:
        raise BrokenAddress(
            f"This address is not whole: what names the link has {_ID} characters, and here are {len(link_id)}. "
            "Copy the whole address from the sender's message, to its end."
        )
