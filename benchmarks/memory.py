"""The worker's memory while one big upload, download and zip run, above what it holds when idle."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from statistics import median

import requests

from benchmarks import servers
from benchmarks.clients import curl, forget, put
from benchmarks.place import free_bytes, prime, sparse_source
from benchmarks.processes import Footprint
from benchmarks.rounds import Goal, Limits, goal_table, table
from packetpost.settings import GIB, MIB

# The file is four times as large as the other subjects': above 2 GiB and 4 GiB, where counters could overflow.
_TIMES = 4
_MARGIN = GIB
_MOST_ROUNDS = 3
_GOAL_MIB = 40
_SAMPLE_SECONDS = 0.02


def measure(limits: Limits) -> Iterator[str]:
    """Paragraphs of markdown: peaks above idle, and the goal. A new server each round, idle after its first page."""
    size = limits.size * _TIMES
    if free_bytes() < size + _MARGIN:
        yield f"Left out: {(size + _MARGIN) / GIB:.0f} GiB of free disk are needed, {free_bytes() / GIB:.0f} are there."
        return
    idle: list[float] = []
    peaks: dict[str, list[tuple[float, float]]] = {}
    for _ in limits.counted(_MOST_ROUNDS):
        with servers.packet_post(size) as host:
            requests.get(host.url, timeout=60).raise_for_status()
            footprint = Footprint(host.worker)
            rss, pss = footprint.rss(), footprint.pss()
            idle.append(rss / MIB)
            for name, peak_rss, peak_pss in _transfers(host, footprint, size):
                peaks.setdefault(name, []).append(((peak_rss - rss) / MIB, (peak_pss - pss) / MIB))
    rows = [
        [name, *(_spread([peak[kind] for peak in of_name]) for kind in (0, 1)), str(len(of_name))]
        for name, of_name in peaks.items()
    ]
    heads = [f"{size / GIB:g} GiB", "RSS above idle, MiB", "PSS above idle, MiB", "runs"]
    yield table(heads, rows)
    yield f"Idle: {_spread(idle)} MiB RSS. Medians of the peaks, lowest and highest in brackets."
    highest = {name: max(rss for rss, _ in of_name) for name, of_name in peaks.items()}
    yield goal_table(
        Goal(f"{name}: RSS less than {_GOAL_MIB} MiB above idle", f"{most:.1f} at most", most < _GOAL_MIB)
        for name, most in highest.items()
    )


def _transfers(host: servers.Host, footprint: Footprint, size: int) -> Iterator[tuple[str, int, int]]:
    """The name of each transfer with the peaks of RSS and PSS during it, in bytes."""
    file = sparse_source(size)
    prime(size // _TIMES)
    with _watching(footprint) as peaks:
        made = put(host, file)
    yield ("upload", *peaks())
    link = made.headers["location"].rpartition("/")[2]
    for name, address in (("download", link), ("zip", f"{link}.zip")):
        with _watching(footprint) as peaks:
            curl(f"{host.url}/api/download/{address}")
        yield (name, *peaks())
    forget(host, made, size)


@contextmanager
def _watching(footprint: Footprint) -> Iterator[Callable[[], tuple[int, int]]]:
    """Watch the block. What it gives tells the peaks of RSS (by the kernel) and PSS (sampled), once the block ended."""
    footprint.reset()
    samples = [footprint.pss()]
    ended = threading.Event()

    def sample() -> None:
        while not ended.wait(_SAMPLE_SECONDS):
            samples.append(footprint.pss())

    thread = threading.Thread(target=sample)
    thread.start()
    try:
        yield lambda: (footprint.peak_rss(), max(samples))
    finally:
        ended.set()
        thread.join()


def _spread(values: list[float]) -> str:
    return f"{median(values):.1f} ({min(values):.1f} – {max(values):.1f})"
