"""`GET /api/download/…`: one file, a range of it, or all as a zip. `downloads` knows who may and what counts."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from flask import Blueprint, Response, request

from packetpost import names, ranges, tokens
from packetpost.errors import LinkGone, NotFound, NotReady
from packetpost.inputs import whole_number
from packetpost.models import Link, StoredUpload
from packetpost.ranges import Span
from packetpost.web.http import guard, limits
from packetpost.web.http.answer_form import from_terminal
from packetpost.web.http.headers import header
from packetpost.web.http.request_log import record_of
from packetpost.web.http.services import services
from packetpost.web.links.pages import visible
from packetpost.web.links.zips import Member, ZipBody, zip_size
from packetpost.web.serving.response_bodies import Slice, wsgi_body

bp = Blueprint("files", __name__, url_prefix="/api/download")

_FILE_POLICY = "sandbox; default-src 'none'"


@dataclass(frozen=True, slots=True)
class _Hold:
    """A claim that was taken: what to call when its answer has ended (True: whole), and while its bytes move."""

    ended: Callable[[bool], None]
    moving: Callable[[], None]


@bp.get("/<link_id>")
@limits.download
def only(link_id: str) -> Response:
    """The link's only file, or all of them as a zip."""
    link, stored_uploads = _open(link_id)
    return _file(link, stored_uploads, stored_uploads[0]) if len(stored_uploads) == 1 else _zip(link, stored_uploads)


@bp.get("/<link_id>.zip")
@limits.download
def everything(link_id: str) -> Response:
    """All files as one zip."""
    return _zip(*_open(link_id))


@bp.get("/<link_id>/<position>", defaults={"name": ""})
@bp.get("/<link_id>/<position>/<path:name>")
@limits.download
def one(link_id: str, position: str, name: str) -> Response:
    """The file at `position`; the name in the address is for people."""
    number = whole_number(position)
    if number is None:
        raise NotFound
    link, stored_uploads = _open(link_id)
    for stored in stored_uploads:
        if stored.upload.position == number:
            return _file(link, stored_uploads, stored)
    raise LinkGone


def _open(link_id: str) -> tuple[Link, list[StoredUpload]]:
    link = visible(link_id)
    guard.enter(link)
    guard.refuse_prefetch()
    stored_uploads = services().links.stored_uploads(link_id)
    if not stored_uploads:
        raise LinkGone
    return link, stored_uploads


def _file(link: Link, stored_uploads: list[StoredUpload], stored: StoredUpload) -> Response:
    upload = stored.upload
    if upload.size is None:
        raise NotReady
    # Strong, and telling nothing of where the bytes are kept.
    etag = f'"{tokens.hash_token(f"etag {upload.id}")[:32]}"'
    span = _wanted_span(etag, upload.size)
    if address := _address(link, stored):
        return _sent_elsewhere(address, link, stored_uploads, stored)
    response = Response(status=206 if span else 200, direct_passthrough=True)
    whole = span or Span(0, upload.size, upload.size)
    _describe(response, upload.name, names.served_type(upload.type), whole.count)
    response.headers["Accept-Ranges"] = "bytes"
    response.headers["ETag"] = etag
    if span:
        response.headers["Content-Range"] = span.content_range()
    if request.method != "HEAD":
        hold = _claim(link, [upload.position], len(stored_uploads), whole.start == 0, whole.ends_file)
        try:
            opened = services().files.open(upload.id)
        except NotFound as error:
            hold.ended(False)
            raise LinkGone from error
        response.response = wsgi_body(request.environ, Slice(opened, whole.start, whole.count, hold.ended, hold.moving))
    return response


def _address(link: Link, stored: StoredUpload) -> str | None:
    """Where the receiver can get the file without us; None where it is for us to send it.

    What is limited or protected goes through us, and so do parts, and programs and scripts that may not follow: curl
    and its kin want to be asked to, and a page's own requests may not leave this site.
    """
    plain = request.method == "GET" and header("Range") is None and not from_terminal()
    if not plain or header("Sec-Fetch-Mode") not in ("navigate", None):
        return None
    if not stored.ready or not stored.offset or link.max_downloads is not None or link.password_hash:
        return None
    upload = stored.upload
    try:
        return services().files.address(upload.id, names.disposition(upload.name), names.served_type(upload.type))
    except NotFound as error:
        raise LinkGone from error


def _sent_elsewhere(address: str, link: Link, stored_uploads: list[StoredUpload], stored: StoredUpload) -> Response:
    """Counts at once, since we don't see the end; asking again soon joins the same claim."""
    _claim(link, [stored.upload.position], len(stored_uploads), fresh=False, ends=True).ended(True)
    response = Response(status=302)
    response.headers["Location"] = address
    response.headers["Cache-Control"] = "no-store"
    return response


def _wanted_span(etag: str, size: int) -> Span | None:
    """The range to send; None for the whole file, also when `If-Range` names another version."""
    condition = header("If-Range")
    if request.method == "HEAD" or (condition is not None and condition.strip() != etag):
        return None
    return ranges.parse_range(header("Range"), size)


def _claim(link: Link, positions: list[int], files: int, fresh: bool, ends: bool) -> _Hold:
    """Take a claim. `fresh`: from the first byte; `ends`: to the last one. Raises LinkBusy, LinkGone."""
    downloads, record = services().downloads, record_of(request.environ)
    clock = services().clock  # the answer outlives its request
    try:
        claim = downloads.claim(link, guard.receiver(link.id), positions, fresh, clock())
    except LinkGone:
        services().links.refuse_used_up(guard.knows(link.id))

    record.begin("download")

    def ended(complete: bool) -> None:
        record.whole = complete
        last_byte = complete and ends
        downloads.release(claim, positions, files, clock(), last_byte=last_byte, whole=last_byte and fresh)

    def moving() -> None:
        downloads.moving(claim, clock())

    return _Hold(ended, moving)


def _describe(response: Response, name: str, kind: str, length: int) -> None:
    response.headers["Content-Type"] = kind
    response.headers["Content-Length"] = str(length)
    response.headers["Content-Disposition"] = names.disposition(name)
    response.headers["Content-Security-Policy"] = _FILE_POLICY


def _zip(link: Link, stored_uploads: list[StoredUpload]) -> Response:
    if not all(stored.ready for stored in stored_uploads):
        raise NotReady("The sender is still uploading. The zip is ready when everything has arrived.")
    members = [
        Member(stored.upload.path, stored.offset, partial(services().files.open, stored.upload.id))
        for stored in stored_uploads
    ]
    response = Response(direct_passthrough=True)
    _describe(response, f"packetpost-{link.id[:8]}.zip", "application/zip", zip_size(members))
    if request.method != "HEAD":
        hold = _claim(
            link, [stored.upload.position for stored in stored_uploads], len(stored_uploads), fresh=True, ends=True
        )
        response.response = ZipBody(members, hold.ended, hold.moving, record_of(request.environ).gave)
    return response
