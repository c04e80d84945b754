"""`/healthz`: whether the process lives, and with `?ready` whether facts and bytes can be kept. `/metrics`: counts."""

import logging

from flask import Blueprint, Response, jsonify, request

from packetpost.web import metrics
from packetpost.web.answers import success
from packetpost.web.metrics import Fact
from packetpost.web.services import now, services

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
        services().files.ping()
    except Exception as error:  # as above
        log.error("bytes cannot be stored", exc_info=error)
        reasons.append("Files cannot be stored.")
    if not reasons and services().links.room() <= 0:
        reasons.append("There is no room for more files.")
    return reasons


@bp.get("/metrics", endpoint="metrics")
def exposition() -> Response:
    """Prometheus text."""
    return Response(metrics.exposition(_facts), content_type=metrics.CONTENT_TYPE)


def _facts() -> list[Fact]:
    """What is read from the keepers when somebody asks. Sizes are bytes."""
    records, live, at = services().records, services().live_records, now()
    return [
        ("links", "Links that are open", "", {"": records.count_links(at)}),
        ("stored_bytes", "The sizes of all files, stored or promised", "", {"": records.promised_bytes()}),
        ("room_bytes", "What may still be promised", "", {"": services().links.room()}),
        (
            "sessions",
            "Live sessions by state",
            "state",
            {str(state): count for state, count in live.count_sessions(at).items()},
        ),
    ]
