"""File names as people send them: made safe to show and to put into headers. Never used as paths on disk."""

import posixpath
import unicodedata
from urllib.parse import quote

from packetpost.errors import BadRequest
from packetpost.unpacked_names import MOST_PATH_BYTES, shorten

UNNAMED = "unnamed"

# Types a browser would run or render with the page's rights, or that sniffers confuse with those.
_SAFE_TYPES = ("image/png", "image/jpeg", "image/gif", "image/webp", "audio/", "video/", "font/", "application/zip")


def clean_path(path: str) -> str:
    """A relative path with `/`, without control characters or format tricks, and with no `.` or `..` part.

    For names that arrive alone (a form part, a header, an address). Never raises: what is left is at least `unnamed`.
    """
    parts = (clean_name(part) for part in path.replace("\\", "/").split("/") if part.strip() not in ("", ".", ".."))
    kept = [part for part in parts if part]
    while kept and len("/".join(kept).encode()) > MOST_PATH_BYTES:
        kept = kept[1:]
    return "/".join(kept) or UNNAMED


def clean_name(name: str) -> str:
    """One path part: no separators, no control or direction-changing characters, at most 255 bytes, ending kept."""
    text = unicodedata.normalize("NFC", name.encode(errors="replace").decode())
    text = "".join("_" if c in "/\\" else c for c in text if not _unprintable(c)).strip()
    if text in ("", ".", ".."):
        return ""
    return shorten(text)


def check_path(path: str) -> str:
    """A path from a manifest: refused, not mended, where it is absolute or has an empty, `.` or `..` part."""
    if not path or any(part in ("", ".", "..") for part in path.split("/")):
        raise BadRequest("A file's path must be relative and plain, as in album/photo.jpg.")
    if len(path.encode(errors="replace")) > MOST_PATH_BYTES:
        raise BadRequest(f"A file's path may have at most {MOST_PATH_BYTES} bytes.")
    return clean_path(path)


def disposition(name: str) -> str:
    """`Content-Disposition: attachment` with an ASCII fallback and `filename*` (RFC 6266, RFC 8187)."""
    stem, ending = (_ascii(part) for part in posixpath.splitext(name))
    plain = (stem if stem.strip("._ ") else "download") + ending
    value = f'attachment; filename="{plain}"'
    return value if plain == name else f"{value}; filename*=UTF-8''{quote(name, safe='')}"


def _ascii(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return "".join("_" if c in '"\\%/;' else c for c in plain).strip()


def served_type(claimed: str) -> str:
    """The sender's content type where no browser would run it, else `application/octet-stream`."""
    kind = claimed.partition(";")[0].strip().lower()
    known = kind.startswith(_SAFE_TYPES) and kind.isascii() and all(c.isalnum() or c in "/+.-" for c in kind)
    return kind if known else "application/octet-stream"


def _unprintable(char: str) -> bool:
    # Cc control, Cf format (with the direction overrides that disguise endings), Cs surrogate, Zl/Zp line breaks.
    # Zero-width joiners build emoji and Indic scripts: they stay.
    return unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp") and char not in "\u200c\u200d"
