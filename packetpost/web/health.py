"""`/healthz`: whether the process lives, and with `?ready` whether facts and bytes can be kept. `/metrics`: counts."""

import logging

from flask import Blueprint, Response, jsonify, request
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from packetpost.web import outcomes
from packetpost.web.answers import success
from packetpost.web.services import services

bp = Blueprint("health", __name__)
log = logging.getLogger(__name__)


@bp.get("/healthz")
def healthz() -> Response:
    """200, or 503 with reasons."""
    reasons = _reasons() if "ready" in request.args else []
    if not reasons:
        return success()
    response = jsonify(success=False, code="not-ready", message=" ".join(reasons), reasons=reasons)
    response.status_code = 503
    return response


def _reasons() -> list[str]:
    reasons = []
    try:
        services().records.ping()
    except Exception as error:  # whatever the backend's library raises: it becomes the reason
        log.error("records cannot be written", exc_info=error)
        reasons.append("Facts cannot be written.")
    try:
        if services().links.room() <= 0:
            reasons.append("There is no room for more files.")
    except OSError as error:
        log.error("the files' folder cannot be read", exc_info=error)
        reasons.append("The files' folder cannot be read.")
    return reasons


@bp.get("/metrics")
def metrics() -> Response:
    """Prometheus text: how live attempts ended."""
    return Response(generate_latest(outcomes.registry), content_type=CONTENT_TYPE_LATEST)
