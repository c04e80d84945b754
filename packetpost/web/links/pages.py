"""The pages: home, making a link from a form, the receiver's page, the owner's card."""

from typing import Any

from flask import Blueprint, Response, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from jinja2_fragments.flask import render_block
from werkzeug.wrappers import Response as BaseResponse

from packetpost.errors import LinkGone, LinkPasswordNeeded, WrongPassword
from packetpost.links import Made
from packetpost.models import Link
from packetpost.sweeper import REMEMBERED
from packetpost.web.http import guard, limits, problems
from packetpost.web.http.answer_form import success, wanted
from packetpost.web.http.headers import header
from packetpost.web.http.origin import local
from packetpost.web.http.services import now, services
from packetpost.web.links import download_views, link_views, manifest, multipart_form, options
from packetpost.web.serving.request_bodies import body_of

bp = Blueprint("pages", __name__)


@bp.after_request
def vary(response: BaseResponse) -> BaseResponse:
    """A link's address answers as a page, JSON, or the file: nobody on the way may take one for another."""
    if request.endpoint == "pages.link_page":
        response.vary.update(("Accept", "User-Agent", "HX-Request"))
    return response


@bp.get("/")
@limits.page
def home() -> ResponseReturnValue:
    """The page with the picker."""
    guard.begin_session()
    settings = services().settings
    return render_template(
        "home.html",
        limits={"max_upload_bytes": settings.limits.upload_bytes, "max_files": settings.limits.files},
        expiry_choices=options.expiry_choices(),
        download_choices=options.DOWNLOAD_CHOICES,
        asks_password=bool(settings.upload_password),
    )


@bp.post("/links")
@limits.create
def create() -> ResponseReturnValue:
    """Make a link from a manifest (the bytes follow by tus), or from the files themselves (no JavaScript)."""
    if request.mimetype == "multipart/form-data":
        received = multipart_form.receive_multipart(body_of(request.environ), header("Content-Type") or "")
        made = publish(received)
    else:
        guard.check_upload_password(request.form.get("upload_password"))
        entries = manifest.parse_manifest(request.form.get("manifest", "[]"))
        made = services().links.make(entries, options.from_form(request.form), now(), limits.holder())
    return welcome_owner(made)


def publish(received: multipart_form.Received) -> Made:
    """The link of a multipart body; what it stored goes when the rest of it is refused."""
    try:
        return services().links.publish(received.uploads, options.from_form(received.fields), now(), limits.holder())
    except BaseException:
        for upload in received.uploads:
            services().uploads.discard(upload)
        raise


def welcome_owner(made: Made) -> ResponseReturnValue:
    """The owner's card of a new link, with the cookie that proves it."""
    owner_url = local(f"/l/{made.link.id}/owner")
    response: BaseResponse
    if wanted() == "alert":
        response = _card_block(made.link, made.token)
        response.status_code = 201
        response.headers["HX-Push-Url"] = owner_url
    else:
        response = redirect(owner_url, 303)
    _own(response, made.link, made.token)
    return response


def _own(response: BaseResponse, link: Link, token: str) -> None:
    """The owner's cookie outlives the link, as long as its end is remembered, so that the card can say how it ended."""
    guard.set_owner(response, link.id, token, link.expires_at + REMEMBERED - now())


def _card_block(link: Link, token: str) -> Response:
    return make_response(render_block("owner.html", "card", owner_view=_owner_view(link, token)))


def _owner_view(link: Link, token: str) -> dict[str, Any]:
    return link_views.owner_view(link, token, services().links.stored_uploads(link.id), now())


@bp.get("/l/<link_id>")
@limits.page
def link_page(link_id: str) -> ResponseReturnValue:
    """The receiver's page; only the parcel when htmx asks; JSON by `Accept`; to curl and its kin the file itself."""
    if download_views.is_meant():
        return download_views.answer(link_id)
    link = guard.visible(link_id)
    known = guard.knows(link_id)
    guard.visited(link_id)
    try:
        guard.enter(link)
    except LinkPasswordNeeded:
        if wanted() != "page":
            raise
        return render_template("link.html", needs_password=True, link=_locked(link)), 401
    stored_uploads = services().links.stored_uploads(link_id)
    if services().downloads.has_everything(link, guard.receiver(link_id), len(stored_uploads), now()):
        services().links.refuse_used_up(known)
    shown = link_views.receiver_view(link, stored_uploads, now())
    if wanted() == "json":
        return success(**shown)
    if wanted() == "alert":
        return render_block("link.html", "parcel", link=shown, needs_password=False)
    return render_template("link.html", link=shown, needs_password=False)


def _locked(link: Link) -> dict[str, Any]:
    """What a link says of itself before its password."""
    return {"id": link.id, "unlock_url": local(f"/l/{link.id}/unlock"), "sealed": bool(link.sealed)}


@bp.post("/l/<link_id>/unlock")
def unlock(link_id: str) -> ResponseReturnValue:
    """Form: `password`. A wrong one shows the form again, with the alert."""
    link = guard.visible(link_id)
    try:
        guard.unlock(link, request.form.get("password", ""))
    except WrongPassword as problem:
        if wanted() != "page":
            raise
        page = render_template("link.html", needs_password=True, link=_locked(link), problem=problems.shown(problem))
        return page, problem.status
    return redirect(local(f"/l/{link_id}"), 303)


@bp.get("/l/<link_id>/owner")
@limits.page
def owner(link_id: str) -> ResponseReturnValue:
    """The owner's card; JSON by `Accept`."""
    token = guard.owner_token()
    shown = _owner_view(services().links.owned(link_id, token), token)
    if wanted() == "json":
        return success(**{name: value for name, value in shown.items() if name != "qr"})
    if wanted() == "alert":
        return render_block("owner.html", "card", owner_view=shown)
    return render_template("owner.html", owner_view=shown)


@bp.get("/l/<link_id>/owner/state")
@limits.page
def owner_state(link_id: str) -> ResponseReturnValue:
    """Count and state for the card that asks every few seconds."""
    token = guard.owner_token()
    shown = _owner_view(services().links.owned(link_id, token), token)
    return render_block("owner.html", "state", owner_view=shown, polled=True)


@bp.get("/l/<link_id>/owner/<token>")
@limits.page
def become_owner(link_id: str, token: str) -> ResponseReturnValue:
    """Take the token from the address, so that it does not stay in the history, and show the card."""
    link = services().links.owned(link_id, token)
    response = redirect(local(f"/l/{link_id}/owner"), 303)
    _own(response, link, token)
    return response


@bp.delete("/l/<link_id>/owner/<token>")
@limits.page
def delete_by_token(link_id: str, token: str) -> ResponseReturnValue:
    """`X-Url-Delete`, for curl."""
    _delete(services().links.owned(link_id, token))
    return "", 204


@bp.post("/l/<link_id>/delete")
@limits.page
def delete(link_id: str) -> ResponseReturnValue:
    """The owner's button: the card's last state for htmx, else back to the owner's page."""
    token = request.form.get("token") or guard.owner_token()
    link = _delete(services().links.owned(link_id, token))
    if wanted() == "alert":
        return _card_block(link, token)
    return redirect(local(f"/l/{link_id}/owner"), 303)


def _delete(link: Link) -> Link:
    if link.state(now()):
        raise LinkGone
    services().links.end(link, "deleted")
    ended = services().records.link(link.id)
    assert ended is not None
    return ended
