"""The pages of live mode: the sender's, the joining one, the receiver's, and falling back to a link."""

from typing import Any

from flask import (
    Blueprint,
    Response,
    make_response,
    redirect,
    render_template,
    request,
)
from flask.typing import ResponseReturnValue
from jinja2_fragments.flask import render_block
from werkzeug.wrappers import Response as BaseResponse

from packetpost import codes
from packetpost.errors import BadRequest, SessionEnded, TooLarge
from packetpost.ice_servers import stun_hosts
from packetpost.inputs import whole_number
from packetpost.links import Made
from packetpost.models import Session
from packetpost.sessions import Seated
from packetpost.web.assets.static_files import answer, static_files
from packetpost.web.http import guard, limits
from packetpost.web.http.answer_form import wanted
from packetpost.web.http.origin import absolute, local
from packetpost.web.http.services import now, services
from packetpost.web.links import link_views, manifest, options, pages
from packetpost.web.live import seat_cookie

bp = Blueprint("live", __name__, url_prefix="/live")

# What the sender's page measures the server's speed with, in bytes.
_MOST_PROBE, _PROBE_PIECE = 1024 * 1024, 64 * 1024
_MOST_FALLBACK_FIELDS = ("expiry", "downloads", "password")


@bp.post("")
@limits.create
def create() -> ResponseReturnValue:
    """The button "Send live": a session, and the sender's page. The link's options are kept for falling back."""
    guard.check_upload_password(request.form.get("upload_password"))
    options.lifetime(request.form.get("expiry", ""))  # before there is a session whose page says it
    receivers, sealed = whole_number(request.form.get("receivers") or "1"), bool(request.form.get("sealed"))
    if receivers is None:
        raise BadRequest("The number of receivers must be a whole number.")
    seated = services().sessions.create(now(), None, receivers, sealed)
    address = seat_cookie.address(seated.session)
    response: BaseResponse
    if wanted() == "alert":
        response = make_response(_block(seated, {name: request.form.get(name, "") for name in _MOST_FALLBACK_FIELDS}))
        response.status_code = 201
        response.headers["HX-Push-Url"] = address
    else:
        response = redirect(address, 303)
    seat_cookie.give(response, seated)
    return response


@bp.get("")
@limits.join
def find() -> ResponseReturnValue:
    """The code box: `?code=`."""
    code = codes.parse_code(request.args.get("code", ""))
    services().sessions.find(code)
    return redirect(local(f"/live/{codes.show_code(code)}"), 303)


@bp.get("/save/worker.js")
def save_worker() -> Response:
    """The service worker that streams received files to disk; its address is its scope."""
    asset, _ = static_files().find("save-worker.js")
    return answer(asset)


@bp.get("/<code>")
@limits.join
def page(code: str) -> ResponseReturnValue:
    """The page of the seat that this browser holds, else the joining page, else the link that it became.

    While who typed a code can get the key of that link, from the sender's card, its page is still of the session.
    """
    session = services().sessions.find(code)
    address = seat_cookie.address(session)
    if local(request.path) != address:
        return redirect(address, 303)
    seated = seat_cookie.mine(session)
    if session.link_id and seated and seated.seat.number == 0:
        return redirect(local(f"/l/{session.link_id}/owner"), 303)
    if session.link_id and not _gives_keys(session):
        return redirect(local(f"/l/{session.link_id}"), 303)
    if session.state(now()) in ("closed", "expired") and not seated:
        raise SessionEnded
    if wanted() == "alert":
        return _block(seated or session, {})
    # A sender's page that is opened anew has no files: it asks for them at once.
    return render_template("live.html", live={**_live(seated or session, {}), "reloaded": True})


def _gives_keys(session: Session) -> bool:
    """Whether a session that fell back still hands on the key of its link, to who typed its code."""
    link = services().records.link(session.link_id)
    open_still = session.state(now()) in ("created", "joined") and link is not None and not link.state(now())
    return open_still and link is not None and bool(link.sealed)


@bp.get("/<code>/state")
@limits.page
def state(code: str) -> ResponseReturnValue:
    """The part that counts down, for htmx."""
    seated = seat_cookie.required(code)
    return _state(seated, asked="asked" in request.args)


def _state(seated: Seated, asked: bool) -> str:
    return render_block("live.html", "state", live={**_live(seated, {}), "asked": asked})


@bp.post("/<code>/ask")
@limits.page
def ask(code: str) -> ResponseReturnValue:
    """A receiver whose network lets no WebSocket through asks for a link; its page then looks for it more often."""
    seated = seat_cookie.required(code)
    services().sessions.ask_for_link(seated, now(), store=request.values.get("link") != "no")
    return _state(seated, asked=True)


@bp.post("/<code>/join")
@limits.join
def join(code: str) -> ResponseReturnValue:
    """Take a receiver's seat, or come back to one's own."""
    seated = services().sessions.join(code, now(), seat_cookie.token())
    response: BaseResponse
    if wanted() == "alert":
        response = make_response(_block(seated, {}))
    else:
        response = redirect(seat_cookie.address(seated.session), 303)
    seat_cookie.give(response, seated)
    return response


@bp.post("/<code>/extend")
@limits.page
def extend(code: str) -> ResponseReturnValue:
    """More time to wait."""
    seated = seat_cookie.required(code)
    session = services().sessions.extend(seated, now())
    return _after(Seated(session, seated.seat), "state")


@bp.post("/<code>/close")
@limits.page
def close(code: str) -> ResponseReturnValue:
    """The sender ends the session; a receiver leaves."""
    seated = seat_cookie.required(code)
    session = services().sessions.close(seated)
    return _after(Seated(session, seated.seat), "session")


def _after(seated: Seated, block: str) -> ResponseReturnValue:
    if wanted() == "alert":
        return render_block("live.html", block, live=_live(seated, {}))
    return redirect(seat_cookie.address(seated.session), 303)


@bp.post("/<code>/probe")
@limits.page
def probe(code: str) -> ResponseReturnValue:
    """Take bytes and throw them away, for the sender to measure how fast. Raises NotOwner, TooLarge."""
    seat_cookie.required(code)
    if (request.content_length or 0) > _MOST_PROBE:
        raise TooLarge
    left = _MOST_PROBE  # a chunked body says no length
    while left and (piece := request.stream.read(min(left, _PROBE_PIECE))):
        left -= len(piece)
    return "", 204


@bp.post("/<code>/link")
@limits.create
def fall_back(code: str) -> ResponseReturnValue:
    """Form: `manifest` and the link's options. The receivers' open pages are told; the answer is the owner's card."""
    seated = seat_cookie.required(code)
    entries = manifest.parse_manifest(request.form.get("manifest", "[]"))
    chosen = options.from_form(request.form)
    made: list[Made] = []

    def make_link() -> str:
        made.append(services().links.make(entries, chosen, now(), limits.holder()))
        return made[0].link.id

    try:
        services().sessions.fall_back(seated, make_link, now())
    except BaseException:
        for one in made:
            services().links.end(one.link, "deleted")
        raise
    return pages.welcome_owner(made[0])


def _block(who: Seated | Session, kept: dict[str, str]) -> str:
    return render_block("live.html", "session", live=_live(who, kept))


def _live(who: Seated | Session, kept: dict[str, str]) -> dict[str, Any]:
    """The template context `live`. `role` is '' on the joining page; `kept` are options for falling back."""
    session, seat = (who.session, who.seat) if isinstance(who, Seated) else (who, None)
    address = seat_cookie.address(session)
    url = absolute(address)
    settings = services().settings
    return {
        **seat_cookie.shown(session),
        "code": codes.show_code(session.code),
        "role": seat.role if seat else "",
        "seat": seat.number if seat else None,
        "url": url,
        "qr": link_views.qr(url),
        "expires_in": max(0.0, session.expires_at - now()),
        "socket_url": f"{address}/socket",
        "join_url": f"{address}/join",
        "state_url": f"{address}/state",
        "extend_url": f"{address}/extend",
        "close_url": f"{address}/close",
        "link_url": f"{address}/link",
        "ask_url": f"{address}/ask",
        "probe_url": f"{address}/probe",
        "road_url": f"{address}/road" if settings.road.on else "",
        "asked": False,
        "reloaded": False,
        "has_relay": bool(settings.ice.turn_urls),
        "stun_hosts": stun_hosts(settings.ice.servers),
        "kept": kept,
        # For how long a link would hold them, in words, as far as this side knows.
        "stored_for": link_views.duration(options.lifetime(kept.get("expiry", ""))),
        "stored_at_most": link_views.duration(settings.expiry.most),
        "half_code": codes.is_half(session.code),
    }
