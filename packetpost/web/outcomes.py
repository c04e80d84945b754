"""How live attempts ended, as browsers tell it: checked at the door, counted for `/metrics`."""

from dataclasses import dataclass
from typing import Any, Literal, cast, get_args

from prometheus_client import CollectorRegistry, Counter, Histogram

from packetpost.errors import BadRequest

Outcome = Literal["direct", "relayed", "fell-back", "failed", "cancelled"]
Reason = Literal[
    "",
    "no-webrtc",
    "no-channel",
    "lost",
    "no-socket",
    "asked",
    "disk",
    "digest",
    "seal",
    "tampered",
    "refused",
    "other",
]

registry = CollectorRegistry()
_attempts = Counter(
    "packetpost_live_attempts", "Live attempts by how they ended", ["outcome", "reason"], registry=registry
)
_connect = Histogram(
    "packetpost_live_connect_seconds",
    "From both sides present to an open channel",
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2, 4, 8, 12, 30),
    registry=registry,
)
_bytes = Counter("packetpost_live_bytes", "File bytes that went from browser to browser", registry=registry)
_rate = Histogram(
    "packetpost_live_bytes_per_second",
    "Goodput of attempts that moved bytes",
    buckets=tuple(2.0**power for power in range(14, 31, 2)),
    registry=registry,
)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt. `connect` and `seconds` are in seconds, None where there was no channel; `bytes` are file bytes."""

    outcome: Outcome
    reason: Reason
    connect: float | None
    bytes: int
    seconds: float | None


def parse(asked: dict[str, Any]) -> Attempt:
    """`{outcome, reason?, secondsToConnect?, bytes?, seconds?}`. Raises BadRequest."""
    outcome, reason = cast(Outcome, asked.get("outcome")), cast(Reason, asked.get("reason", ""))
    if outcome not in get_args(Outcome) or reason not in get_args(Reason):
        raise BadRequest("The outcome or its reason is not one that is known.")
    count = asked.get("bytes", 0)
    if not isinstance(count, int) or isinstance(count, bool) or not 0 <= count < 2**53:
        raise BadRequest("bytes must be a whole number.")
    return Attempt(outcome, reason, _seconds(asked, "secondsToConnect"), count, _seconds(asked, "seconds"))


def _seconds(asked: dict[str, Any], name: str) -> float | None:
    value = asked.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e7:
        raise BadRequest(f"{name} must be a number of seconds.")
    return float(value)


def record(attempt: Attempt) -> None:
    _attempts.labels(attempt.outcome, attempt.reason).inc()
    _bytes.inc(attempt.bytes)
    if attempt.connect is not None:
        _connect.observe(attempt.connect)
    if attempt.seconds and attempt.bytes:
        _rate.observe(attempt.bytes / attempt.seconds)
