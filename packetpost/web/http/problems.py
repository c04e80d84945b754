"""Refusals and failures, turned once into a page, an alert, JSON or text. Crashes go to the log with a traceback."""

import logging
import time

from flask import Flask, Response, jsonify, make_response, render_template, request
from flask.typing import ResponseReturnValue
from flask_limiter import RateLimitExceeded
from jinja2_fragments.flask import render_block
from werkzeug import exceptions
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from packetpost import logs, tus
from packetpost.errors import (
    LinkPasswordNeeded,
    MethodNotAllowed,
    NotFound,
    Problem,
    RangeNotSatisfiable,
    TooLarge,
    TooMany,
    UploadPasswordNeeded,
)
from packetpost.tus_errors import TusVersion
from packetpost.web.http import limits, metrics
from packetpost.web.http.answer_form import from_browser, line, wanted
from packetpost.web.http.headers import header
from packetpost.web.http.request_log import record_of

log = logging.getLogger(__name__)

_TITLES = {
    400: "That did not work",
    401: "A password is needed",
    403: "Not allowed",
    404: "Nothing here",
    405: "Not allowed",
    406: "For browsers only",
    409: "Not right now",
    410: "This link has ended",
    413: "Too large",
    416: "No such part",
    429: "Too many tries",
    451: "This link was taken down",
    500: "Something broke",
    503: "Not right now",
    507: "No room left",
}


class Crash(Problem):
    """A failure of ours, not of the request's."""

    status = 500
    code = "crash"
    message = "Something went wrong on this server. It has been noted; try again in a moment."


class OtherStatus(Problem):
    """What Werkzeug refuses by itself, in its own words."""

    code = "refused"

    def __init__(self, error: HTTPException) -> None:
        super().__init__(error.description or error.name)
        self.status = error.code or 500


def init(app: Flask) -> None:
    """Turn our problems, Werkzeug's and crashes into answers."""
    app.register_error_handler(Problem, answer)
    app.register_error_handler(HTTPException, answer_http)
    app.register_error_handler(Exception, answer_crash)


def answer_http(error: HTTPException) -> ResponseReturnValue:
    """Answer what Flask, Werkzeug or the limiter refused, in our own words."""
    if isinstance(error, RateLimitExceeded):
        metrics.limited.labels(_limit_name(error)).inc()
        return answer(TooMany(retry_after=_seconds_to_wait()))
    if isinstance(error, RequestEntityTooLarge):
        return answer(TooLarge())
    if error.code is not None and error.code < 400:
        return error
    # PUT /<name> makes Werkzeug answer 405 where a reader has simply mistyped an address.
    if error.code == 404 or (error.code == 405 and request.method in ("GET", "HEAD")):
        return answer(NotFound())
    if isinstance(error, exceptions.MethodNotAllowed):
        return answer(MethodNotAllowed(error.valid_methods or ()))
    return answer(OtherStatus(error))


def answer_crash(error: Exception) -> ResponseReturnValue:
    """Log what nobody expected, and answer with a sentence that tells nothing of it."""
    # The endpoint, not the path: addresses hold ids and tokens.
    logs.event(log, "crash", logging.ERROR, error, endpoint=request.endpoint or "")
    return answer(Crash())


def answer(problem: Problem) -> Response:
    """The refusal in the form that is wanted, with its honest status. The request's line in the log names it."""
    record_of(request.environ).code = problem.code
    form = wanted()
    if form == "page":
        body = make_response(render_template("error.html", problem=shown(problem)))
    elif form == "alert":
        body = make_response(render_block("error.html", _block(problem), problem=shown(problem)))
    elif form == "json":
        body = jsonify(success=False, message=str(problem), code=problem.code)
    else:
        body = line(str(problem))
    body.status_code = problem.status
    if problem.retry_after is not None:
        body.headers["Retry-After"] = str(problem.retry_after)
    if isinstance(problem, RangeNotSatisfiable):
        body.headers["Content-Range"] = f"bytes */{problem.size}"
    if isinstance(problem, LinkPasswordNeeded | UploadPasswordNeeded) and not from_browser():
        # wget, PowerShell and their kin say a password when they are asked for it. A browser would open a window.
        body.headers["WWW-Authenticate"] = 'Basic realm="Packet Post", charset="UTF-8"'
    if isinstance(problem, MethodNotAllowed):
        body.headers["Allow"] = ", ".join(problem.methods)
    if isinstance(problem, TusVersion):
        body.headers["Tus-Version"] = tus.VERSION
    return body


def _block(problem: Problem) -> str:
    """A polling page shows its link's end in the place of the files; every alert has a place of its own."""
    ends = problem.status in (404, 410, 451) and header("HX-Target") == "section#parcel"
    return "whole" if ends else "alert"


def shown(problem: Problem) -> dict[str, str | int]:
    """What templates show of a refusal."""
    title = _TITLES.get(problem.status, "That did not work")
    # Where something broke, people can tell the operator which line of the log it is.
    request_id = logs.request_id.get() if problem.status == 500 else ""
    words = {"title": title, "code": problem.code, "message": str(problem), "request": request_id}
    return {"status": problem.status, **words}


def _limit_name(error: RateLimitExceeded) -> str:
    scope = error.limit.scope
    return scope if isinstance(scope, str) else "other"


def _seconds_to_wait() -> int:
    limit = limits.limiter.current_limit
    return max(1, int(limit.reset_at - time.time()) + 1) if limit else 60
