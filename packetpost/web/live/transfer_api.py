"""Live sessions for programs: `/api/transfer/…`, JSON in and out. The API's word for a session is transfer."""

from typing import Any

from flask import Blueprint, Response, request

from packetpost.errors import BadRequest
from packetpost.inputs import json_object
from packetpost.sessions import Seated
from packetpost.web.http import guard, limits
from packetpost.web.http.answer_form import success
from packetpost.web.http.services import now, services
from packetpost.web.live import attempt_reports, seat_cookie

bp = Blueprint("transfer_api", __name__, url_prefix="/api/transfer")


@bp.get("/config")
@limits.page
def config() -> Response:
    """What a client needs before it has a seat. TURN credentials are for seats only."""
    settings = services().settings
    return success(iceServers=list(settings.ice.servers), maxUploadBytes=settings.limits.upload_bytes)


@bp.post("/create")
@limits.create
def create() -> Response:
    """`{ttlMinutes?, maxReceivers?, uploadPassword?}`."""
    asked = _object()
    guard.check_upload_password(_text(asked, "uploadPassword"))
    ttl, receivers = _whole(asked, "ttlMinutes"), _whole(asked, "maxReceivers")
    seated = services().sessions.create(now(), ttl, 1 if receivers is None else receivers)
    return success(201, session=seat_cookie.shown(seated.session), senderToken=seated.token)


@bp.post("/join")
@limits.join
def join() -> Response:
    """`{transferCode, token?}`; with its token a browser comes back to its own seat."""
    asked = _object()
    seated = services().sessions.join(_text(asked, "transferCode"), now(), _text(asked, "token"))
    return success(session=seat_cookie.shown(seated.session), receiverToken=seated.token, seat=seated.seat.number)


@bp.post("/extend")
@limits.page
def extend() -> Response:
    """`{transferCode, token}`: the sender asks for more time."""
    return success(session=seat_cookie.shown(services().sessions.extend(_seated(), now())))


@bp.post("/close")
@limits.page
def close() -> Response:
    """`{transferCode, token}`: a receiver leaves, the sender ends the session."""
    return success(session=seat_cookie.shown(services().sessions.close(_seated())))


def _seated() -> Seated:
    asked = _object()
    return seat_cookie.required(_text(asked, "transferCode"), _text(asked, "token") or "none")


@bp.post("/telemetry")
@limits.telemetry
def telemetry() -> Response:
    """How a live attempt ended."""
    attempt_reports.record(attempt_reports.parse(_object()))
    return Response(status=204)


def _object() -> dict[str, Any]:
    return json_object(request.get_data())


def _text(asked: dict[str, Any], name: str) -> str:
    value = asked.get(name, "")
    if not isinstance(value, str) or len(value) > 1024:
        raise BadRequest(f"{name} must be a short text.")
    return value


def _whole(asked: dict[str, Any], name: str) -> int | None:
    value = asked.get(name)
    if value is not None and (not isinstance(value, int) or isinstance(value, bool)):
        raise BadRequest(f"{name} must be a whole number.")
    return value
