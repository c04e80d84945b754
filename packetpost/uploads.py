"""Uploads: found by their token, filled, joined, cancelled. Where they appear is `links`' business."""

import logging
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

from packetpost import retry, tokens, tus
from packetpost.errors import BadRequest, LinkGone, NoSpace, NotFound, TooLarge, Unavailable, UploadLocked
from packetpost.links import Links, Made
from packetpost.models import Entry, Options, StoredUpload, Upload
from packetpost.protocols import Body, Files, Records
from packetpost.reserved_body import ReservedBody
from packetpost.tus_errors import ChecksumMismatch, FinalUpload, WrongOffset

log = logging.getLogger(__name__)

# An upload that no link shows yet (a part, or a body that is still arriving) is kept this long, in seconds.
STRAY_LIFETIME = 24 * 3600


class Uploads:
    """The rules of uploads over the facts and the bytes. Times are Unix seconds, sizes bytes."""

    def __init__(self, records: Records, files: Files, links: Links) -> None:
        self._records, self._files, self._links = records, files, links

    def find(self, token: str, now: float) -> Upload:
        """Raises NotFound also when the upload's link has ended or expired."""
        upload = self._records.upload(tokens.hash_token(token))
        if upload is None or now >= upload.expires_at:
            raise NotFound
        if upload.link_id:
            with _as_not_found():
                self._links.find(upload.link_id, now)
        return upload

    def stored(self, token: str, now: float) -> StoredUpload:
        """The upload and its offset. Raises NotFound."""
        upload = self.find(token, now)
        offset = self._files.size(upload.id)
        if offset is None:
            raise NotFound
        return StoredUpload(upload, offset)

    def start(
        self,
        path: str,
        kind: str,
        size: int | None,
        now: float,
        *,
        metadata: str = "",
        token: str = "",
        partial: bool = False,
        holder: str = "",
        changed_at: float | None = None,
    ) -> Upload:
        """An empty upload that no link shows yet; `holder` holds a known size. Raises TooLarge, NoSpace, ShareTaken.

        Who has the `token` may write to it; without one nobody has, and one body fills it. `changed_at` is in Unix
        seconds, where the sender tells when the file was last changed.
        """
        self._links.check_limits([size or 0])
        upload = Upload(
            id=tokens.hash_token(token or tokens.new_id()),
            link_id="",
            position=0,
            path=path,
            size=size,
            type=kind,
            created_at=now,
            expires_at=now + STRAY_LIFETIME,
            metadata=metadata,
            partial=partial,
            changed_at=changed_at,
        )
        self._records.add_upload(upload, self._links.bounds(now, holder))
        try:
            self._files.create(upload.id)
        except BaseException:
            self._records.remove_upload(upload.id)
            raise
        return upload

    def receive(self, upload: Upload, body: Body, most: int) -> Upload:
        """Fill a started upload from one body of at most `most` bytes and settle its size.

        Raises ClientGone, TooLarge, NoSpace or ShareTaken, and leaves nothing behind then.
        """
        now = upload.created_at
        try:
            size = self._fill(upload, 0, body, most if upload.size is None else upload.size, now)
            retry.until_available(self._records.note, upload.id, max(size, upload.least), now, size)
            self._files.finish(upload.id)
        except BaseException:
            self.discard(upload)
            raise
        return replace(upload, size=size)

    def append(self, token: str, ask: tus.Append, body: Body, now: float) -> StoredUpload:
        """tus PATCH.

        Raises NotFound, FinalUpload, WrongOffset, TooLarge, NoSpace, ShareTaken, UploadLocked, ChecksumMismatch,
        ClientGone.
        """
        upload = self.find(token, now)
        if upload.concat:
            raise FinalUpload
        if ask.offset != self._files.size(upload.id):
            raise WrongOffset
        if ask.length is not None:
            upload = self._settle(upload, ask, now)
        rest = self._rest(upload, ask.offset)
        if body.length is not None and body.length > rest:
            raise TooLarge("That is more than is left of this upload.")
        stored = StoredUpload(upload, self._fill_noted(upload, ask, body, rest, now))
        if stored.ready and not upload.partial:  # parts are still to be joined
            self._files.finish(upload.id)
        return stored

    def _rest(self, upload: Upload, offset: int) -> int:
        if upload.size is not None:
            free = self._files.free_bytes()
            if free is not None and free == 0:
                raise NoSpace
            return upload.size - offset
        return self._links.most_bytes - offset

    def _settle(self, upload: Upload, ask: tus.Append, now: float) -> Upload:
        assert ask.length is not None
        if ask.length < ask.offset:
            raise BadRequest("Upload-Length is below what is stored already.")
        self._links.check_limits([ask.length])
        if not self._records.settle_size(upload.id, ask.length, self._links.bounds(now)):
            raise BadRequest("Upload-Length was settled before and cannot change.")
        return replace(upload, size=ask.length)

    def _fill_noted(self, upload: Upload, ask: tus.Append, body: Body, limit: int, now: float) -> int:
        """Append to the upload, and note how much of it is stored, however that ends; the new offset."""
        try:
            offset = self._fill(upload, ask.offset, body, limit, now, ask.digest)
        except (UploadLocked, NotFound):
            raise  # somebody else goes on with it, or nobody does
        except BaseException:
            with suppress(Unavailable):
                self.note(upload, self._files.size(upload.id) or 0, now)
            raise
        try:
            self.note(upload, offset, now)
        except Unavailable:
            log.warning("the records are away: how much of an upload is stored will be noted later")
        return offset

    def _fill(
        self,
        upload: Upload,
        offset: int,
        body: Body,
        limit: int,
        now: float,
        digest: tuple[str, bytes] | None = None,
    ) -> int:
        """Append at most `limit` bytes of the body, for which room is held as they come; the new offset."""

        def hold(stored: int, need: int, wish: int) -> int:
            at = now + time.monotonic() - begun
            return self._records.hold(upload.id, max(stored, upload.least), need, wish, self._links.bounds(at))

        begun = time.monotonic()
        reserved = ReservedBody(body, offset, offset + limit, hold, self._links.reserved_seconds / 2)
        try:
            end = self._files.append(upload.id, offset, reserved, limit, digest)
        except ChecksumMismatch:
            if not reserved.refused:
                raise
        if reserved.refused:
            raise reserved.refused
        return end

    def note(self, upload: Upload, stored: int, now: float) -> None:
        """So many bytes of the upload are stored: what it held ahead of them is free."""
        self._records.note(upload.id, max(stored, upload.least), now)

    def join(self, token: str, parts: Sequence[str], entry: Entry, options: Options, now: float, holder: str) -> Made:
        """tus concatenation: a link of one file, of that token, made of finished parts, by their tokens.

        There must be room for the file beside its parts, which go when it is whole. When it fails, they stay.
        Raises NotFound, BadRequest, TooLarge, NoSpace, ShareTaken, PartTaken.
        """
        if len(set(parts)) < len(parts):
            raise BadRequest("Upload-Concat names a part twice. A part belongs to one file, once.")
        stored_uploads = [self.stored(part, now) for part in parts]
        if not all(stored.ready and stored.upload.partial for stored in stored_uploads):
            raise BadRequest("Every part must be a finished partial upload.")
        size = sum(stored.offset for stored in stored_uploads)
        self._links.check_limits([size])
        whole = Upload(
            id=tokens.hash_token(token),
            link_id="",
            position=0,
            path=entry.path,
            size=size,
            type=entry.type,
            created_at=now,
            expires_at=now + STRAY_LIFETIME,
            metadata=entry.metadata,
            concat=entry.concat,
            changed_at=entry.changed_at,
        )
        part_ids = [stored.upload.id for stored in stored_uploads]
        self._records.claim_parts(part_ids, whole, self._links.bounds(now, holder))
        try:
            self._files.join(whole.id, part_ids)
            self._files.finish(whole.id)
            retry.until_available(self.note, whole, size, now)
            made = self._links.publish([whole], options, now, holder)
        except BaseException:
            self.discard(whole)
            raise
        for stored in stored_uploads:
            self.discard(stored.upload)
        return made

    def cancel(self, token: str, now: float) -> None:
        """tus DELETE: free the bytes; a link that loses its last file ends. Raises NotFound."""
        upload = self.find(token, now)
        self.discard(upload)
        if upload.link_id and not self._records.uploads_of(upload.link_id):
            self._records.end_link(upload.link_id, "deleted")

    def discard(self, upload: Upload) -> None:
        """Free an upload's bytes and forget it."""
        self._files.remove(upload.id)
        retry.until_available(self._records.remove_upload, upload.id)


class _as_not_found:
    """Hide from the holder of an upload address why its link is gone."""

    def __enter__(self) -> None: ...

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, LinkGone):
            raise NotFound from error
