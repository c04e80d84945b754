"""Forms that bring the files themselves: multipart bodies, streamed file by file to their last place."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field

from multipart import MultipartError, MultipartSegment, ParserLimitReached, PushMultipartParser, parse_options_header

from packetpost import names, threads
from packetpost.errors import BadRequest, TooLarge
from packetpost.models import Upload
from packetpost.protocols import Body, WriteObserver
from packetpost.web.http import guard, limits
from packetpost.web.http.services import now, services
from packetpost.web.links.form_filenames import filename_of

_PIECE = 256 * 1024
_MOST_FIELD = 64 * 1024
_MOST_FIELDS = 32
# What boundaries, part headers and fields may add to the files' own bytes.
_MOST_FORM = 1024**2


@dataclass(slots=True)
class Received:
    """A multipart body: its text fields, and the uploads that its files have filled."""

    fields: dict[str, str] = field(default_factory=dict)
    uploads: list[Upload] = field(default_factory=list)

    @property
    def total(self) -> int:
        return sum(upload.size or 0 for upload in self.uploads)


def receive_multipart(body: Body, content_type: str) -> Received:
    """Store every file part as it comes. Nothing is left behind when it fails.

    Raises BadRequest, ClientGone, TooLarge, NoSpace, UploadPasswordNeeded.
    """
    _check_announced(body.length)
    received = Received()
    try:
        with _parser(content_type) as parser:
            events = _events(parser, body)
            for segment in events:
                assert isinstance(segment, MultipartSegment)
                filename = filename_of(segment)
                if filename is None:
                    received.fields[segment.name or ""] = _text(events)
                else:
                    _store(filename, segment.content_type or "", FilePart(events), body.length, received)
    except BaseException as error:
        for upload in received.uploads:
            services().uploads.discard(upload)
        if isinstance(error, ParserLimitReached):
            raise TooLarge(f"One link holds at most {services().settings.limits.files} files.") from error
        if isinstance(error, MultipartError):
            raise BadRequest("The form ended early or is not multipart/form-data as it should be.") from error
        raise
    return received


def _check_announced(length: int | None) -> None:
    """Refuse what cannot fit before it is read. The form around the files is small beside them."""
    if length is not None:
        services().links.check_room([max(0, length - _MOST_FORM)], now())


def _parser(content_type: str) -> PushMultipartParser:
    boundary = parse_options_header(content_type)[1].get("boundary", "")
    return PushMultipartParser(boundary, max_segment_count=services().settings.limits.files + _MOST_FIELDS)


def _events(parser: PushMultipartParser, body: Body) -> "Iterator[MultipartSegment | bytes | None]":
    while piece := body.read(_PIECE):
        yield from parser.parse(piece)


def _text(events: "Iterator[MultipartSegment | bytes | None]") -> str:
    value = b""
    for piece in iter(events.__next__, None):
        assert isinstance(piece, bytes)
        value += piece
        if len(value) > _MOST_FIELD:
            raise TooLarge("A field of the form is too long.")
    return value.decode(errors="replace")


def _store(filename: str, kind: str, part: "FilePart", announced: int | None, received: Received) -> None:
    first = part.read(1)
    if not filename and not first:
        return  # a file input in which nothing was chosen
    part.give_back(first)
    guard.check_upload_password(received.fields.get("upload_password"))
    uploads, settings = services().uploads, services().settings
    most = settings.limits.upload_bytes - received.total
    path = names.clean_path(filename)
    upload = uploads.start(path, kind, None, now(), holder=limits.holder())
    received.uploads.append(upload)
    bounded = most if announced is None else min(most, announced + len(first) + _PIECE)
    received.uploads[-1] = uploads.receive(upload, part, bounded)


class FilePart:
    """The `Body` of one file in a multipart body. Nobody else knows its upload yet, so its lock is never in the way."""

    length = None

    def __init__(self, events: "Iterator[MultipartSegment | bytes | None]") -> None:
        self._events = events
        self._pending = b""
        self._ended = False

    def give_back(self, piece: bytes) -> None:
        self._pending = piece + self._pending

    def read(self, size: int) -> bytes:
        if not self._pending and not self._ended:
            self._pending = self._next()
        piece, self._pending = self._pending[:size], self._pending[size:]
        return piece

    def _next(self) -> bytes:
        for event in self._events:
            if isinstance(event, bytes):
                return event
            self._ended = True
            return b""
        raise BadRequest("The form ended in the middle of a file.")

    def copy_to(self, fd: int, limit: int, observer: WriteObserver) -> int:
        count = 0
        while count < limit and (piece := self.read(min(limit - count, _PIECE))):
            threads.run(_write_all, fd, piece)  # through the thread pool, so that a fast sender starves nobody
            count += len(piece)
            observer.wrote(len(piece))
        return count


def _write_all(fd: int, piece: bytes) -> None:
    rest = memoryview(piece)
    while rest:
        rest = rest[os.write(fd, rest) :]
