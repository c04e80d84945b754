"""The memory of both browsers while 2 GiB go live from one to the other, above what they hold when idle."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from benchmarks import people
from benchmarks.people import Person
from benchmarks.place import free_bytes, sparse_source
from benchmarks.rounds import Goal, Limits, goal_table, table
from benchmarks.stages import on_loopback
from packetpost.settings import GIB, MIB

_TIMES = 2
_MARGIN = GIB
_GOAL_MIB = 150
_SAMPLE_SECONDS = 0.5


def measure(limits: Limits) -> Iterator[str]:
    """Paragraphs of markdown: what the browsers held, and the goals. One run, as it takes minutes."""
    size = limits.size * _TIMES
    if reason := people.reason_against():
        yield f"Left out: {reason}"
        return
    if free_bytes() < size + _MARGIN:
        yield f"Left out: {(size + _MARGIN) / GIB:.0f} GiB of free disk are needed, {free_bytes() / GIB:.0f} are there."
        return
    with on_loopback() as stage, stage.sender.page() as sending, stage.receiver.page() as receiving:
        receiving.goto(people.offer(sending, stage.url, sparse_source(size)))
        receiving.get_by_test_id("accept").wait_for()
        with _watching(stage.sender) as of_sender, _watching(stage.receiver) as of_receiver:
            seconds, _ = people.accept(receiving, sending)
    rows = {"sender": of_sender(), "receiver": of_receiver()}
    heads = [f"{size / GIB:g} GiB live, {size / MIB / seconds:.1f} MiB/s", "idle, MiB", "peak, MiB", "above idle, MiB"]
    cells = [[name, *(f"{value / MIB:.0f}" for value in (low, top, top - low))] for name, (low, top) in rows.items()]
    yield table(heads, cells)
    yield "Proportional memory (PSS) of all processes of each browser; idle with the pages open and connected."
    yield goal_table(
        Goal(f"{name}: at most {_GOAL_MIB} MiB above idle", f"{(top - low) / MIB:.0f}", top - low <= _GOAL_MIB * MIB)
        for name, (low, top) in rows.items()
    )


@contextmanager
def _watching(person: Person) -> Iterator[Callable[[], tuple[int, int]]]:
    """Watch the block. What it gives tells what the browser held before and at most, in bytes, once the block ended."""
    samples = [person.pss()]
    ended = threading.Event()

    def sample() -> None:
        while not ended.wait(_SAMPLE_SECONDS):
            samples.append(person.pss())

    thread = threading.Thread(target=sample)
    thread.start()
    try:
        yield lambda: (samples[0], max(samples))
    finally:
        ended.set()
        thread.join()
