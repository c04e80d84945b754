"""Reads and writes the headers of tus 1.0.0 (https://tus.io/protocols/resumable-upload). Pure."""

import base64
import hashlib
from dataclasses import dataclass
from typing import Protocol

from packetpost.errors import BadRequest
from packetpost.inputs import moment, whole_number
from packetpost.tus_errors import TusVersion, WrongType

VERSION = "1.0.0"
EXTENSIONS = "creation,creation-with-upload,creation-defer-length,expiration,termination,checksum,concatenation"
ALGORITHMS = ("sha1", "sha256")
CONTENT_TYPE = "application/offset+octet-stream"
_MOST_METADATA = 8 * 1024
_MOST_PARTS = 64


class Headers(Protocol):
    """A request's headers, by names in any case."""

    def get(self, key: str, /) -> str | None: ...


@dataclass(frozen=True, slots=True)
class Creation:
    """A POST that makes an upload. `length` None means deferred; `parts` are the URLs to join, for a final upload.

    `concat` is what HEAD gives back of these. `changed_at` is when the file was last changed, in Unix seconds.
    """

    length: int | None
    metadata: str
    name: str
    type: str
    partial: bool
    parts: tuple[str, ...]
    concat: str = ""
    changed_at: float | None = None


@dataclass(frozen=True, slots=True)
class Append:
    """A PATCH. `length` is set when it settles a deferred length; `digest` is (algorithm, expected bytes)."""

    offset: int
    length: int | None
    digest: tuple[str, bytes] | None


def check_version(headers: Headers) -> None:
    """Raises TusVersion where the client speaks another version than 1.0.0."""
    if headers.get("Tus-Resumable") != VERSION:
        raise TusVersion


def parse_creation(headers: Headers) -> Creation:
    """Raises BadRequest when the headers contradict the protocol."""
    metadata = headers.get("Upload-Metadata") or ""
    values = parse_metadata(metadata)
    concat = (headers.get("Upload-Concat") or "").strip()
    partial = concat.lower() == "partial"
    parts = _parse_parts(concat) if concat and not partial else ()
    return Creation(
        length=None if parts else _creation_length(headers),
        metadata=metadata,
        name=_path_in(values),
        type=values.get("filetype") or values.get("type") or "",
        partial=partial,
        parts=parts,
        concat=concat if parts else "",
        changed_at=moment(values.get("mtime") or values.get("lastModified") or values.get("lastmodified") or ""),
    )


def media_type(header: str) -> str:
    """Without its parameters, of which some clients send a charset."""
    return header.partition(";")[0].strip().lower()


def _path_in(values: dict[str, str]) -> str:
    """What clients call the file. Of a chosen folder Uppy and its kin tell the path in `relativePath`, else `null`."""
    name = values.get("filename") or values.get("name") or ""
    path = values.get("relativePath") or values.get("webkitRelativePath") or ""
    if path in ("", "null", "undefined"):
        return name
    return path + name if path.endswith("/") else path


def parse_append(headers: Headers) -> Append:
    """Raises WrongType or BadRequest."""
    if media_type(headers.get("Content-Type") or "") != CONTENT_TYPE:
        raise WrongType
    offset = _number(headers, "Upload-Offset")
    if offset is None:
        raise BadRequest("Upload-Offset is missing.")
    return Append(offset=offset, length=_number(headers, "Upload-Length"), digest=parse_checksum(headers))


def parse_checksum(headers: Headers) -> tuple[str, bytes] | None:
    """`Upload-Checksum: sha256 <base64>` as (algorithm, digest); None when absent."""
    value = headers.get("Upload-Checksum")
    if value is None:
        return None
    algorithm, _, text = value.strip().partition(" ")
    algorithm = algorithm.lower().replace("-", "")
    if algorithm not in ALGORITHMS:
        raise BadRequest(f"Upload-Checksum takes {' or '.join(ALGORITHMS)}, not {algorithm!r}.")
    digest = _decode(text, "Upload-Checksum")
    if len(digest) != hashlib.new(algorithm).digest_size:
        raise BadRequest("Upload-Checksum has the wrong length for its algorithm.")
    return algorithm, digest


def parse_metadata(header: str) -> dict[str, str]:
    """Keys with their decoded values; a key without a value means ''. Undecodable text is replaced, not refused."""
    if len(header) > _MOST_METADATA:
        raise BadRequest("Upload-Metadata is too long.")
    values = {}
    for pair in filter(None, (part.strip() for part in header.split(","))):
        key, _, text = pair.partition(" ")
        values[key] = _decode(text, "Upload-Metadata").decode(errors="replace")
    return values


def _creation_length(headers: Headers) -> int | None:
    length, deferred = _number(headers, "Upload-Length"), headers.get("Upload-Defer-Length")
    if deferred not in (None, "1"):
        raise BadRequest("Upload-Defer-Length takes 1 only.")
    if (length is None) == (deferred is None):
        raise BadRequest("Send either Upload-Length or Upload-Defer-Length.")
    return length


def _parse_parts(concat: str) -> tuple[str, ...]:
    kind, _, urls = concat.partition(";")
    parts = tuple(urls.split())
    if kind.strip().lower() != "final" or not parts or len(parts) > _MOST_PARTS:
        raise BadRequest(f"Upload-Concat takes 'partial', or 'final;' and 1 to {_MOST_PARTS} addresses.")
    return parts


def _number(headers: Headers, name: str) -> int | None:
    value = headers.get(name)
    if value is None:
        return None
    number = whole_number(value)
    if number is None:
        raise BadRequest(f"{name} must be a whole number of bytes.")
    return number


def _decode(text: str, header: str) -> bytes:
    try:
        # Some clients leave the padding out, or write the two last letters as in addresses (RFC 4648 5).
        digits = text.strip().rstrip("=").replace("-", "+").replace("_", "/")
        return base64.b64decode(digits + "=" * (-len(digits) % 4), validate=True)
    except ValueError as error:  # binascii.Error, or what is not ASCII
        raise BadRequest(f"{header} must be base64.") from error
