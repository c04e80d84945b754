"""The manifest: what files a browser means to send, checked at the door before any byte comes."""

from packetpost import names
from packetpost.errors import BadRequest
from packetpost.inputs import json_value
from packetpost.models import Entry


def parse_manifest(text: str) -> list[Entry]:
    """`[{"path", "size", "type", "mtime"?}, …]`. Raises BadRequest."""
    items = json_value(text)
    if not isinstance(items, list):
        raise BadRequest("The manifest must be a list of files.")
    return [_entry(item) for item in items]


def _entry(item: object) -> Entry:
    if not isinstance(item, dict):
        raise BadRequest("Every file of the manifest must be an object.")
    path, size, kind = item.get("path"), item.get("size"), item.get("type", "")
    if not isinstance(path, str) or not isinstance(kind, str) or len(kind) > 255:
        raise BadRequest("Every file of the manifest needs a path, and its type must be a short text.")
    if not isinstance(size, int) or isinstance(size, bool) or not 0 <= size < 2**53:
        raise BadRequest("Every file of the manifest needs its size in bytes.")
    changed = item.get("mtime")
    if changed is not None and (not isinstance(changed, int) or isinstance(changed, bool) or not 0 <= changed < 2**53):
        raise BadRequest("The time of a file must be in whole milliseconds since 1970.")
    return Entry(names.check_path(path), size, kind, changed_at=None if changed is None else changed / 1000)
