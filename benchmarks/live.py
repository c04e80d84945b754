"""Live transfers on the loopback: goodput beside a bare data channel and beside plain, and how soon a byte is saved."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from statistics import median

from benchmarks import people
from benchmarks.place import source, wait_for_quiet
from benchmarks.rounds import Goal, Limits, Runs, at_least, goal_table, interleave, ratios, table
from benchmarks.stages import Stage, on_loopback
from packetpost.settings import MIB

_US, _PLAIN, _BARE = "us", "us, not end-to-end encrypted", "bare channel"
_SIZE = 256 * MIB
_MOST_SECONDS = 120.0
_GOAL = 0.9
# Sealing may cost so much of the goodput.
_SEALED_GOAL = 0.85
_SMALL = 8 * MIB
_OPENINGS = 10
_FIRST_BYTE_SECONDS = 1.0
_LOOK_SECONDS = 0.002
# People take longer; what is measured is ours.
_ACCEPT_AT_ONCE = """new MutationObserver(() => {
  const accept = document.querySelector('[data-accept]')
  if (accept && !accept.hidden && !accept.disabled) accept.click()
}).observe(document, { subtree: true, childList: true, attributes: true })"""


def measure(limits: Limits) -> Iterator[str]:
    """Paragraphs of markdown: goodput of both, times to the first byte, and the goals."""
    if reason := people.reason_against():
        yield f"Left out: {reason}"
        return
    size = min(_SIZE, limits.size)
    file = source(size)
    digest = people.sha256(file)
    with on_loopback() as stage:
        variants = {
            _US: lambda: stage.ours(file, digest),
            _PLAIN: lambda: stage.ours(file, digest, plain=True),
            _BARE: lambda: stage.bare(size, _MOST_SECONDS)[0],
        }
        runs = interleave(variants, limits)
        first = [first_byte(stage, source(_SMALL)) for _ in range(_OPENINGS)]
    open_pages = [of_open for _, of_open in first]
    yield _goodput(runs, size)
    yield _openings(first)
    yield goal_table(
        [
            at_least(_GOAL, runs, _US, _BARE, f"{size // MIB} MiB, loopback: "),
            at_least(_SEALED_GOAL, runs, _US, _PLAIN, f"{size // MIB} MiB, loopback: "),
            Goal(
                f"both pages open → first byte saved, below {_FIRST_BYTE_SECONDS:g} s",
                f"{median(open_pages):.2f} s",
                median(open_pages) < _FIRST_BYTE_SECONDS,
            ),
        ]
    )


def _goodput(runs: Runs, size: int) -> str:
    rows = []
    for name, of_name in runs.items():
        seconds = [run.seconds for run in of_name]
        rows.append(
            [
                name,
                *(f"{value:.1f}" for value in (median(seconds), min(seconds), max(seconds))),
                f"{size / MIB / median(seconds):.1f}",
                f"{median(run.cpu for run in of_name):.1f}",
                f"{median(ratios(runs, _BARE, name)):.2f}",
                f"{sum(run.quiet for run in of_name)} of {len(of_name)}",
            ]
        )
    heads = ["median s", "min s", "max s", "MiB/s", "browsers' CPU s", f"of the {_BARE}", "quiet runs"]
    return table([f"{size // MIB} MiB live, loopback", *heads], rows)


def _openings(first: list[tuple[float, float]]) -> str:
    names = ["the receiver goes to the address", "both pages are open"]
    rows = [
        [name, *(f"{value:.2f}" for value in (median(seconds), min(seconds), max(seconds))), str(len(seconds))]
        for name, seconds in zip(names, zip(*first, strict=True), strict=True)
    ]
    return table(["until the first byte is saved, from when", "median s", "min s", "max s", "runs"], rows)


def first_byte(stage: Stage, file: Path) -> tuple[float, float]:
    """Seconds until a byte is in a file on the disk: since the receiver went to the address, and since it is open."""
    wait_for_quiet()
    with stage.pages() as (sending, receiving):
        receiving.context.add_init_script(_ACCEPT_AT_ONCE)
        address = people.offer(sending, stage.url, file)
        moments: list[float] = []
        with _looking(stage.receiver.folder, moments):
            started = time.monotonic()
            receiving.goto(address)
            opened = time.monotonic()
            receiving.get_by_test_id("verified").wait_for()
    return moments[0] - started, moments[0] - opened


@contextmanager
def _looking(folder: Path, moments: list[float]) -> Iterator[None]:
    """While the block runs, note the moment at which a new file in the folder holds a byte."""
    before, ended = set(folder.iterdir()), threading.Event()

    def look() -> None:
        while not moments and not ended.wait(_LOOK_SECONDS):
            with suppress(FileNotFoundError):  # renamed meanwhile
                if any(path.stat().st_size for path in set(folder.iterdir()) - before):
                    moments.append(time.monotonic())

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
