"""Uploads: found by their token, filled, joined, cancelled. Where they appear is `links`' business."""

from collections.abc import Sequence
from dataclasses import replace

from packetpost import retry, tokens, tus
from packetpost.errors import BadRequest, LinkGone, NoSpace, NotFound, TooLarge, WrongOffset
from packetpost.links import Links, Made
from packetpost.models import Options, StoredUpload, Upload
from packetpost.protocols import Body, Files, Records

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
    ) -> Upload:
        """An empty upload that no link shows yet; a known size is reserved. Raises TooLarge or NoSpace.

        Who has the `token` may write to it; without one nobody has, and one body fills it.
        """
        self._links.check_room([size or 0])
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
        )
        self._files.create(upload.id)
        self._records.add_upload(upload)
        return upload

    def receive(self, upload: Upload, body: Body, most: int) -> Upload:
        """Fill a started upload from one body of at most `most` bytes and settle its size.

        Raises ClientGone, TooLarge or NoSpace, and leaves nothing behind then.
        """
        try:
            limit = self._reserve(upload, most) if upload.size is None else upload.size
            size = self._files.append(upload.id, 0, body, limit)
            retry.until_available(self._records.set_size, upload.id, size)
            self._files.finish(upload.id)
        except BaseException as error:
            self.discard(upload)
            if isinstance(error, TooLarge) and upload.size is None and limit < most:
                raise NoSpace from error
            raise
        return replace(upload, size=size)

    def _reserve(self, upload: Upload, most: int) -> int:
        """Room for a body of unknown length, held until its end so that many at once cannot overrun the limits."""
        room = self._links.room()
        if room < 0:
            raise NoSpace
        self._records.set_size(upload.id, min(most, room))
        return min(most, room)

    def append(self, token: str, ask: tus.Append, body: Body, now: float) -> StoredUpload:
        """tus PATCH. Raises NotFound, WrongOffset, TooLarge, NoSpace, UploadLocked, ChecksumMismatch, ClientGone."""
        upload = self.find(token, now)
        if ask.offset != self._files.size(upload.id):
            raise WrongOffset
        if ask.length is not None:
            upload = self._settle(upload, ask)
        rest = self._rest(upload, ask.offset)
        if body.length is not None and body.length > rest:
            raise TooLarge("That is more than is left of this upload.")
        stored = StoredUpload(upload, self._files.append(upload.id, ask.offset, body, rest, ask.digest))
        if stored.ready and not upload.partial:  # parts are still to be joined
            self._files.finish(upload.id)
        return stored

    def _rest(self, upload: Upload, offset: int) -> int:
        if upload.size is not None:
            free = self._files.free_bytes()
            if free is not None and free == 0:
                raise NoSpace
            return upload.size - offset
        return min(self._links.most_bytes - offset, self._links.room())

    def _settle(self, upload: Upload, ask: tus.Append) -> Upload:
        assert ask.length is not None
        if upload.size is not None and upload.size != ask.length:
            raise BadRequest("Upload-Length was settled before and cannot change.")
        if ask.length < ask.offset:
            raise BadRequest("Upload-Length is below what is stored already.")
        if upload.size is None:
            self._links.check_room([ask.length])
            self._records.set_size(upload.id, ask.length)
        return replace(upload, size=ask.length)

    def join(
        self, token: str, parts: Sequence[str], name: str, kind: str, metadata: str, options: Options, now: float
    ) -> Made:
        """tus concatenation: a link of one file, of that token, made of finished parts, by their tokens.

        Raises NotFound, BadRequest, NoSpace.
        """
        stored_uploads = [self.stored(part, now) for part in parts]
        if not all(stored.ready and stored.upload.partial for stored in stored_uploads):
            raise BadRequest("Every part must be a finished partial upload.")
        size = sum(stored.offset for stored in stored_uploads)
        self._links.check_limits([size])
        whole = replace(
            stored_uploads[0].upload, id=tokens.hash_token(token), path=name, size=size, type=kind, metadata=metadata
        )
        self._files.join(whole.id, [stored.upload.id for stored in stored_uploads])
        self._files.finish(whole.id)
        retry.until_available(self._records.add_upload, whole)
        for stored in stored_uploads:
            self.discard(stored.upload)
        return self._links.publish([whole], options, now)

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
