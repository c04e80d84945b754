"""How fast a small page answers while a crowd of slow clients and one at full speed are served."""

import json
import math
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from urllib.parse import urlsplit

from benchmarks import servers
from benchmarks.clients import forget, put
from benchmarks.place import source
from benchmarks.rounds import Goal, Limits, goal_table, table
from benchmarks.servers import Host
from packetpost.settings import GIB, MIB

_EACH_WAY = 100
_RATE = 64 * 1024
_SLOW_BYTES = 128 * MIB
_REQUESTS = 300
_MOST_ROUNDS = 5
_GOAL_SECONDS = 0.150
# Each connection of its own, or one for all requests.
_MODES = {"close": "a connection each", "keep": "kept alive"}


@dataclass(slots=True)
class Load:
    """What the other clients did meanwhile: lines to be told, written when the load has ended."""

    lines: list[str] = field(default_factory=list)


def measure(limits: Limits) -> Iterator[str]:
    """Paragraphs of markdown: latencies without and with the crowd, what the crowd did, and the goal."""
    file, slow_file = source(limits.size), source(_SLOW_BYTES)
    with servers.packet_post(max(limits.size, _SLOW_BYTES)) as host:
        link = put(host, slow_file).headers["location"].rpartition("/")[2]
        idle = {mode: [probe(host, mode)] for mode in _MODES}
        load = Load()
        crowded: dict[str, list[list[float]]] = {mode: [] for mode in _MODES}
        with _slow_clients(host, f"/api/download/{link}", load), _fast_uploads(host, file, load):
            for _ in limits.counted(_MOST_ROUNDS):
                for mode, of_mode in crowded.items():
                    of_mode.append(probe(host, mode))
    cases = [("idle", idle), ("crowd", crowded)]
    rows = [_row(f"{case}, {_MODES[mode]}", runs) for case, of_case in cases for mode, runs in of_case.items()]
    yield table(["GET /", "p50 ms", "p99 ms", "max ms", "runs × requests"], rows)
    yield "\n".join(f"- {line}" for line in load.lines)
    yield goal_table(
        Goal(
            f"{_MODES[mode]}: p99 less than {_GOAL_SECONDS * 1000:.0f} ms",
            f"{_spread([_percentile(run, 0.99) for run in runs])} ms",
            median(_percentile(run, 0.99) for run in runs) < _GOAL_SECONDS,
        )
        for mode, runs in crowded.items()
    )


@contextmanager
def _slow_clients(host: Host, path: str, load: Load) -> Iterator[None]:
    """The crowd, in a process of its own, until the block ends."""
    command = [sys.executable, "-m", "benchmarks.slow", str(_port(host)), str(_EACH_WAY), str(_RATE), path]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin
        assert process.stdout
        try:
            if not json.loads(process.stdout.readline())["ready"]:
                raise RuntimeError("The slow clients could not connect.")
            started = time.monotonic()
            yield
            process.stdin.close()
            moved = json.loads(process.stdout.readline())
            seconds = time.monotonic() - started
        finally:
            process.kill()
    wanted = _EACH_WAY * _RATE / MIB
    load.lines.append(
        f"{_EACH_WAY} slow uploads {moved['up'] / MIB / seconds:.2f} MiB/s and as many slow downloads "
        f"{moved['down'] / MIB / seconds:.2f} MiB/s, of {wanted:.2f} each that they wanted; {moved['broken']} broken."
    )


@contextmanager
def _fast_uploads(host: Host, file: Path, load: Load) -> Iterator[None]:
    """`curl -T`, again and again, until the block ends. This process only starts it and deletes what was stored."""
    ended = threading.Event()

    def upload() -> list[float]:
        times = []
        while not ended.is_set():
            answer = put(host, file)
            times.append(answer.seconds)
            forget(host, answer, file.stat().st_size)
        return times

    with ThreadPoolExecutor(max_workers=1) as pool:
        uploading = pool.submit(upload)
        try:
            yield
        finally:
            ended.set()
    times = uploading.result()
    speed = file.stat().st_size / GIB / median(times)
    load.lines.append(f"One client at full speed: {len(times)} uploads, {speed:.2f} GiB/s.")


def probe(host: Host, mode: str) -> list[float]:
    """The times of many requests in seconds, from a process that does nothing else."""
    command = [sys.executable, "-m", "benchmarks.probe", str(_port(host)), str(_REQUESTS), mode]
    times: list[float] = json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True, timeout=300).stdout)
    return times


def _port(host: Host) -> int:
    port = urlsplit(host.url).port
    assert port
    return port


def _row(name: str, runs: Sequence[Sequence[float]]) -> list[str]:
    """Percentiles run by run, since one bad moment of the machine must not be all that is seen of the others."""
    cells = [_spread([_percentile(run, share) for run in runs]) for share in (0.5, 0.99, 1)]
    return [name, *cells, f"{len(runs)} × {_REQUESTS}"]


def _percentile(times: Sequence[float], share: float) -> float:
    return sorted(times)[math.ceil(share * len(times)) - 1]


def _spread(seconds: Sequence[float]) -> str:
    """The median in milliseconds, lowest and highest in brackets."""
    low, middle, high = (value * 1000 for value in (min(seconds), median(seconds), max(seconds)))
    return f"{middle:.1f}" if len(seconds) == 1 else f"{middle:.1f} ({low:.1f} – {high:.1f})"
