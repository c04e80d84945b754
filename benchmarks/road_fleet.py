"""A road from one instance to another: how fast it is beside one within a process, and what it does to Redis."""

import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median

import redis

from benchmarks.fleet import running_fleet
from benchmarks.roads import travellers
from benchmarks.rounds import Goal, Limits, goal_table, table
from benchmarks.signaling import seats
from packetpost.settings import MIB

_MOST_ROUNDS, _BYTES = 5, 128 * MIB
_SEATS, _MESSAGES, _SECONDS = 20, 100, 4.0
# Looks at Redis a second.
_LOOKS = 100
_GOAL_SPEED, _GOAL_MIB, _GOAL_MS = 0.5, 8, 20.0


def measure(limits: Limits) -> Iterator[str]:
    """Paragraphs of markdown: rounds and goals."""
    if not shutil.which("redis-server"):
        yield "Left out: redis-server is not installed."
        return
    rows, quiet, beside = [], [], []
    with running_fleet("road-fleet", True, 2) as fleet, fleet.redis.client() as client:
        here, there = (server.port for server in fleet.servers)
        _travel(here, here)
        for _ in limits.counted(_MOST_ROUNDS):
            alone = _travel(here, here)
            with _watched(client) as held:
                across = _travel(here, there)
            rows.append((alone, across, max(held) / MIB))
        with seats(_SEATS, here, there) as crowd:
            for _ in range(min(3, len(rows))):
                quiet.append(crowd.run(_SECONDS, messages=_MESSAGES).at(0.99))
                with _busy(here, there):
                    beside.append(crowd.run(_SECONDS, messages=_MESSAGES).at(0.99))
    heads = ["MiB/s", "one process", "two over Redis", "ratio", "Redis, MiB more"]
    yield table(
        heads,
        [
            [f"round {n}", f"{one:.0f}", f"{two:.0f}", f"{two / one:.2f}", f"{more:.1f}"]
            for n, (one, two, more) in enumerate(rows, 1)
        ],
    )
    ratio, more = median(two / one for one, two, _ in rows), max(more for _, _, more in rows)
    above = median(busy - idle for idle, busy in zip(quiet, beside, strict=True))
    yield goal_table(
        [
            Goal(f"two instances over Redis: ≥ {_GOAL_SPEED:g} of one process", f"{ratio:.2f}", ratio >= _GOAL_SPEED),
            Goal(f"Redis holds ≤ {_GOAL_MIB} MiB a road", f"{more:.1f} MiB", more <= _GOAL_MIB),
            Goal(
                f"signals between them beside a road: p99 less than {_GOAL_MS:.0f} ms above",
                f"{above:.1f} ms ({median(quiet):.1f} → {median(beside):.1f})",
                above < _GOAL_MS,
            ),
        ]
    )


def _travel(receivers: int, senders: int, size: int = _BYTES) -> float:
    """The MiB a second of one road between these ports."""
    with travellers(receivers, 1, size, 0, senders) as travel:
        [(came, seconds, _)] = travel()
    return came / MIB / seconds


@contextmanager
def _watched(client: redis.Redis) -> Iterator[list[int]]:
    """How many bytes more than before Redis holds, look by look."""
    before, stop, held = _used(client), threading.Event(), [0]

    def look() -> None:
        while not stop.wait(1 / _LOOKS):
            held.append(_used(client) - before)

    looking = threading.Thread(target=look)
    looking.start()
    try:
        yield held
    finally:
        stop.set()
        looking.join()


@contextmanager
def _busy(receivers: int, senders: int) -> Iterator[None]:
    """One road after the other, as fast as they go."""
    stop = threading.Event()

    def travel() -> None:
        while not stop.is_set():
            _travel(receivers, senders)

    travelling = threading.Thread(target=travel)
    travelling.start()
    try:
        yield
    finally:
        stop.set()
        travelling.join()


def _used(client: redis.Redis) -> int:
    return int(client.info("memory")["used_memory"])
