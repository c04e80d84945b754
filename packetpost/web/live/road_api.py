"""The road's addresses: bodies up, each for one seat, and an answer down for what comes from all.

Owns who may and how it is counted; `Roads` carries the bytes.
"""

import time
from collections.abc import Iterator

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue

from packetpost.errors import BadRequest, LengthNeeded, NotFound, NotOwner, Problem, TooLarge
from packetpost.inputs import whole_number
from packetpost.road import MOST_BODY, MOST_NUMBER, RoadAnswer, RoadEnd, Stamp, Way
from packetpost.road_errors import RoadOff
from packetpost.sessions import MOST_RECEIVERS, Seated
from packetpost.web.http import guard, limits, metrics
from packetpost.web.http.headers import bearer_token
from packetpost.web.http.services import services
from packetpost.web.live.flowing_answers import UNBUFFERED, asker, asking_page
from packetpost.web.serving import direct_answer
from packetpost.web.serving.answer_cut import AnswerCut
from packetpost.web.serving.request_bodies import counted_body_of

bp = Blueprint("road", __name__, url_prefix="/live/<code>/road")


@bp.put("/<seat>")
def up(code: str, seat: str) -> ResponseReturnValue:
    """A body for the page on that seat, `?lane=&n=`. Answered when the other side's answer has taken all of it."""
    who = _asker(code)
    other = _other_end(who, seat)
    stamp = Stamp(_number("lane"), _number("n"))
    length = request.content_length
    if length is None:
        raise LengthNeeded
    if length > MOST_BODY:
        raise TooLarge("A body on the road has at most 4 MiB.")
    if not length:
        raise BadRequest("A body on the road is not empty.")
    body = counted_body_of(request.environ, metrics.road_bytes.inc)
    try:
        services().roads.carry(Way(who.session.id, who.seat.number, other), stamp, body)
    except Problem as problem:
        metrics.road_bodies.labels(problem.code).inc()
        raise
    metrics.road_bodies.labels("taken").inc()
    return "", 204


@bp.get("")
@limits.road
def down(code: str) -> ResponseReturnValue:
    """What the other pages send here, as it comes, `?page=`."""
    guard.check_same_site()
    who = _asker(code)
    page = asking_page()
    if request.method == "HEAD":
        return "", 204
    end = RoadEnd(who.session.id, who.seat.number)
    answer = services().roads.listen(end, page, AnswerCut(), direct_answer.of(request.environ))
    return Response(_Counted(answer), mimetype="application/octet-stream", headers=UNBUFFERED)


def require_road() -> None:
    """Raises RoadOff."""
    if not services().settings.road.on:
        raise RoadOff


def _asker(code: str) -> Seated:
    """Raises RoadOff, NotOwner, SessionEnded."""
    require_road()
    return asker(code, bearer_token())


def _other_end(who: Seated, seat: str) -> int:
    """The seat at the road's other end. Raises NotOwner, NotFound."""
    other = whole_number(seat, MOST_RECEIVERS)
    if other == who.seat.number or (other and who.seat.number):
        raise NotOwner("A road leads from a receiver to the sender, or back.")
    if all(taken.number != other for taken in services().live_records.seats(who.session.id)):
        raise NotFound("Nobody has that seat.")
    return other or 0


def _number(name: str) -> int:
    number = whole_number(request.args.get(name, ""), MOST_NUMBER)
    if number is None:
        raise BadRequest(f"`{name}` must be a whole number from 0 to {MOST_NUMBER}.")
    return number


class _Counted:
    """An answer's stretches, counted as open for as long as they flow."""

    def __init__(self, answer: RoadAnswer) -> None:
        self._answer, self._began = answer, time.monotonic()
        metrics.road_answers.inc()

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._answer)

    def close(self) -> None:
        if self._began:
            metrics.road_answers.dec()
            metrics.road_seconds.inc(time.monotonic() - self._began)
            self._began = 0.0
        self._answer.close()
