"""What pages and JSON show of a link: the owner's card, and the receiver's page. URLs are made here."""

from typing import Any
from urllib.parse import quote

import segno
from markupsafe import Markup

from packetpost import tokens
from packetpost.models import Link, StoredUpload, Upload
from packetpost.web.http.origin import absolute, local
from packetpost.web.http.services import services


def link_url(link_id: str) -> str:
    """The absolute address of a link."""
    return absolute(local(f"/l/{link_id}"))


def delete_url(link_id: str, token: str) -> str:
    """What `X-Url-Delete` says."""
    return absolute(local(f"/l/{link_id}/owner/{token}"))


def upload_url(token: str) -> str:
    """The address that an upload is sent to, by its token, within this server."""
    return local(f"/api/files/{token}")


def owner_view(link: Link, token: str, stored_uploads: list[StoredUpload], now: float) -> dict[str, Any]:
    """The template context `owner_view` for who has the owner's `token`; sizes in bytes, times in Unix seconds."""
    files = [
        {**_file(stored), "upload_url": upload_url(tokens.upload_token(token, stored.upload.position))}
        for stored in stored_uploads
    ]
    state = link.state(now) or ("used-up" if link.downloads_left == 0 else "")
    return {
        "link_id": link.id,
        "url": link_url(link.id),
        "qr": qr(link_url(link.id)),
        "owner_url": local(f"/l/{link.id}/owner"),
        "state_url": local(f"/l/{link.id}/owner/state"),
        "delete_url": local(f"/l/{link.id}/delete"),
        "state": state,
        "finished": all(stored.ready for stored in stored_uploads),
        "stored_bytes": sum(stored.offset for stored in stored_uploads),
        "request_bytes": services().settings.limits.request_bytes,
        "downloads": link.downloads,
        "max_downloads": link.max_downloads,
        "files": files,
        **_common(link, stored_uploads, now),
    }


def receiver_view(link: Link, stored_uploads: list[StoredUpload], now: float) -> dict[str, Any]:
    """The template context `link` of an unlocked link."""
    files = [{**_file(stored), "url": file_url(stored.upload)} for stored in stored_uploads]
    return {
        "id": link.id,
        "url": link_url(link.id),
        "poll_url": local(f"/l/{link.id}"),
        "zip_url": local(f"/api/download/{link.id}.zip"),
        "zip_name": f"packetpost-{link.id[:8]}.zip",
        "ready": all(stored.ready for stored in stored_uploads),
        "files": files,
        **_common(link, stored_uploads, now),
    }


def file_url(upload: Upload) -> str:
    """The address of one file's download, within this server."""
    return local(f"/api/download/{upload.link_id}/{upload.position}/{quote(upload.name)}")


def _common(link: Link, stored_uploads: list[StoredUpload], now: float) -> dict[str, Any]:
    sizes = [stored.upload.size for stored in stored_uploads]
    return {
        "expires_at": link.expires_at,
        "expires_in": max(0.0, link.expires_at - now),
        "downloads_left": link.downloads_left,
        "protected": bool(link.password_hash),
        "sealed": link.sealed,
        "total_bytes": None if None in sizes else sum(size or 0 for size in sizes),
    }


def _file(stored: StoredUpload) -> dict[str, Any]:
    upload = stored.upload
    waiting = upload.size is None or stored.offset == 0
    return {
        "n": upload.position,
        "path": upload.path,
        "name": upload.name,
        "size": upload.size,
        "offset": stored.offset,
        "state": "ready" if stored.ready else "waiting" if waiting else "uploading",
    }


def qr(url: str) -> Markup:
    """The address as an inline SVG."""
    # Without sizes and styles in it, so that the sheet decides and the content security policy allows it.
    code = segno.make(url, error="m", micro=False)
    return Markup(code.svg_inline(omitsize=True, border=2, svgclass="qr-code", lineclass=None))


def filesize(size: int | None) -> str:
    """'12.3 MB', in decimal units like the browser's own; `static/js/lib/format.js` says the same."""
    if size is None:
        return "size not known yet"
    if size < 1000:
        return f"{size} B"
    value, unit = size / 1000, 0
    while value >= 999.95 and unit < 3:
        value, unit = value / 1000, unit + 1
    return f"{value:.1f} {('kB', 'MB', 'GB', 'TB')[unit]}"


def duration(seconds: float) -> str:
    """'7 days', '3 hours', '5 minutes': the largest unit of which there are at least two, or exactly one."""
    for unit, name in ((86_400, "day"), (3600, "hour"), (60, "minute")):
        number = round(seconds / unit)
        if number >= 2 or (number == 1 and abs(seconds - unit) < unit / 20):
            return f"{number} {name}{'' if number == 1 else 's'}"
    return "a minute" if seconds > 30 else "a few seconds"
