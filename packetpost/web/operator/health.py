"""`/healthz`: whether the process lives, and with `?ready` whether facts and bytes can be kept. `/metrics`: counts."""

import logging

from flask import Blueprint, Response, jsonify, request

from packetpost import logs
from packetpost.errors import ClockOff, Problem
from packetpost.models import Finding
from packetpost.web.http import metrics
from packetpost.web.http.answer_form import success
from packetpost.web.http.metrics import Fact
from packetpost.web.http.services import now, services

bp = Blueprint("health", __name__)
log = logging.getLogger(__name__)


@bp.get("/healthz")
def healthz() -> Response:
    """200, or 503 with reasons. With `?ready` each check is named with `ok` or what is wrong."""
    found = findings() if "ready" in request.args else []
    told = {finding.name: "ok" if finding.state == "ok" else finding.said for finding in found}
    reasons = [finding.said for finding in found if finding.state != "ok"]
    if not reasons:
        return success(checks=told) if found else success()
    response = jsonify(success=False, code="not-ready", message=" ".join(reasons), reasons=reasons, checks=told)
    response.status_code = 503
    return response


def findings() -> list[Finding]:
    """What every check that must not fail says now. Failures go to the log as well."""
    found: list[Finding] = []
    for check in services().checks:
        if check.needs_the_others and not readable(found):
            continue
        finding, error = check.find()
        found.append(finding)
        if error:
            logs.event(
                log,
                "not-ready",
                logging.ERROR,
                None if isinstance(error, Problem | ClockOff) else error,
                check=check.name,
            )
    return found


@bp.get("/metrics", endpoint="metrics")
def exposition() -> Response:
    """Prometheus text."""
    return Response(metrics.exposition(_facts), content_type=metrics.CONTENT_TYPE)


def _facts() -> list[Fact]:
    """What is read from the stores when somebody asks. Sizes are bytes."""
    found = findings()
    ready: list[Fact] = [("ready", "1 where a check of /healthz?ready is fine", "check", _as_numbers(found))]
    return [*ready, *_kept()] if readable(found) else ready


def readable(found: list[Finding]) -> bool:
    """Whether facts and files can be asked at all."""
    return all(finding.state == "ok" for finding in found if finding.name in ("facts", "bytes"))


def _as_numbers(found: list[Finding]) -> dict[str, float]:
    return {finding.name: float(finding.state == "ok") for finding in found}


def _kept() -> list[Fact]:
    records, live, at = services().records, services().live_records, now()
    return [
        ("links", "Links that are open", "", {"": records.count_links(at)}),
        ("stored_bytes", "The sizes of all files, stored or promised", "", {"": records.promised_bytes()}),
        ("room_bytes", "What may still be promised", "", {"": services().links.room(at)}),
        (
            "sessions",
            "Live sessions by state",
            "state",
            {str(state): count for state, count in live.count_sessions(at).items()},
        ),
    ]
