"""Reports about links: the form that every link page shows, and how what it brings reaches the operator."""

import logging
from typing import cast, get_args

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from jinja2_fragments.flask import render_block

from packetpost import logs, threads, tokens
from packetpost.backends import webhook
from packetpost.errors import BadRequest
from packetpost.models import Complaint, Report
from packetpost.web.http import limits, metrics
from packetpost.web.http.answer_form import success, wanted
from packetpost.web.http.services import now, services
from packetpost.web.links import link_views

bp = Blueprint("abuse_reports", __name__)
log = logging.getLogger(__name__)

COMPLAINTS: dict[Complaint, str] = {
    "illegal": "Something illegal",
    "malware": "Malware, phishing or fraud",
    "private": "Private pictures or data",
    "copyright": "A breach of copyright",
    "other": "Something else",
}
_MOST_TEXT, _MOST_CONTACT = 2000, 200
# More about one link tell the operator nothing new.
_MOST_KEPT = 20


@bp.post("/l/<link_id>/report")
@limits.report
def report(link_id: str) -> ResponseReturnValue:
    """Form: `complaint`, and perhaps `text` and `contact`. Thanks are the same for a link that was reported often."""
    services().links.find(link_id, now())
    sent = _parse(link_id)
    if services().records.add_report(sent, _MOST_KEPT):
        _tell(sent)
    if wanted() == "json":
        return success(201)
    shown = {"id": link_id, "reported": True}
    if wanted() == "alert":
        return render_block("report.html", "report", report=shown), 201
    return render_template("report.html", report=shown), 201


def _parse(link_id: str) -> Report:
    complaint, text, contact = (request.form.get(name, "").strip() for name in ("complaint", "text", "contact"))
    if complaint not in get_args(Complaint):
        raise BadRequest("Choose what is wrong with these files, and send the report again.")
    if len(text) > _MOST_TEXT or len(contact) > _MOST_CONTACT:
        raise BadRequest(f"A report has at most {_MOST_TEXT:,} characters, and an address {_MOST_CONTACT}.")
    return Report(tokens.new_id(), link_id, cast(Complaint, complaint), text, contact, now())


def _tell(sent: Report) -> None:
    """The log says that there is one; which link it is about, `flask --app app reports` and the webhook say."""
    metrics.reports.labels(sent.complaint).inc()
    logs.event(log, "report", logging.WARNING, complaint=sent.complaint)
    url = services().settings.report_webhook
    if url:
        message = {
            "event": "report",
            "link": link_views.link_url(sent.link_id),
            "complaint": sent.complaint,
            "text": sent.text,
            "contact": sent.contact,
            "at": int(sent.at),
        }
        threads.later(_post, url, message)


def _post(url: str, message: dict[str, object]) -> None:
    try:
        webhook.post(url, message)
    except OSError as error:
        # The kind only: addresses of webhooks hold secrets.
        logs.event(log, "report-webhook-failed", logging.ERROR, kind=type(error).__name__)
        metrics.webhooks.labels("failed").inc()
    else:
        metrics.webhooks.labels("posted").inc()
