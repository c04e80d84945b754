"""What the rules need from the world: `Records` keep facts, `Files` keep bytes, a `Body` brings bytes.

Each Protocol states who guarantees what; the backends and `web/serving/request_bodies.py` implement them.
`live_protocols` has those of live sessions.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from packetpost.models import Bounds, Claim, Ended, Link, Report, Upload
from packetpost.room_records import RoomRecords


class WriteObserver(Protocol):
    """Told by a Body while it copies, so that the file's lock and its followers keep up."""

    def wrote(self, count: int) -> None:
        """`count` more bytes are in the file. Raises if the file was removed meanwhile."""

    def lock_released(self) -> AbstractContextManager[None]:
        """Entered while no bytes come: gives the lock away, and takes it back or raises `UploadLocked`."""


class Body(Protocol):
    """The bytes of one request, read once and in order."""

    @property
    def length(self) -> int | None:
        """Bytes that are still to come, as announced; None when the client did not say."""

    def read(self, size: int) -> bytes:
        """At most `size` (above 0) bytes; b'' at the end. Raises `ClientGone` when the client leaves early."""

    def copy_to(self, fd: int, limit: int, observer: WriteObserver) -> int:
        """Append at most `limit` bytes to the file `fd` (positioned at its end) and return how many.

        Fewer than `limit` means the body ended. Whatever arrived before `ClientGone` is in the file. Never starves
        other requests, however fast the client is. `OSError` from the file passes through.
        """


class Stored(Protocol):
    """An open file that may still grow."""

    def fileno(self) -> int | None:
        """For sendfile(2); None where the bytes are in no file of this machine."""

    def size(self) -> int:
        """Bytes stored by now."""

    def gone(self) -> bool:
        """True once the file was removed, although its bytes can still be read here."""

    def wait(self, beyond: int, timeout: float) -> bool:
        """Wait until more than `beyond` bytes are stored (True), or for `timeout` seconds or removal (False)."""

    def read_at(self, offset: int, size: int) -> bytes:
        """At most `size` bytes, fewer at a seam; b'' where there are none. Others have their turn meanwhile."""

    def close(self) -> None: ...


class Files(Protocol):
    """Bytes by key, which is an upload's id. A stored byte survives the death of the process at any moment.

    Where they are on another machine, every method raises Unavailable while that cannot be reached.
    """

    def ping(self) -> None:
        """Raises when bytes cannot be kept now."""

    def create(self, *keys: str) -> None:
        """New empty files."""

    def size(self, key: str) -> int | None:
        """Bytes stored, which is the upload's offset; None when there is no such file."""

    def sizes(self, wholes: Mapping[str, int | None]) -> list[int | None]:
        """The sizes of many files, for a page: while they grow, 10 ms a file may pass before growth shows.

        `wholes` has for each key the size at which its file is whole, None while that is unknown.
        """

    def append(self, key: str, offset: int, body: Body, limit: int, digest: tuple[str, bytes] | None = None) -> int:
        """Append the body, at most `limit` bytes of it, and return the new offset.

        With `digest` (algorithm, expected bytes) all or nothing is stored, else what arrives is stored as it comes.
        Raises UploadLocked, WrongOffset, NoSpace, ChecksumMismatch, ClientGone, TooLarge (the body was longer than
        `limit`; `limit` bytes are stored), NotFound.
        """

    def join(self, key: str, parts: Sequence[str]) -> None:
        """Create `key` from the bytes of `parts`, in order."""

    def finish(self, key: str) -> None:
        """Nothing more will be appended: tidy up behind it. Returns at once."""

    def address(self, key: str, disposition: str, kind: str) -> str | None:
        """Where a receiver can get this finished file for the next minute, with these headers; None: only from us.

        `disposition` and `kind` become `Content-Disposition` and `Content-Type`. Raises NotFound.
        """

    def open(self, key: str) -> Stored:
        """Raises NotFound."""

    def remove(self, *keys: str) -> None:
        """Free the bytes; running readers and writers notice. No error when it is gone already."""

    def stored(self) -> Iterator[tuple[str, float]]:
        """Every stored key with the time of its last write (Unix seconds)."""

    def tidy(self, before: float) -> None:
        """Drop what has been half made since before then (Unix seconds) and belongs to no key."""

    def free_bytes(self) -> int | None:
        """Room on the device; None where nobody knows."""


class Records(RoomRecords, Protocol):
    """Facts, changed in whole steps: each method happens entirely or not at all, also when the process dies.

    Every method raises Unavailable while the store is away, and NoSpace when it is full and something is to be written.
    """

    def add_link(self, link: Link, uploads: Sequence[Upload], bounds: Bounds | None = None) -> None:
        """Keep a link with its uploads; an upload that exists already without a link is attached to it.

        What it adds is held within `bounds`. Raises NoSpace, ShareTaken, and keeps nothing then.
        """

    def link(self, link_id: str) -> Link | None: ...

    def links(self, most: int) -> list[Link]:
        """The newest ones first, at most so many; ended ones too, while they are remembered."""

    def count_links(self, now: float) -> int:
        """How many are open at `now`."""

    def uploads_of(self, link_id: str) -> list[Upload]:
        """In order of position."""

    def add_upload(self, upload: Upload, bounds: Bounds | None = None) -> None:
        """Keep an upload, within `bounds`. Raises NoSpace, ShareTaken."""

    def claim_parts(self, part_ids: Sequence[str], whole: Upload, bounds: Bounds) -> None:
        """Keep an upload that is to be made of parts, within `bounds`; as long as it is kept nobody else joins them.

        Raises NotFound where one is not there or is no part, PartTaken, NoSpace, ShareTaken.
        """

    def upload(self, upload_id: str) -> Upload | None: ...

    def remove_upload(self, upload_id: str) -> None: ...

    def set_crc(self, upload_id: str, crc: int) -> None:
        """Keep the CRC-32 of a finished upload's bytes."""

    def end_link(self, link_id: str, reason: Ended) -> bool:
        """Mark a link as ended; False if it had ended before."""

    def claims_of(self, link_id: str, receiver: str, now: float) -> list[Claim]:
        """The receiver's claims that are live at `now`."""

    def fallen_claim(self, link_id: str, receiver: str, now: float) -> Claim | None:
        """The last of the receiver's claims that lived until `now` or before and was not counted."""

    def put_claim(self, claim: Claim, now: float) -> bool:
        """Keep a claim, new or changed, unless its link's downloads are all taken by others; False then.

        Taken are those counted and those of claims that are live at `now` and not counted.
        """

    def change_claim(self, claim_id: str, change: Callable[[Claim], Claim]) -> Claim | None:
        """Read, change and write one claim in one step. When it becomes `counted`, its link's counter rises by one."""

    def links_to_free(self, now: float) -> list[Link]:
        """Links past their expiry or ended whose uploads are still kept."""

    def used_up_links(self, now: float) -> list[Link]:
        """Open links whose downloads have all been counted and of which no claim is live at `now`."""

    def stray_uploads(self, now: float) -> list[Upload]:
        """Uploads past their expiry that belong to no link."""

    def unfinished_bodies(self, before: float) -> list[Upload]:
        """Uploads of no link that are no parts either (one request fills them), begun before then."""

    def forget(self, before: float) -> int:
        """Drop links that expired before then and keep no upload (how many), and claims that ended before then.

        With a link go the reports about it.
        """

    def known_uploads(self, upload_ids: Sequence[str]) -> set[str]:
        """Those of the ids that are kept."""

    def add_report(self, report: Report, most: int) -> bool:
        """Keep a report, unless its link has `most` of them already; False then."""

    def reports(self) -> list[Report]:
        """All that are kept, the newest first."""

    def lease(self, name: str, holder: str, now: float, seconds: float) -> bool:
        """Hold `name` for `seconds` if nobody else holds it now."""

    def secret(self) -> bytes:
        """The server's signing key: made once, the same for every process."""

    def ping(self) -> None:
        """Raises if facts cannot be written now."""
