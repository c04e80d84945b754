"""Links: made with limits and room in mind, described, unlocked, ended.

Filling their files is `uploads`' business, handing them out `downloads`'.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NoReturn

from packetpost import retry, threads, tokens
from packetpost.errors import (
    BadRequest,
    LinkEnded,
    LinkGone,
    LinkTakenDown,
    NoFile,
    NoSpace,
    NotOwner,
    TooLarge,
    Unavailable,
    WrongPassword,
)
from packetpost.models import Bounds, Ended, Entry, Link, Options, StoredUpload, Upload
from packetpost.protocols import Files, Records
from packetpost.room import Room
from packetpost.settings import Settings
from packetpost.unpacked_names import keep_apart

log = logging.getLogger(__name__)

# What the sealed names of one file may have, as base64url: a path of 1,024 bytes, its type, and what sealing adds.
_MOST_SEALED_A_FILE = 4096

_REASONS: dict[Ended, str] = {
    "expired": "This link has expired. Ask the sender for a new one.",
    "used-up": "This link has reached its download limit. Ask the sender for a new one.",
    "deleted": "This link was deleted by its sender.",
}


@dataclass(frozen=True, slots=True)
class Made:
    """A new link with its uploads, and the owner's token, which is told this once and kept only as a hash."""

    link: Link
    uploads: list[Upload]
    token: str

    def upload_token(self, position: int) -> str:
        """What lets people write to the upload at `position`, where the link was made before its uploads."""
        return tokens.upload_token(self.token, position)


class Links:
    """The rules of links over the facts and the bytes. Times are Unix seconds, sizes bytes."""

    def __init__(self, records: Records, files: Files, settings: Settings) -> None:
        self._records, self._files, self._settings = records, files, settings
        self._room = Room(records, files, settings.limits)

    def make(self, entries: Sequence[Entry], options: Options, now: float, holder: str = "") -> Made:
        """A link with an empty upload for each entry, all of which `holder` holds.

        Raises NoFile, BadRequest, TooLarge, NoSpace, ShareTaken.
        """
        self.check_limits([entry.size or 0 for entry in entries])
        made = self._new_link(options, now, len(entries))
        for position, (entry, path) in enumerate(zip(entries, keep_apart(e.path for e in entries), strict=True)):
            upload = Upload(
                id=tokens.hash_token(made.upload_token(position)),
                link_id=made.link.id,
                position=position,
                path=path,
                size=entry.size,
                type=entry.type,
                created_at=now,
                expires_at=made.link.expires_at,
                metadata=entry.metadata,
                changed_at=entry.changed_at,
            )
            made.uploads.append(upload)
        self._records.add_link(made.link, made.uploads, self.bounds(now, holder))
        try:
            self._files.create(*(upload.id for upload in made.uploads))
        except BaseException:
            self.end(made.link, "deleted")
            raise
        return made

    def publish(self, uploads: Sequence[Upload], options: Options, now: float, holder: str = "") -> Made:
        """A link that shows uploads which were stored before it.

        Raises NoFile, BadRequest, TooLarge, NoSpace, ShareTaken.
        """
        self.check_limits([upload.size or 0 for upload in uploads])
        made = self._new_link(options, now, len(uploads))
        for position, (upload, path) in enumerate(zip(uploads, keep_apart(u.path for u in uploads), strict=True)):
            made.uploads.append(
                replace(
                    upload,
                    link_id=made.link.id,
                    position=position,
                    path=path,
                    expires_at=made.link.expires_at,
                    partial=False,
                )
            )
        retry.until_available(self._records.add_link, made.link, made.uploads, self.bounds(now, holder))
        return made

    def _new_link(self, options: Options, now: float, files: int) -> Made:
        if len(options.sealed) > files * _MOST_SEALED_A_FILE:
            raise TooLarge("The sealed names are too long for so few files. Give the files shorter names.")
        if not 0 < options.lifetime <= self._settings.expiry.most:
            raise BadRequest(f"A link may live for at most {self._settings.expiry.most // 3600} hours on this server.")
        token = tokens.new_token()
        link = Link(
            id=tokens.new_id(),
            owner_hash=tokens.hash_token(token),
            password_hash=threads.run(tokens.hash_password, options.password) if options.password else "",
            created_at=now,
            expires_at=now + options.lifetime,
            max_downloads=options.max_downloads,
            sealed=options.sealed,
        )
        return Made(link, [], token)

    def check_limits(self, sizes: Sequence[int]) -> None:
        """Refuse what one link may not hold. Raises NoFile or TooLarge."""
        settings = self._settings
        if not sizes:
            raise NoFile
        if len(sizes) > settings.limits.files:
            raise TooLarge(f"One link holds at most {settings.limits.files} files. Pack them into an archive first.")
        if sum(sizes) > settings.limits.upload_bytes:
            raise TooLarge(f"One link holds at most {settings.limits.upload_bytes:,} bytes on this server.")

    def check_room(self, sizes: Sequence[int], now: float | None = None) -> None:
        """Refuse early what the link or the server cannot hold. Raises NoFile, TooLarge or NoSpace."""
        self.check_limits(sizes)
        if sum(sizes) > self.room(now):
            raise NoSpace

    def bounds(self, now: float, holder: str = "") -> Bounds:
        """How much may be held, for the records to check. `holder` is who asks."""
        return self._room.bounds(now, holder)

    def room(self, now: float | None = None) -> int:
        """Bytes that may still be held, by all together. What has lapsed by `now` counts as free."""
        return self._room.left(now)

    def check_disk(self) -> None:
        """Raises NoSpace when less than the reserve is free on the device."""
        self._room.check_disk()

    @property
    def most_bytes(self) -> int:
        """The largest link, in bytes."""
        return self._settings.limits.upload_bytes

    @property
    def reserved_seconds(self) -> int:
        """For how long room is held for whoever makes no progress."""
        return self._settings.limits.reserved_seconds

    def find(self, link_id: str, now: float, known: bool = False) -> Link:
        """An open link.

        Raises LinkGone, LinkTakenDown; where the asker is `known` to have had the link, LinkEnded with the reason.
        """
        link = self._records.link(link_id)
        state = link.state(now) if link else ""
        if state == "taken-down":
            raise LinkTakenDown
        if link is None or (state and not known):
            raise LinkGone
        if state:
            raise LinkEnded(_REASONS[state])
        return link

    def refuse_used_up(self, known: bool) -> NoReturn:
        """Raises LinkGone, or LinkEnded with the reason where the asker is `known` to have had the link."""
        if known:
            raise LinkEnded(_REASONS["used-up"])
        raise LinkGone

    def stored_uploads(self, link_id: str) -> list[StoredUpload]:
        """The link's files, in order, with how much of each is stored."""
        uploads = self._records.uploads_of(link_id)
        sizes = self._files.sizes({upload.id: upload.size for upload in uploads})
        return [StoredUpload(upload, size or 0) for upload, size in zip(uploads, sizes, strict=True)]

    def keep_crc(self, upload: Upload, crc: int) -> None:
        """So that it is reckoned once. A store that is full or away keeps nobody from the bytes."""
        try:
            self._records.set_crc(upload.id, crc)
        except (NoSpace, Unavailable):
            log.warning("the records are full or away: a checksum was not kept")

    def unlock(self, link: Link, password: str) -> None:
        """Raises WrongPassword. A link without a password is open. Takes about 50 ms, off the event loop."""
        if link.password_hash and not threads.run(tokens.check_password, password, link.password_hash):
            raise WrongPassword

    def owned(self, link_id: str, token: str) -> Link:
        """The link, open or ended, for whoever holds its owner's token. Raises NotOwner for all others."""
        link = self._records.link(link_id)
        if link is None or not tokens.token_matches(token, link.owner_hash):
            raise NotOwner
        return link

    def owns(self, link_id: str, token: str) -> bool:
        link = self._records.link(link_id)
        return link is not None and tokens.token_matches(token, link.owner_hash)

    def end(self, link: Link, reason: Ended) -> None:
        """End a link and free its bytes; running transfers of it stop."""
        self._records.end_link(link.id, reason)
        self.free(link.id)

    def take_down(self, link_id: str, now: float) -> Link:
        """End a link for everybody, as its operator. Raises LinkGone, also when it has ended already."""
        link = self._records.link(link_id)
        if link is None or link.state(now):
            raise LinkGone
        self.end(link, "taken-down")
        return link

    def free(self, link_id: str) -> int:
        """Remove the bytes and uploads of an ended link; how many uploads."""
        uploads = self._records.uploads_of(link_id)
        self._files.remove(*(upload.id for upload in uploads))
        for upload in uploads:
            self._records.remove_upload(upload.id)
        return len(uploads)
