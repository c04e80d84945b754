"""Checks: what must work before requests are sent here. The self-check of the operator begins with them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from packetpost.errors import ClockOff
from packetpost.links import Links
from packetpost.models import Finding, FindingState
from packetpost.protocols import Files, Records
from packetpost.settings import Settings


@dataclass(frozen=True, slots=True)
class Check:
    """Something without which nothing can be stored. `look` raises whatever it likes when it is missing.

    `works` and `fails` say so in a sentence, `advice` what to do about it. `needs_the_others`: it asks facts and files
    itself, and is left out while those do not answer.
    """

    name: str
    look: Callable[[], object]
    works: str
    fails: str
    advice: str
    needs_the_others: bool = False

    def find(self) -> tuple[Finding, Exception | None]:
        """Look once. What was raised comes along, for the log."""
        try:
            self.look()
        except ClockOff as error:
            return Finding(self.name, "fail", str(error), self.advice), error
        except Exception as error:  # whatever the backend's library raises: it becomes the finding
            return Finding(self.name, "fail", self.fails, self.advice), error
        return Finding(self.name, "ok", self.works), None


# Leases, claims and expiries go by Redis' clock; signatures for S3 and TLS go by this machine's. Seconds.
MOST_OFF = 5.0


def needed(
    settings: Settings, records: Records, files: Files, links: Links, clock_off: Callable[[], float] | None
) -> tuple[Check, ...]:
    """One check for each thing that storing needs. A store that needs more of the world adds one here.

    `clock_off`: by how many seconds this machine's clock is ahead of the records'; None where it is the same.
    """
    clock = (_clock(clock_off),) if clock_off else ()
    return (_facts(settings, records), _bytes(settings, files), *_places(links), *clock)


def _clock(clock_off: Callable[[], float]) -> Check:
    def look() -> None:
        off = clock_off()
        if abs(off) > MOST_OFF:
            raise ClockOff(f"This machine's clock is {abs(off):.0f} s {'ahead of' if off > 0 else 'behind'} Redis'.")

    return Check(
        "clock",
        look,
        "This machine's clock agrees with Redis'.",
        f"This machine's clock is more than {MOST_OFF:.0f} s off Redis'.",
        "Let both machines set their clocks by NTP, as by systemd-timesyncd or chrony.",
        needs_the_others=True,
    )


def _facts(settings: Settings, records: Records) -> Check:
    works, fails = "Facts can be written", "Facts cannot be written."
    if settings.store.redis_url:
        advice = "Look whether Redis runs where REDIS_URL says, has memory left, and is no replica."
        return Check("facts", records.ping, f"{works} (Redis).", fails, advice)
    advice = "Look whether the disk of PACKETPOST_DATA_DIR is there, has room, and may be written by this process."
    return Check("facts", records.ping, f"{works} (SQLite).", fails, advice)


def _bytes(settings: Settings, files: Files) -> Check:
    works, fails = "Files can be stored", "Files cannot be stored."
    if settings.store.files_url.startswith("s3://"):
        advice = (
            "Look whether the bucket of FILES_URL is there, and whether the credentials may do what the README lists."
        )
        return Check("bytes", files.ping, f"{works} (S3).", fails, advice)
    advice = "Look whether the folder for files is there, has room, and may be written by this process."
    return Check("bytes", files.ping, f"{works} (a folder).", fails, advice)


def _places(links: Links) -> tuple[Check, ...]:
    return (
        Check(
            "disk",
            links.check_disk,
            "The disk has room.",
            "Less is free on the disk than PACKETPOST_MIN_FREE_BYTES.",
            "Free some of it, move PACKETPOST_DATA_DIR to a larger disk, or lower PACKETPOST_MIN_FREE_BYTES.",
            needs_the_others=True,
        ),
        Check(
            "room",
            lambda: links.check_room([1]),
            "There is room for more files.",
            "There is no room for more files.",
            "Wait until links expire, take some down, or raise PACKETPOST_MAX_STORED_BYTES.",
            needs_the_others=True,
        ),
    )


def worst(findings: Iterable[Finding]) -> FindingState:
    """The state that counts for all."""
    states = {finding.state for finding in findings}
    return "fail" if "fail" in states else "warn" if "warn" in states else "ok"
