"""Live transfers over emulated paths, between two network namespaces: goodput beside a bare data channel."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from statistics import median

from benchmarks import namespaces, people
from benchmarks.line import Line, carrying, prove
from benchmarks.namespaces import Namespace
from benchmarks.place import source
from benchmarks.rounds import Goal, Limits, goal_table, table
from benchmarks.stages import Stage, apart
from packetpost.settings import MIB

_MBIT = 1_000_000 / 8
# A bare channel that has collapsed is not waited for: what has come by then counts.
_BARE_SECONDS = 20.0
# Plain packets go over each line first, a little faster than it should take them, so that its rate shows.
_PROOF_SECONDS = 1.0
_PROOF_RATE = 8 * MIB
_ABOVE = 1.2


@dataclass(slots=True)
class Case:
    """A line, bytes sent over it, what is promised (share of the line, multiple of the bare channel), MiB/s found."""

    line: Line
    size: int
    of_line: float = 0
    of_bare: float = 1
    proof: str = ""
    ours: list[float] = field(default_factory=list)
    bare: list[float] = field(default_factory=list)

    def try_once(self, stage: Stage, left: Namespace, right: Namespace) -> None:
        """One bare channel and one live transfer over the line, neighbours in time."""
        file = source(self.size)
        with carrying(self.line, left, right):
            self.proof = self.proof or _proof(self.line, left, right)
            self.bare.append(stage.bare(self.size, _BARE_SECONDS)[1])
            self.ours.append(self.size / MIB / stage.ours(file, people.sha256(file)).seconds)

    @property
    def ratio(self) -> float:
        return median(ours / bare for ours, bare in zip(self.ours, self.bare, strict=True))

    @property
    def share(self) -> float:
        """Of what the line could carry, headers included."""
        return median(self.ours) / (self.line.rate / MIB)

    def row(self) -> list[str]:
        share = f"{self.share:.2f}" if self.line.rate else "–"
        cells = [_spread(self.bare), _spread(self.ours), share, f"{self.ratio:.1f}", str(len(self.ours))]
        return [self.line.name, f"{self.size // MIB}", *cells, self.proof]

    def goals(self) -> Iterator[Goal]:
        if self.of_line:
            promise = f"{self.line.name}: ≥ {self.of_line:g} of the line"
            yield Goal(promise, f"{self.share:.2f}", self.share >= self.of_line)
        promise = f"{self.line.name}: ≥ {self.of_bare:g} × a bare channel"
        yield Goal(promise, f"{self.ratio:.1f}", self.ratio >= self.of_bare)


def _cases() -> list[Case]:
    return [
        Case(Line("40 ms · 40 Mbit/s", 0.040, rate=40 * _MBIT), 64 * MIB, of_line=0.7),
        Case(Line("40 ms · 100 Mbit/s", 0.040, rate=100 * _MBIT), 64 * MIB),
        Case(Line("100 ms · 40 Mbit/s", 0.100, rate=40 * _MBIT), 48 * MIB),
        Case(Line("40 ms · 0.5 % loss", 0.040, loss=0.005), 32 * MIB, of_bare=4),
        Case(Line("4 ms · 100 Mbit/s", 0.004, rate=100 * _MBIT), 64 * MIB),
        Case(Line("100 ms · 0.5 % loss", 0.100, loss=0.005), 24 * MIB),
    ]


def measure(limits: Limits) -> Iterator[str]:
    """Paragraphs of markdown: what each line let through, and the goals."""
    if reason := people.reason_against() or namespaces.reason_against():
        yield f"Left out: {reason}"
        return
    cases = _cases()
    with apart() as (stage, left, right):
        for _ in limits.counted():
            for case in cases:
                case.try_once(stage, left, right)
    heads = ["round trip · bottleneck or loss", "MiB sent", "bare channel, MiB/s", "us, MiB/s", "us, of the line"]
    yield table([*heads, "us, times the bare channel", "rounds", "plain packets"], [case.row() for case in cases])
    yield goal_table(goal for case in cases for goal in case.goals())


def _proof(line: Line, left: Namespace, right: Namespace) -> str:
    """What the line does to plain packets, so that a forwarder that is too slow is seen."""
    proof = prove(left, right, line.rate * _ABOVE or _PROOF_RATE, _PROOF_SECONDS)
    lost = "" if line.rate else f", {proof.lost:.1%} lost"
    return f"{proof.round_trip * 1000:.0f} ms, {proof.rate / MIB:.1f} MiB/s{lost}"


def _spread(values: list[float]) -> str:
    return f"{median(values):.2f} ({min(values):.2f} – {max(values):.2f})"
