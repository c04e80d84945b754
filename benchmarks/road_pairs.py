"""Two browsers by the road alone: goodput beside a bare data channel and over lines, and how soon a byte is saved."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from benchmarks import namespaces, people, servers
from benchmarks.clients import curl
from benchmarks.line import Line, carrying
from benchmarks.live import first_byte
from benchmarks.namespaces import Namespace, listening
from benchmarks.place import source
from benchmarks.rounds import Goal, Limits, at_least, goal_table, interleave, table
from benchmarks.stages import Stage, on_loopback
from packetpost.settings import MIB
from tests.support.server_process import free_port

_ROAD, _BARE = "by the road alone", "bare channel"
_SIZE, _SMALL = 256 * MIB, 8 * MIB
_MOST_SECONDS = 120.0
_TIMES_BARE = 3
_OPENINGS, _FIRST_BYTE_SECONDS = 12, 0.5
_MBIT = 1_000_000 / 8
_OF_LINE = 0.85


@dataclass(slots=True)
class _Case:
    """A line between one of the two and the server, bytes sent; MiB a second by the road, and by one TCP stream."""

    line: Line
    size: int
    sends: bool = True
    came: list[float] = field(default_factory=list)
    tcp: list[float] = field(default_factory=list)

    def try_once(self, stage: Stage, left: Namespace, right: Namespace) -> None:
        file = source(self.size)
        with carrying(self.line, left, right):
            self.tcp.append(self.size / MIB / _tcp(left, stage.url, file, self.sends))
            there = stage if self.sends else stage.turned_round()
            self.came.append(self.size / MIB / there.ours(file, people.sha256(file)).seconds)

    @property
    def name(self) -> str:
        return f"{self.line.name}, {'sender' if self.sends else 'receiver'}'s line"

    def row(self) -> list[str]:
        share = f"{self._share:.2f}" if self.line.rate else "–"
        return [
            self.name,
            f"{self.size // MIB}",
            f"{median(self.came):.2f}",
            share,
            f"{median(self.tcp):.2f}",
            str(len(self.came)),
        ]

    @property
    def _share(self) -> float:
        return median(self.came) / (self.line.rate / MIB)

    def goal(self) -> Goal:
        if self.line.rate:
            return Goal(f"{self.name}: ≥ {_OF_LINE:g} of the line", f"{self._share:.2f}", self._share >= _OF_LINE)
        ratio = median(ours / tcp for ours, tcp in zip(self.came, self.tcp, strict=True))
        return Goal(f"{self.name}: ≥ one TCP stream", f"{ratio:.2f}", ratio >= 1)


def _cases() -> list[_Case]:
    return [
        _Case(Line("40 ms · 100 Mbit/s", 0.040, rate=100 * _MBIT), 64 * MIB),
        _Case(Line("40 ms · 100 Mbit/s", 0.040, rate=100 * _MBIT), 64 * MIB, sends=False),
        _Case(Line("40 ms · 40 Mbit/s", 0.040, rate=40 * _MBIT), 48 * MIB),
        _Case(Line("40 ms · 40 Mbit/s", 0.040, rate=40 * _MBIT), 48 * MIB, sends=False),
        _Case(Line("40 ms · 0.5 % loss", 0.040, loss=0.005), 32 * MIB),
    ]


def measure(limits: Limits) -> Iterator[str]:
    """Paragraphs of markdown: the loopback, the lines, and the goals."""
    if reason := people.reason_against():
        yield f"Left out: {reason}"
        return
    size = min(_SIZE, limits.size)
    file = source(size)
    digest = people.sha256(file)
    with on_loopback(road_only=True) as stage:
        runs = interleave(
            {_ROAD: lambda: stage.ours(file, digest), _BARE: lambda: stage.bare(size, _MOST_SECONDS)[0]}, limits
        )
        first = sorted(of_open for _, of_open in (first_byte(stage, source(_SMALL)) for _ in range(_OPENINGS)))
    p95 = first[int(len(first) * 0.95)]
    promise = f"both pages open, accepted at once → first byte saved, p95 ≤ {_FIRST_BYTE_SECONDS:g} s"
    yield goal_table(
        [
            at_least(_TIMES_BARE, runs, _ROAD, _BARE, f"{size // MIB} MiB, loopback: "),
            Goal(promise, f"{p95:.2f} s (median {median(first):.2f})", p95 <= _FIRST_BYTE_SECONDS),
        ]
    )
    yield from _lines(limits)


def _lines(limits: Limits) -> Iterator[str]:
    if reason := namespaces.reason_against():
        yield f"Lines left out: {reason}"
        return
    cases = _cases()
    with _behind_a_line() as (stage, left, right):
        for _ in limits.counted():
            for case in cases:
                case.try_once(stage, left, right)
    heads = ["by the road", "MiB sent", "MiB/s", "of the line", "one TCP stream, MiB/s", "rounds"]
    yield table(heads, [case.row() for case in cases])
    yield goal_table(case.goal() for case in cases)


@contextmanager
def _behind_a_line() -> Iterator[tuple[Stage, Namespace, Namespace]]:
    """One person beyond the line; the other one and our server at its near end."""
    with ExitStack() as stack:
        left, right = stack.enter_context(namespaces.pair())
        port = free_port()
        listeners = [stack.enter_context(listening(port))]  # for ourselves, to see that it runs
        with right.inside():
            listeners.append(stack.enter_context(listening(port, right.address)))
        stack.enter_context(servers.packet_post_at(listeners, road=True))
        url = f"http://{right.address}:{port}"
        secure = f"--unsafely-treat-insecure-origin-as-secure={url}"
        two = stack.enter_context(people.two((left.command, right.command), [secure]))
        yield Stage(url, *two, road_only=True), left, right


def _tcp(left: Namespace, url: str, file: Path, up: bool) -> float:
    """Seconds that the file takes over the line as one upload, or one download of it."""
    put = curl("--upload-file", str(file), f"{url}/{file.name}", behind=left.command)
    if up:
        return put.seconds
    address = f"{url}/api/download/{put.headers['location'].rpartition('/')[2]}"
    return curl(address, behind=left.command).seconds
