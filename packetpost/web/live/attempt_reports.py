"""How live attempts ended, as browsers tell it: checked at the door, counted by `metrics`."""

from dataclasses import dataclass
from typing import Any, Literal, cast, get_args

from packetpost.errors import BadRequest
from packetpost.web.http import metrics

HowEnded = Literal["direct", "relayed", "server", "fell-back", "failed", "cancelled"]
Reason = Literal[
    "",
    "no-webrtc",
    "no-channel",
    "lost",
    "no-socket",
    "gathered",
    "gathered-there",
    "asked",
    "disk",
    "digest",
    "seal",
    "tampered",
    "refused",
    "other",
]


@dataclass(frozen=True, slots=True)
class AttemptReport:
    """How one attempt ended. `bytes` are a file's; times are seconds, None where there was no channel."""

    outcome: HowEnded
    reason: Reason
    connect: float | None
    bytes: int
    seconds: float | None


def parse(asked: dict[str, Any]) -> AttemptReport:
    """`{outcome, reason?, secondsToConnect?, bytes?, seconds?}`. Raises BadRequest."""
    outcome, reason = cast(HowEnded, asked.get("outcome")), cast(Reason, asked.get("reason", ""))
    if outcome not in get_args(HowEnded) or reason not in get_args(Reason):
        raise BadRequest("The outcome or its reason is not one that is known.")
    count = asked.get("bytes", 0)
    if not isinstance(count, int) or isinstance(count, bool) or not 0 <= count < 2**53:
        raise BadRequest("bytes must be a whole number.")
    return AttemptReport(outcome, reason, _seconds(asked, "secondsToConnect"), count, _seconds(asked, "seconds"))


def _seconds(asked: dict[str, Any], name: str) -> float | None:
    value = asked.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e7:
        raise BadRequest(f"{name} must be a number of seconds.")
    return float(value)


def record(report: AttemptReport) -> None:
    """Count a report: how the attempt ended, bytes, and the seconds that it took."""
    metrics.live_attempts.labels(report.outcome, report.reason).inc()
    metrics.live_bytes.inc(report.bytes)
    if report.connect is not None:
        metrics.live_connect_seconds.observe(report.connect)
    if report.seconds and report.bytes:
        metrics.live_rate.observe(report.bytes / report.seconds)
