"""`GET /api/download/…`: one file, a range of it, or all as a zip. `downloads` knows who may and what counts."""

from functools import partial

from flask import Blueprint, Response, request

from packetpost import names, ranges, tokens
from packetpost.downloads import Asked, Downloads
from packetpost.errors import LinkGone, NotFound, NotReady, SealedForBrowsers
from packetpost.given_bytes import ZIP
from packetpost.inputs import whole_number
from packetpost.models import Claim, Link, StoredUpload
from packetpost.ranges import Span
from packetpost.web.http import guard, limits
from packetpost.web.http.answer_form import from_terminal, named
from packetpost.web.http.headers import header
from packetpost.web.http.request_log import RequestRecord, record_of
from packetpost.web.http.services import now, services
from packetpost.web.links.zips import Member, Zip, ZipBody
from packetpost.web.serving.response_bodies import Slice, wsgi_body

bp = Blueprint("files", __name__, url_prefix="/api/download")

_BYTES = ("application/octet-stream", "application/zip")
_FILE_POLICY = "sandbox; default-src 'none'"


class _Hold:
    """A claim that was taken for one answer, which tells it of its bytes and of its end. It outlives the request."""

    def __init__(self, downloads: Downloads, claim: Claim, asked: Asked, record: RequestRecord) -> None:
        self._downloads, self._claim, self._asked, self._record = downloads, claim, asked, record
        self._clock = services().clock
        self._sent = self._noted = 0

    def gave(self, count: int) -> None:
        self._sent += count

    def moving(self) -> None:
        before, self._noted = self._noted, self._sent
        self._downloads.moving(self._claim, self._asked, before, self._sent, self._clock())

    def ended(self, complete: bool) -> None:
        """`complete`: with the last byte of the answer."""
        self._record.whole = complete
        sent = self._asked.end - self._asked.start if complete else self._sent
        self._downloads.release(self._claim, self._asked, self._noted, sent, complete, self._clock())


def is_meant() -> bool:
    """Whether who asks for a link's page wants what it leads to: programs that save files, and who asks for bytes.

    By `Accept` first, so that everybody can choose. Of those that take anything only programs that people type are
    given files: what looks at addresses for chats, or for pictures in them, must use up no download.
    """
    if header("HX-Request") or named():
        return False
    return from_terminal() or any(kind in _BYTES and quality for kind, quality in request.accept_mimetypes)


def answer(link_id: str) -> Response:
    """The file or the zip at the link's own address. Raises SealedForBrowsers where that would be of no use."""
    link = guard.visible(link_id)
    if link.sealed:
        raise SealedForBrowsers
    return only(link_id)


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
    link = guard.visible(link_id)
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
    _describe_parts(response, etag, span)
    if request.method != "HEAD":
        end = whole.start + whole.count
        hold = _claim(link, _asked(stored_uploads, upload.position, whole.start, end, upload.size))
        try:
            opened = services().files.open(upload.id)
        except NotFound as error:
            hold.ended(False)
            raise LinkGone from error
        piece = Slice(opened, whole.start, whole.count, hold.ended, hold.moving, hold.gave)
        response.response = wsgi_body(request.environ, piece)
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
    """Counts at once, as who got the last byte, since we don't see the end; asking again soon joins the same claim."""
    size = stored.offset
    _claim(link, _asked(stored_uploads, stored.upload.position, size - 1, size, size)).ended(True)
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


def _asked(stored_uploads: list[StoredUpload], position: int, start: int, end: int, size: int) -> Asked:
    """The bytes from `start` up to `end` of the file at `position`, or of the zip."""
    every = tuple(stored.upload.position for stored in stored_uploads)
    all_bytes = sum(stored.upload.size or stored.offset for stored in stored_uploads)
    return Asked(position, every if position == ZIP else (position,), start, end, size, len(every), all_bytes)


def _claim(link: Link, asked: Asked) -> _Hold:
    """Take a claim. Raises LinkBusy, LinkGone."""
    downloads, record = services().downloads, record_of(request.environ)
    try:
        claim = downloads.claim(link, guard.receiver(link.id), asked, now())
    except LinkGone:
        services().links.refuse_used_up(guard.knows(link.id))

    record.begin("download")
    return _Hold(downloads, claim, asked, record)


def _describe(response: Response, name: str, kind: str, length: int) -> None:
    response.headers["Content-Type"] = kind
    response.headers["Content-Length"] = str(length)
    response.headers["Content-Disposition"] = names.disposition(name)
    response.headers["Content-Security-Policy"] = _FILE_POLICY


def _zip(link: Link, stored_uploads: list[StoredUpload]) -> Response:
    if not all(stored.ready for stored in stored_uploads):
        raise NotReady("The sender is still uploading. The zip is ready when everything has arrived.")
    archive = Zip([_member(stored) for stored in stored_uploads])
    wanted = _wanted_span(archive.tag, archive.size)
    span = wanted or Span(0, archive.size, archive.size)
    response = Response(status=206 if wanted else 200, direct_passthrough=True)
    _describe(response, f"packetpost-{link.id[:8]}.zip", "application/zip", span.count)
    _describe_parts(response, archive.tag, wanted)
    if request.method != "HEAD":
        asked = _asked(stored_uploads, ZIP, span.start, span.start + span.count, archive.size)
        hold, record = _claim(link, asked), record_of(request.environ)

        def gave(count: int) -> None:
            hold.gave(count)
            record.gave(count)

        response.response = ZipBody(archive, span, hold.ended, hold.moving, gave)
    return response


def _member(stored: StoredUpload) -> Member:
    upload, rooms = stored.upload, services()
    changed_at = upload.created_at if upload.changed_at is None else upload.changed_at
    return Member(
        upload.id,
        upload.path,
        stored.offset,
        changed_at,
        partial(rooms.files.open, upload.id),
        upload.crc,
        partial(rooms.links.keep_crc, upload),
    )


def _describe_parts(response: Response, etag: str, span: Span | None) -> None:
    response.headers["Accept-Ranges"] = "bytes"
    response.headers["ETag"] = etag
    if span:
        response.headers["Content-Range"] = span.content_range()
