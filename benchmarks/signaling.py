"""One worker with 5,000 open sockets: what they cost, and how long a signal takes from seat to seat."""

import json
import math
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median

from benchmarks import servers
from benchmarks.processes import Footprint, cpu_seconds
from benchmarks.rounds import Goal, Limits, goal_table, table
from packetpost.settings import MIB

_SOCKETS = 5000
_MESSAGES = 500
_SECONDS = 10.0
_MOST_ROUNDS = 3
_GOAL_SECONDS = 0.050


@dataclass(frozen=True, slots=True)
class Ran:
    """One run: latencies in seconds, sessions made, messages lost, errors told."""

    latencies: list[float]
    sessions: int
    lost: int
    errors: list[str]

    def at(self, share: float) -> float:
        """The latency, in milliseconds, that so many of the messages did not exceed."""
        return sorted(self.latencies)[math.ceil(share * len(self.latencies)) - 1] * 1000


class Seats:
    """The crowd of `benchmarks.seats`, in a process of its own. `seconds` is how long it took to open all sockets."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process
        self.seconds = float(json.loads(self._line())["seconds"])

    def run(self, seconds: float, messages: float = 0, sessions: float = 0) -> Ran:
        """Relay so many messages and make so many sessions a second."""
        assert self._process.stdin
        self._process.stdin.write(json.dumps({"seconds": seconds, "messages": messages, "sessions": sessions}) + "\n")
        self._process.stdin.flush()
        return Ran(**json.loads(self._line()))

    def _line(self) -> str:
        assert self._process.stdout
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("The crowd of seats has ended.")
        return line


@contextmanager
def seats(sockets: int, *ports: int) -> Iterator[Seats]:
    """So many open sockets, two a session, until the block ends."""
    command = [sys.executable, "-m", "benchmarks.seats", str(sockets // 2), *map(str, ports)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield Seats(process)
        finally:
            process.kill()


def measure(limits: Limits) -> Iterator[str]:
    """Paragraphs of markdown: memory and time of the sockets, latencies of the messages, and the goal."""
    with servers.packet_post(limits.size) as host:
        footprint = Footprint(host.worker)
        with seats(2, host.port):
            before = footprint.rss()
        with seats(_SOCKETS, host.port) as crowd:
            each = (footprint.rss() - before) / _SOCKETS
            cpu = cpu_seconds(host.pid)
            runs = [crowd.run(_SECONDS, messages=_MESSAGES) for _ in limits.counted(_MOST_ROUNDS)]
            cpu = (cpu_seconds(host.pid) - cpu) / len(runs) / _SECONDS
            yield (
                f"{_SOCKETS} sockets at one worker, {each / 1024:.1f} KiB each beside its own {before / MIB:.0f} MiB. "
                f"{_SOCKETS / crowd.seconds:.0f} were opened a second, their sessions created and joined. Relaying "
                f"{_MESSAGES} messages a second takes {cpu:.0%} of one processor."
            )
            yield latency_table([("one worker", runs)])
            yield goal_table([_goal(runs)])


def latency_table(variants: Sequence[tuple[str, Sequence[Ran]]]) -> str:
    """Percentiles run by run: their medians, lowest and highest in brackets."""
    rows = []
    for name, runs in variants:
        cells = [spread([run.at(share) for run in runs]) for share in (0.5, 0.99, 1)]
        rows.append([name, *cells, str(sum(run.lost for run in runs)), str(sum(len(run.errors) for run in runs))])
    return table(["from seat to seat", "p50 ms", "p99 ms", "max ms", "lost", "errors"], rows)


def spread(values: Sequence[float]) -> str:
    """The median, lowest and highest in brackets."""
    return f"{median(values):.1f} ({min(values):.1f} – {max(values):.1f})"


def _goal(runs: Sequence[Ran]) -> Goal:
    found = median(run.at(0.99) for run in runs)
    whole = not any(run.lost or run.errors for run in runs)
    promise = (
        f"{_SOCKETS} sockets, {_MESSAGES} messages a second: p99 less than {_GOAL_SECONDS * 1000:.0f} ms, none lost"
    )
    return Goal(promise, f"{found:.1f} ms", whole and found < _GOAL_SECONDS * 1000)
