"""Uploads by program: `POST /api/upload` (multipart) and `PUT /<name>` (raw), answered with a line of text or JSON."""

from email.utils import formatdate

from flask import Blueprint, Response, request

from packetpost import names
from packetpost.errors import BadRequest, NotFound
from packetpost.inputs import moment
from packetpost.links import Made
from packetpost.web.http import guard, limits
from packetpost.web.http.answer_form import line, success, wanted
from packetpost.web.http.headers import basic_password, header
from packetpost.web.http.origin import absolute
from packetpost.web.http.services import now, services
from packetpost.web.links import link_views, multipart_form, options
from packetpost.web.links.pages import publish
from packetpost.web.serving.request_bodies import body_of

bp = Blueprint("api", __name__)

# Below these are pages, links and uploads: a file that somebody puts there was meant for something else.
_TAKEN = ("api/", "l/", "live/", "static/", "links/", "check/", ".well-known/")


@bp.post("/")
@bp.post("/api/upload")
@limits.create
def upload() -> Response:
    """`curl -F file=@x`: one or more files become one link."""
    if request.mimetype != "multipart/form-data":
        raise BadRequest("Send the files as multipart/form-data, as in: curl -F file=@photo.jpg …/api/upload")
    if header("X-Upload-Password") or basic_password():
        guard.check_upload_password()
    return _tell(publish(multipart_form.receive_multipart(body_of(request.environ), header("Content-Type") or "")))


@bp.put("/", defaults={"name": ""})
@bp.put("/<path:name>")
@limits.create
def put(name: str) -> Response:
    """`curl -T file`: the body becomes a link of one file, named by the last part of the address.

    Raises NotFound where something else of ours is: `/api/upload/` is the only folder of that kind that takes files.
    """
    folder, _, name = name.rstrip("/").rpartition("/")
    if f"{folder}/".startswith(_TAKEN) and folder != "api/upload":
        raise NotFound("Nothing is stored at this address. Send the file to the server's own, as in: curl -T a.txt …/")
    guard.check_upload_password()
    chosen = options.from_headers()
    body = body_of(request.environ)
    uploads, holder = services().uploads, limits.holder()
    kind = header("Content-Type") or ""
    changed_at = moment(header("X-OC-Mtime") or header("Last-Modified") or "")
    started = uploads.start(names.clean_path(name), kind, body.length, now(), holder=holder, changed_at=changed_at)
    stored = uploads.receive(started, body, services().settings.limits.upload_bytes)
    try:
        return _tell(services().links.publish([stored], chosen, now(), holder))
    except BaseException:
        uploads.discard(stored)
        raise


def _tell(made: Made) -> Response:
    link, uploads = made.link, made.uploads
    url = link_views.link_url(link.id)
    if wanted() == "json":
        files = [
            {"name": u.name, "path": u.path, "size": u.size, "url": absolute(link_views.file_url(u))} for u in uploads
        ]
        response = success(
            201,
            link=url,
            filename=uploads[0].name,
            size=sum(upload.size or 0 for upload in uploads),
            files=files,
            expiresAt=int(link.expires_at),
            maxDownloads=link.max_downloads,
            deleteUrl=link_views.delete_url(link.id, made.token),
        )
    else:
        response = line(url, 201)
    response.headers["Location"] = url
    response.headers["X-Url-Delete"] = link_views.delete_url(link.id, made.token)
    response.headers["X-Expires"] = formatdate(link.expires_at, usegmt=True)
    return response
