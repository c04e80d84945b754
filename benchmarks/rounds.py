"""Interleaved runs of several variants, and what is said of them: medians, spreads, ratios, goals."""

import time
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import TypeVar

from packetpost.settings import GIB


@dataclass(frozen=True, slots=True)
class Run:
    """One run: wall time by the client's clock and CPU time of the server's processes, in seconds.

    `quiet`: nothing else kept the machine busy when it began.
    """

    seconds: float
    cpu: float
    quiet: bool


Runs = Mapping[str, Sequence[Run]]
Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Goal:
    """What is promised, what was measured, and whether that keeps it."""

    promise: str
    measured: str
    met: bool


@dataclass(frozen=True, slots=True)
class Limits:
    """The chosen size in bytes, how many rounds, and after how many seconds a subject begins no further round."""

    size: int
    rounds: int
    seconds: float

    def counted(self, most: int | None = None) -> Iterator[int]:
        """The numbers of the rounds, until they or the time are used up; always one."""
        ends = time.monotonic() + self.seconds
        for number in range(min(self.rounds, most or self.rounds)):
            if number and time.monotonic() > ends:
                return
            yield number


def interleave(variants: Mapping[Key, Callable[[], Run]], limits: Limits) -> dict[Key, list[Run]]:
    """Run each variant once a round, every round beginning with another one."""
    runs: dict[Key, list[Run]] = {name: [] for name in variants}
    names = list(variants)
    for number in limits.counted():
        turn = number % len(names)
        for name in names[turn:] + names[:turn]:
            runs[name].append(variants[name]())
    return runs


def ratios(runs: Runs, slow: str, fast: str) -> list[float]:
    """How many times faster `fast` was than `slow`, round by round: neighbours in time share the machine's moods."""
    return [of_slow.seconds / of_fast.seconds for of_slow, of_fast in zip(runs[slow], runs[fast], strict=True)]


def at_least(factor: float, runs: Runs, ours: str, peer: str, case: str = "") -> Goal | None:
    """The goal that `ours` is at least `factor` times as fast as `peer`; None when the peer was left out."""
    if peer not in runs:
        return None
    found = ratios(runs, peer, ours)
    measured = f"{median(found):.2f} ({min(found):.2f} – {max(found):.2f})"
    return Goal(f"{case}{ours} ≥ {factor:g} × {peer}", measured, median(found) >= factor)


def speed_table(runs: Runs, size: int, ours: str) -> str:
    """Times, speeds and ratios of the variants as a markdown table. `size` is what each run moved, in bytes."""
    rows = []
    for name, of_name in runs.items():
        seconds = [run.seconds for run in of_name]
        rows.append(
            [
                name,
                *(f"{value:.3f}" for value in (median(seconds), min(seconds), max(seconds))),
                f"{size / GIB / median(seconds):.2f}",
                f"{median(run.cpu for run in of_name):.2f}",
                f"{median(ratios(runs, name, ours)):.2f}",
                f"{sum(run.quiet for run in of_name)} of {len(of_name)}",
            ]
        )
    heads = ["", "median s", "min s", "max s", "GiB/s", "server CPU s", f"{ours}, times as fast", "quiet runs"]
    return table(heads, rows)


def goal_table(goals: Iterable[Goal | None]) -> str:
    """The goals that could be judged, as a markdown table."""
    rows = [[goal.promise, goal.measured, "met" if goal.met else "**missed**"] for goal in goals if goal]
    return table(["goal", "measured", ""], rows)


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A markdown table whose first column is text and whose others are numbers."""
    lines = [heads, ["---", *("---:" for _ in heads[1:])], *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
