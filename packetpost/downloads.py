"""Downloads: who may have which of a link's files now, and when that counts. `response_bodies` sends the bytes.

A claim is one receiver's hold on one of the link's downloads; PROTOCOL.md, "Counting", tells its rules in full.
"""

import logging
from dataclasses import dataclass, replace

from packetpost import retry, tokens
from packetpost.errors import LinkBusy, LinkGone, NoSpace, Unavailable
from packetpost.given_bytes import add_given, count_given
from packetpost.models import Claim, Link
from packetpost.protocols import Records

log = logging.getLogger(__name__)

# A claim outlives its last byte by this, in seconds, so that a broken download can be resumed.
GRACE = 60
# A counted claim may still fetch what it lacks for this long, in seconds.
COUNTED_GRACE = 3600
# Who was given so much of a file has it, for all we can know.
_ALL_BUT = 0.9
# And who was given all files so often over, part by part, has had that download.
_MOST_TIMES = 4
# Of an answer that broke off, so many bytes may have gone no further than the kernels' buffers.
_MAY_BE_LOST = 16 * 1024**2


@dataclass(frozen=True, slots=True)
class Receiver:
    """Who asks: a key that tells receivers apart, and whether a cookie proves it or an address only suggests it."""

    key: str
    proven: bool


@dataclass(frozen=True, slots=True)
class Asked:
    """What one answer is to give: the bytes from `start` up to `end` of what has `size`, a file or the zip.

    `position` is the file's, or `given_bytes.ZIP`; `files` are the positions of the files in it. The link has
    `all_files` files of `all_bytes` in all.
    """

    position: int
    files: tuple[int, ...]
    start: int
    end: int
    size: int
    all_files: int
    all_bytes: int

    @property
    def fresh(self) -> bool:
        """Whether it begins with the first byte."""
        return self.start == 0

    @property
    def ends(self) -> bool:
        """Whether it ends with the last one."""
        return self.end == self.size


class Downloads:
    """The rules of downloads over the facts. Times are Unix seconds."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def sees(self, link: Link, receiver: Receiver, now: float) -> bool:
        """Whether the receiver could still get something: a download is left, or they hold one of the taken ones."""
        return link.downloads_left != 0 or bool(self._records.claims_of(link.id, receiver.key, now))

    def has_everything(self, link: Link, receiver: Receiver, files: int, now: float) -> bool:
        """Whether no download is left and the receiver's own brought them all `files` files."""
        claims = self._records.claims_of(link.id, receiver.key, now)
        return link.downloads_left == 0 and all(len(claim.finished) >= files for claim in claims)

    def claim(self, link: Link, receiver: Receiver, asked: Asked, now: float) -> Claim:
        """A claim for what is asked for.

        Raises LinkGone when every download has been counted, LinkBusy while one of the taken ones may still fall back.
        """
        for claim in self._records.claims_of(link.id, receiver.key, now):
            if _serves(claim, receiver, asked):
                changed = self._records.change_claim(claim.id, lambda claim: _begin(claim, asked, now))
                if changed:
                    return changed
        # One that fell back to the link goes on: what it gave its receiver is not forgotten.
        blank = self._records.fallen_claim(link.id, receiver.key, now) or Claim(
            id=tokens.new_id(), link_id=link.id, receiver=receiver.key, live_until=now
        )
        claim = _begin(replace(blank, streaming=()), asked, now)
        if self._keep(link, claim, now):
            return claim
        if link.downloads_left == 0:
            raise LinkGone
        raise LinkBusy(retry_after=GRACE)

    def _keep(self, link: Link, claim: Claim, now: float) -> bool:
        try:
            return self._records.put_claim(claim, now)
        except NoSpace:
            if link.max_downloads is not None:
                raise
            # Where nothing is limited, a full disk must not keep people from what is stored already.
            log.warning("the disk is full: a download is not counted")
            return True

    def moving(self, claim: Claim, asked: Asked, before: int, sent: int, now: float) -> None:
        """Bytes still flow: keep the claim alive, and note that `sent` of them went, `before` of which were noted.

        While the store is away nobody else can take its place anyway.
        """

        def moved(claim: Claim) -> Claim:
            return _until(_gave(claim, asked, before, sent, complete=False), now + GRACE)

        try:
            self._records.change_claim(claim.id, moved)
        except Unavailable:
            log.warning("the records are away: a running download could not be noted")

    def release(self, claim: Claim, asked: Asked, before: int, sent: int, complete: bool, now: float) -> None:
        """An answer has ended, `complete` or after `sent` of its bytes, `before` of which were noted by `moving`."""

        def ended(claim: Claim) -> Claim:
            streaming = list(claim.streaming)
            for position in asked.files:
                if position in streaming:
                    streaming.remove(position)
            claim = _gave(replace(claim, streaming=tuple(streaming)), asked, before, sent, complete)
            lacks = claim.counted and len(claim.finished) < asked.all_files
            return _until(claim, now + (COUNTED_GRACE if lacks else GRACE))

        try:
            retry.until_available(self._records.change_claim, claim.id, ended)
        except Unavailable:
            log.error("the records are away: a download that ended is not counted")


def _begin(claim: Claim, asked: Asked, now: float) -> Claim:
    return _until(replace(claim, streaming=(*claim.streaming, *asked.files)), now + GRACE)


def _until(claim: Claim, at_least: float) -> Claim:
    return replace(claim, live_until=max(claim.live_until, at_least))


def _gave(claim: Claim, asked: Asked, before: int, sent: int, complete: bool) -> Claim:
    """So many bytes of an answer have gone. Counted is who got the last one, or all but a tenth, in however many."""
    given = add_given(claim.given, asked.position, asked.start, asked.start + sent)
    total = claim.sent + (sent if complete else max(0, sent - _MAY_BE_LOST)) - max(0, before - _MAY_BE_LOST)
    count = count_given(given, asked.position)
    ended = complete and asked.ends
    often = _often(total, asked)
    counted = claim.counted or ended or often or count >= _ALL_BUT * asked.size > 0
    whole = ended and asked.fresh
    finished = claim.finished | set(asked.files) if whole else claim.finished
    return replace(claim, given=given, sent=total, counted=counted, finished=finished)


def _often(sent: int, asked: Asked) -> bool:
    """Whether so many bytes are all of the link's files, over and over."""
    return sent >= _MOST_TIMES * asked.all_bytes > 0


def _serves(claim: Claim, receiver: Receiver, asked: Asked) -> bool:
    """Whether a claim that the receiver's key holds covers this request too, or it must be another download."""
    if claim.counted and _often(claim.sent, asked):
        return False
    if not asked.fresh:
        return True
    if not receiver.proven and any(position in claim.streaming for position in asked.files):
        return False  # two people behind one address look alike: whoever starts over meanwhile is somebody else
    return not all(position in claim.finished for position in asked.files)
