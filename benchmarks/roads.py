"""Live bytes through the server's memory: what they cost beside a link's, how slow readers share, who is held up."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from statistics import median

from benchmarks import servers
from benchmarks.clients import curl, forget, put
from benchmarks.crowd import probe
from benchmarks.place import source
from benchmarks.processes import Footprint, cpu_seconds
from benchmarks.rounds import Goal, Limits, goal_table, table
from benchmarks.servers import Host
from packetpost.settings import GIB, MIB

_MOST_ROUNDS = 5
_BYTES = 256 * MIB
_SLOW, _SLOW_RATE, _SLOW_BYTES = 64, 64 * 1024, 2 * MIB
# So many roads share what the operator allows: each has its part for some seconds.
_MANY, _MANY_BYTES, _MANY_RATE = 200, 4 * MIB, 50 * MIB
# A server is idle that uses less of a processor, looked at so often, in seconds.
_IDLE_CPU, _LOOK = 0.05, 1.0
_GOAL_CPU, _GOAL_MIB, _GOAL_P99, _GOAL_FAIR = 1.5, 64, 0.050, 0.2


def measure(limits: Limits) -> Iterator[str]:
    """Paragraphs of markdown: the costs, the crowds, and the goals."""
    with servers.packet_post(_BYTES) as host:
        _settle(host)
        costs = [_costs(host) for _ in limits.counted(_MOST_ROUNDS)]
        heads = ["CPU s a GiB", "road", "link, up and down", "ratio", "road, MiB/s"]
        rows = [
            [f"round {n}", f"{road:.2f}", f"{link:.2f}", f"{road / link:.2f}", f"{speed:.0f}"]
            for n, (road, link, speed) in enumerate(costs, 1)
        ]
        yield table(heads, rows)
        above, latencies = _slow_readers(host)
    with servers.packet_post(_BYTES, PACKETPOST_ROAD_RATE=str(_MANY_RATE)) as host:
        _settle(host)
        fair = _fairness(host)
    ratio = median(road / link for road, link, _ in costs)
    p99 = sorted(latencies)[int(len(latencies) * 0.99)]
    yield goal_table(
        [
            Goal(f"CPU a GiB ≤ {_GOAL_CPU:g} × a link's", f"{ratio:.2f}", ratio <= _GOAL_CPU),
            Goal(f"{_SLOW} slow readers: ≤ {_GOAL_MIB} MiB above idle", f"{above:.0f} MiB", above <= _GOAL_MIB),
            Goal(f"beside them: home page p99 < {_GOAL_P99 * 1000:.0f} ms", f"{p99 * 1000:.0f} ms", p99 < _GOAL_P99),
            Goal(f"{_MANY} roads: fair within {_GOAL_FAIR:.0%}", f"{fair:.0%}", fair <= _GOAL_FAIR),
        ]
    )


def _costs(host: Host) -> tuple[float, float, float]:
    """CPU seconds a GiB of the server by the road and by a link, and the road's MiB a second."""
    before = cpu_seconds(host.pid)
    with travellers(host.port, 1, _BYTES, 0) as travel:
        [(came, seconds, _)] = travel()
    road = cpu_seconds(host.pid) - before
    file = source(_BYTES)
    before = cpu_seconds(host.pid)
    answer = put(host, file)
    curl(f"{host.url}/api/download/{answer.headers['location'].rpartition('/')[2]}")
    link = cpu_seconds(host.pid) - before
    forget(host, answer, _BYTES)
    return road * GIB / came, link * GIB / _BYTES, came / MIB / seconds


def _slow_readers(host: Host) -> tuple[float, list[float]]:
    """MiB above idle while all of them read, and how long the home page took meanwhile, in seconds."""
    footprint = Footprint(host.worker)
    idle = footprint.rss()
    with travellers(host.port, _SLOW, _SLOW_BYTES, _SLOW_RATE) as travel:
        latencies = probe(host, "keep")
        above = (footprint.rss() - idle) / MIB
        travel()
    return above, latencies


def _fairness(host: Host) -> float:
    """How far the least and the most that a road got, while all were under way, are from their median."""
    with travellers(host.port, _MANY, _MANY_BYTES, 0) as travel:
        shares = [share for _, _, share in travel()]
    middle = median(shares)
    return max(max(shares) - middle, middle - min(shares)) / middle if middle > 0 else 1.0


def _settle(host: Host) -> None:
    """Wait until a server that has just started has compressed its scripts: that is no road's work."""
    before, now = 0.0, cpu_seconds(host.pid)
    while now - before > _IDLE_CPU * _LOOK:
        time.sleep(_LOOK)
        before, now = now, cpu_seconds(host.pid)


@contextmanager
def travellers(
    port: int, roads: int, size: int, rate: int, senders: int | None = None
) -> Iterator[Callable[[], list[list[float]]]]:
    """Roads that are under way; the call waits for their end, and gives each one's bytes, seconds and share.

    `senders` is the port of the process to which they send, where it is another one.
    """
    command = [sys.executable, "-m", "benchmarks.travellers", *map(str, (port, roads, size, rate, senders or port))]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        out = process.stdout
        try:
            json.loads(out.readline())
            yield lambda: json.loads(out.readline())
        finally:
            process.kill()
