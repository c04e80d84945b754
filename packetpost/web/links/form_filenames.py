"""The filename of a form part, as the program that sent it meant it.

Browsers and curl write UTF-8 between quotes. .NET and PowerShell 7 write an encoded word (RFC 2047) there, and the name
once more as `filename*` (RFC 8187); older Python writes `filename*` alone, or in numbered pieces (RFC 2231).
"""

import re
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message
from email.utils import collapse_rfc2231_value

from multipart import MultipartSegment

_ENCODED_WORDS = re.compile(r"=\?[\w-]+\?[bq]\?[^?\s]*\?=(?:\s+=\?[\w-]+\?[bq]\?[^?\s]*\?=)*", re.ASCII | re.IGNORECASE)


def filename_of(segment: MultipartSegment) -> str | None:
    """None where the part is no file."""
    return _extended(segment.header("Content-Disposition", "")) or _decoded(segment.filename)


def _extended(disposition: str) -> str | None:
    """What `filename*` says."""
    if not re.search(r";\s*filename\*", disposition, re.IGNORECASE):
        return None
    message = Message()
    message["Content-Disposition"] = disposition
    found = [value for name, value in message.get_params([], "content-disposition") if name.lower() == "filename"]
    if said := next((value for value in found if isinstance(value, tuple)), None):
        return collapse_rfc2231_value(said)
    # In pieces without a charset, of which there is one name and no `filename` beside it.
    return str(found[0]) if len(found) == 1 and re.search(r";\s*filename\*0=", disposition, re.IGNORECASE) else None


def _decoded(name: str | None) -> str | None:
    if not name or not _ENCODED_WORDS.fullmatch(name):
        return name
    try:
        return str(make_header(decode_header(name)))
    except (MessageError, LookupError, ValueError):  # it only looks like one
        return name
