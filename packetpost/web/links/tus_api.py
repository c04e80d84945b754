"""The tus 1.0.0 verbs at `/api/files` (https://tus.io/protocols/resumable-upload)."""

from email.utils import formatdate

from flask import Blueprint, Response, request

from packetpost import names, tokens, tus
from packetpost.errors import NotFound
from packetpost.links import Made
from packetpost.models import Entry, StoredUpload, Upload
from packetpost.web.http import guard, limits
from packetpost.web.http.headers import RequestHeaders, header
from packetpost.web.http.origin import absolute
from packetpost.web.http.services import now, services
from packetpost.web.links import link_views, options
from packetpost.web.serving.request_bodies import body_of

bp = Blueprint("tus", __name__, url_prefix="/api/files")


@bp.before_request
def check_version() -> None:
    """Every request but OPTIONS speaks 1.0.0. Raises TusVersion."""
    if request.method != "OPTIONS":
        tus.check_version(RequestHeaders())


@bp.after_request
def add_version(response: Response) -> Response:
    """Put the protocol version into every answer (tus 1.0, "Tus-Resumable")."""
    response.headers["Tus-Resumable"] = tus.VERSION
    if response.status_code < 300:
        del response.headers["Content-Type"]  # there is no content
    return response


@bp.route("", methods=["OPTIONS"])
@bp.route("/<token>", methods=["OPTIONS"])
def options_of(token: str = "") -> Response:
    """What this server speaks."""
    headers = {
        "Tus-Version": tus.VERSION,
        "Tus-Extension": tus.EXTENSIONS,
        "Tus-Max-Size": str(services().settings.limits.upload_bytes),
        "Tus-Checksum-Algorithm": ",".join(tus.ALGORITHMS),
    }
    return Response(status=204, headers=headers)


@bp.post("")
@limits.create
def create() -> Response:
    """Make a link of one file, or a part of one, or join parts; with the first bytes, if they come along."""
    ask = tus.parse_creation(RequestHeaders())
    guard.check_upload_password()
    name = names.clean_path(ask.name)
    links, uploads, holder = services().links, services().uploads, limits.holder()
    if ask.partial:
        token = tokens.new_id()
        part = uploads.start(
            name, ask.type, ask.length, now(), metadata=ask.metadata, token=token, partial=True, holder=holder
        )
        return _created(token, _first_bytes(token, part))
    if ask.parts:
        token = tokens.new_id()
        parts = [url.partition("?")[0].rstrip("/").rpartition("/")[2] for url in ask.parts]
        whole = Entry(name, None, ask.type, ask.metadata, ask.changed_at, ask.concat)
        made = uploads.join(token, parts, whole, options.from_headers(), now(), holder)
        return _created(token, uploads.stored(token, now()), made)
    entry = Entry(name, ask.length, ask.type, ask.metadata, ask.changed_at)
    made = links.make([entry], options.from_headers(), now(), holder)
    token = made.upload_token(0)
    return _created(token, _first_bytes(token, made.uploads[0]), made)


def _first_bytes(token: str, upload: Upload) -> StoredUpload:
    """creation-with-upload: what stands in the body is the start of the file."""
    if request.mimetype != tus.CONTENT_TYPE:
        return StoredUpload(upload, 0)
    ask = tus.Append(offset=0, length=None, digest=tus.parse_checksum(RequestHeaders()))
    return services().uploads.append(token, ask, body_of(request.environ), now())


def _created(token: str, stored: StoredUpload, made: Made | None = None) -> Response:
    response = Response(status=201, headers=_offset_headers(stored))
    response.headers["Location"] = absolute(link_views.upload_url(token))
    if made:
        response.headers["X-Link"] = link_views.link_url(made.link.id)
        response.headers["X-Url-Delete"] = link_views.delete_url(made.link.id, made.token)
    return response


def _offset_headers(stored: StoredUpload) -> dict[str, str]:
    return {
        "Upload-Offset": str(stored.offset),
        "Upload-Expires": formatdate(stored.upload.expires_at, usegmt=True),
    }


@bp.route("/<token>", methods=["HEAD"])
def head(token: str) -> Response:
    """How much is stored."""
    stored = services().uploads.stored(token, now())
    upload = stored.upload
    response = Response(status=200, headers=_offset_headers(stored))
    if upload.size is None:
        response.headers["Upload-Defer-Length"] = "1"
    else:
        response.headers["Upload-Length"] = str(upload.size)
    if upload.metadata:
        response.headers["Upload-Metadata"] = upload.metadata
    if upload.partial or upload.concat:
        response.headers["Upload-Concat"] = upload.concat or "partial"
    return response


@bp.patch("/<token>")
def append(token: str) -> Response:
    """Append the body."""
    ask = tus.parse_append(RequestHeaders())
    stored = services().uploads.append(token, ask, body_of(request.environ), now())
    return Response(status=204, headers=_offset_headers(stored))


@bp.delete("/<token>")
def cancel(token: str) -> Response:
    """Termination: free what is stored."""
    services().uploads.cancel(token, now())
    return Response(status=204)


@bp.post("/<token>")
def override(token: str) -> Response:
    """For clients that can send only POST: `X-HTTP-Method-Override` names the method that is meant."""
    methods = {"PATCH": append, "DELETE": cancel, "HEAD": head}
    meant = methods.get((header("X-HTTP-Method-Override") or "").strip().upper())
    if meant is None:
        raise NotFound
    return meant(token)
