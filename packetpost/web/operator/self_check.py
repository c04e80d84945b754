"""The operator's check: what works, what does not, and what to do about it. As a page, and for `flask --app app check`.

Owns who counts as the operator. Without `PACKETPOST_ADMIN_TOKEN` nobody does, and there is nothing at these addresses.
"""

import time
from collections.abc import Iterator

from flask import Blueprint, Response, redirect, render_template, request, session
from flask.typing import ResponseReturnValue
from jinja2_fragments.flask import render_block
from simple_websocket import Server

from packetpost import ice_servers, tokens
from packetpost.backends.probes import turn
from packetpost.backends.probes.public_address import PublicAddress
from packetpost.errors import CrossSite, NotFound, NotOperator, RelayFailed
from packetpost.models import Finding
from packetpost.road import Stamp, Way
from packetpost.settings import Settings
from packetpost.web.http import guard, limits, problems
from packetpost.web.http.answer_form import success, wanted
from packetpost.web.http.headers import bearer_token, header, header_list
from packetpost.web.http.origin import absolute, local, public_origin, seen_host
from packetpost.web.http.services import now, services
from packetpost.web.links import link_views
from packetpost.web.live.flowing_answers import UNBUFFERED
from packetpost.web.live.road_api import require_road
from packetpost.web.live.seat_socket import sock
from packetpost.web.operator import health
from packetpost.web.serving.request_bodies import body_of, counted_body_of

bp = Blueprint("self_check", __name__, url_prefix="/check")

_OPEN = ("self_check.page", "self_check.enter")
_PIECE = 256 * 1024
# An answer in pieces: far enough apart to see whether somebody collects them. Seconds, pieces, bytes.
_APART, _PIECES, _DROP = 0.3, 3, 1024
_HELLO_SECONDS = 10
# No session's: ids of those are random.
_ROAD = Way("check", 0, 1)
# How long the credentials for a look at the relay live, in seconds.
_LOOK = 300


@bp.before_request
def only_operators() -> None:
    """Raises NotFound where there is no operator, NotOperator for strangers."""
    if not services().settings.admin_token:
        raise NotFound
    if request.endpoint not in _OPEN and not _is_operator():
        raise NotOperator


def _is_operator() -> bool:
    """By the session that the form began, or by `Authorization: Bearer`. A new token ends old sessions."""
    token = services().settings.admin_token
    if given := bearer_token():
        with limits.admin_token():
            return tokens.same_text(given, token)
    return tokens.same_text(session.get("operator", ""), _mark(token))


def _mark(token: str) -> str:
    return tokens.hash_token(f"operator {token}")


@bp.get("")
@limits.page
def page() -> ResponseReturnValue:
    """The findings from inside, and what the browser itself looks at; for strangers the form."""
    guard.begin_session()
    if not _is_operator():
        return render_template("check.html", check=None), 401
    return _whole([])


def _whole(outside: list[Finding]) -> str:
    live = services().settings
    seen = {"address": request.remote_addr, "now": now(), "ice": live.ice.servers, "road": live.road.on}
    return render_template("check.html", check=seen, findings=inside(), outside=outside)


@bp.post("/enter")
@limits.admin
def enter() -> ResponseReturnValue:
    """Form: `token`. A wrong one shows the form again, with the alert."""
    if not tokens.same_text(request.form.get("token", ""), services().settings.admin_token):
        return render_template("check.html", check=None, problem=problems.shown(NotOperator())), NotOperator.status
    session["operator"] = _mark(services().settings.admin_token)
    return redirect(local("/check"), 303)


@bp.post("/outside")
@limits.admin
def look_outside() -> ResponseReturnValue:
    """Visit the public address, and tell what was met."""
    findings = public_findings(services().settings, absolute(local("")))
    return render_block("check.html", "outside", outside=findings) if wanted() == "alert" else _whole(findings)


@bp.get("/seen")
def seen() -> Response:
    """What arrives here of a request: for `PublicAddress`."""
    forwarded = len(header_list("X-Forwarded-For"))
    return success(address=request.remote_addr, scheme=request.scheme, host=seen_host(), forwarded=forwarded)


@bp.post("/body")
def body() -> Response:
    """Read a body and keep nothing: how many bytes came, and how many seconds lay between the first and the last."""
    stream, count, first, last = body_of(request.environ), 0, 0.0, 0.0
    while piece := stream.read(_PIECE):
        last = time.monotonic()
        first = first or last
        count += len(piece)
    return success(bytes=count, seconds=last - first)


@bp.get("/drip")
def drip() -> Response:
    """An answer that takes its time."""

    def pieces() -> Iterator[bytes]:
        for number in range(_PIECES):
            if number:
                time.sleep(_APART)
            yield bytes(_DROP)

    headers = {"Content-Type": "application/octet-stream", "Content-Length": str(_PIECES * _DROP)}
    return Response(pieces(), headers=headers)


@bp.get("/road")
def road_down() -> Response:
    """The road to oneself: what `road_up` sends. Raises RoadOff."""
    require_road()
    answer = services().roads.listen(_ROAD.end, tokens.new_id(), lambda: None)
    return Response(answer, mimetype="application/octet-stream", headers=UNBUFFERED)


@bp.put("/road")
def road_up() -> ResponseReturnValue:
    """A body for whoever listens. Raises RoadOff."""
    require_road()
    services().roads.carry(_ROAD, Stamp(0, 1), counted_body_of(request.environ, lambda _: None))
    return "", 204


@sock.route("/socket", bp=bp)  # type: ignore[untyped-decorator]  # flask-sock has no types
def socket(ws: Server) -> None:
    """Says one message back and waits for the other side to hang up."""
    if header("Origin") != public_origin():
        ws.close(1008, str(CrossSite()))
        return
    ws.send(ws.receive(timeout=_HELLO_SECONDS) or "")
    ws.receive(timeout=_HELLO_SECONDS)


def inside() -> list[Finding]:
    """What can be seen from this process alone."""
    settings, found = services().settings, health.findings()
    return [*found, *([_space()] if health.readable(found) else []), _limits(settings), *_relays(settings)]


def public_findings(settings: Settings, url: str) -> list[Finding]:
    """What a visitor of `url` meets."""
    address = PublicAddress(url, settings.admin_token, settings.limits.request_bytes, settings.proxy_hops)
    return address.look(has_road=settings.road.on)


def _space() -> Finding:
    free, room = services().files.free_bytes(), services().links.room(now())
    said = f"{link_views.filesize(max(0, room))} may still be stored."
    if free is not None:
        said = f"{said} {link_views.filesize(free)} are free on the disk."
    if room < services().settings.limits.upload_bytes:
        advice = "Wait until links expire, take some down, or give it more room."
        return Finding("space", "warn", f"{said} That is less than the largest link.", advice)
    return Finding("space", "ok", said)


def _limits(settings: Settings) -> Finding:
    if settings.rate_limits:
        return Finding("rate limits", "ok", "They are on.")
    return Finding("rate limits", "warn", "They are off.", "Set PACKETPOST_RATE_LIMITS=on.")


def _relays(settings: Settings) -> list[Finding]:
    if not settings.ice.turn_urls or not settings.ice.turn_secret:
        way = "go through this server's memory" if settings.road.on else "fall back to a link"
        said = f"There is no TURN relay: browsers that cannot reach each other {way}."
        advice = "Set up coturn with deploy/coturn.conf, then PACKETPOST_TURN_URLS and PACKETPOST_TURN_SECRET."
        return [Finding("turn", "warn", said, advice)]
    servers = ice_servers.ice_servers([], settings.ice.turn_urls, settings.ice.turn_secret, "check", now() + _LOOK)
    return [_relay(url, servers[0]["username"], servers[0]["credential"]) for url in settings.ice.turn_urls]


def _relay(url: str, username: str, credential: str) -> Finding:
    try:
        turn.prove(url, username, credential)
    except RelayFailed as failed:
        advice = "Compare coturn's configuration with deploy/coturn.conf, and open its ports in the firewall."
        return Finding("turn", "fail", f"{url}: {failed}", advice)
    return Finding("turn", "ok", f"{url} relays.")
