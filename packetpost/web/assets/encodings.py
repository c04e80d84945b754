"""Compresses a static file as small as it gets, once, and keeps that. In a thread: others are answered meanwhile."""

import gzip
from collections.abc import Mapping
from functools import lru_cache
from typing import Literal

import brotli  # type: ignore[import-untyped]

from packetpost import threads

Coding = Literal["br", "gzip", ""]

_TEXTS = ("text/", "application/json", "application/manifest+json", "image/svg+xml")
# A smaller text fits into the packet that its head is in.
_LEAST = 300
_BEST_BROTLI = 11
_BEST_GZIP = 9


def chosen(accepted: Mapping[str, float], mimetype: str, size: int) -> Coding:
    """The smallest form that the client takes. `accepted` is its `Accept-Encoding`: each coding and its weight."""
    if size < _LEAST or not mimetype.startswith(_TEXTS):
        return ""
    codings: tuple[Coding, ...] = ("br", "gzip")
    return next((coding for coding in codings if accepted.get(coding, accepted.get("*", 0)) > 0), "")


@lru_cache(maxsize=512)
def encoded(data: bytes, coding: Coding) -> bytes:
    """The bytes in that coding, as small as it makes them. Kept, since the same bytes are asked for again."""
    if coding == "br":
        smallest: bytes = threads.run(brotli.compress, data, quality=_BEST_BROTLI)
        return smallest
    # No time in it, so that every instance serves the same bytes.
    return threads.run(gzip.compress, data, _BEST_GZIP, mtime=0) if coding == "gzip" else data
