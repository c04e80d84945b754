"""Downloads: who may have which of a link's files now, and when that counts. `response_bodies` sends the bytes.

A claim is one receiver's hold on one of the link's downloads; PROTOCOL.md, "Counting", tells its rules in full.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace

from packetpost import retry, tokens
from packetpost.errors import LinkBusy, LinkGone, NoSpace, Unavailable
from packetpost.models import Claim, Link
from packetpost.protocols import Records

log = logging.getLogger(__name__)

# A claim outlives its last byte by this, in seconds, so that a broken download can be resumed.
GRACE = 60
# A counted claim may still fetch the link's other files for this long, in seconds.
COUNTED_GRACE = 3600


@dataclass(frozen=True, slots=True)
class Receiver:
    """Who asks: a key that tells receivers apart, and whether a cookie proves it or an address only suggests it."""

    key: str
    proven: bool


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

    def claim(self, link: Link, receiver: Receiver, positions: Sequence[int], fresh: bool, now: float) -> Claim:
        """A claim for the files at `positions`; `fresh` when their first byte is asked for.

        Raises LinkGone when every download has been counted, LinkBusy while one of the taken ones may still fall back.
        """
        for claim in self._records.claims_of(link.id, receiver.key, now):
            if _serves(claim, receiver, positions, fresh):
                changed = self._records.change_claim(claim.id, lambda claim: _begin(claim, positions, now))
                if changed:
                    return changed
        blank = Claim(id=tokens.new_id(), link_id=link.id, receiver=receiver.key, live_until=now)
        claim = _begin(blank, positions, now)
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

    def moving(self, claim: Claim, now: float) -> None:
        """Bytes still flow: keep the claim alive. While the store is away nobody else can take its place anyway."""
        try:
            self._records.change_claim(claim.id, lambda claim: _until(claim, now + GRACE))
        except Unavailable:
            log.warning("the records are away: a running download could not be noted")

    def release(
        self, claim: Claim, positions: Sequence[int], files: int, now: float, *, last_byte: bool, whole: bool
    ) -> None:
        """An answer has ended: `last_byte` if it wrote that of its files (it counts), `whole` if all before it too.

        `files` is how many the link has. Whoever got a file in parts may ask for all of it again: parts may be missing.
        """

        def ended(claim: Claim) -> Claim:
            streaming = list(claim.streaming)
            for position in positions:
                if position in streaming:
                    streaming.remove(position)
            done = claim.finished | set(positions) if whole else claim.finished
            counted = claim.counted or last_byte
            grace = COUNTED_GRACE if counted and len(done) < files and files > 1 else GRACE
            claim = replace(claim, streaming=tuple(streaming), finished=done, counted=counted)
            return _until(claim, now + grace)

        try:
            retry.until_available(self._records.change_claim, claim.id, ended)
        except Unavailable:
            log.error("the records are away: a download that ended is not counted")


def _begin(claim: Claim, positions: Sequence[int], now: float) -> Claim:
    return _until(replace(claim, streaming=(*claim.streaming, *positions)), now + GRACE)


def _until(claim: Claim, at_least: float) -> Claim:
    return replace(claim, live_until=max(claim.live_until, at_least))


def _serves(claim: Claim, receiver: Receiver, positions: Sequence[int], fresh: bool) -> bool:
    """Whether a claim that the receiver's key holds covers this request too, or it must be another download."""
    if not fresh:
        return True
    if not receiver.proven and any(position in claim.streaming for position in positions):
        return False  # two people behind one address look alike: whoever starts over meanwhile is somebody else
    return not all(position in claim.finished for position in positions)
