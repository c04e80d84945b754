"""Live transfers whose people change networks or lose them: how long no byte comes, and how much is sent again."""

import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks import people
from benchmarks.place import WORK, source
from benchmarks.rounds import Goal, Limits, goal_table, table
from packetpost.settings import MIB
from tests.e2e.support.live_steps import sent_bytes, watch_channels
from tests.e2e.support.nat_lab import Lab, lab, missing
from tests.support.server_process import Server

_MOST_ROUNDS = 3
_SIZE, _RATE = 60 * MIB, "40mbit"
_BEGUN = 4 * MIB
_BLACKOUTS = (8, 25, 40)
_MOST_SECONDS, _MOST_AGAIN = 3.0, 8 * MIB
# When bytes came, by the receiver's clock: [milliseconds, bytes so far].
_NOTE_BYTES = """() => {
  globalThis.came = []
  let last = -1
  setInterval(() => {
    const { value } = document.querySelector('[data-progress]')
    if (value !== last) globalThis.came.push([Date.now(), last = value])
  }, 20)
}"""


@dataclass(slots=True)
class _Case:
    """What happens to whom, at which server, and what was found: seconds without a byte, bytes sent again."""

    name: str
    server: Callable[[Lab], Server]
    happen: Callable[[Lab, dict[str, Page]], float]
    seconds: list[float] = field(default_factory=list)
    again: list[int] = field(default_factory=list)
    ended: set[str] = field(default_factory=set)

    def row(self) -> list[str]:
        again = f"{max(self.again) / MIB:.1f}"
        cells = [f"{median(self.seconds):.1f}", f"{max(self.seconds):.1f}", again, ", ".join(sorted(self.ended))]
        return [self.name, *cells, str(len(self.seconds))]

    @property
    def met(self) -> bool:
        live = "link" not in self.ended
        return live and median(self.seconds) <= _MOST_SECONDS and max(self.again) <= _MOST_AGAIN


def measure(limits: Limits) -> Iterator[str]:
    """Paragraphs of markdown: a row for each case, and the goals."""
    if reason := people.reason_against() or missing():
        yield f"Left out: {reason}"
        return
    cases = list(_cases())
    with lab(WORK) as network, _browsers(network) as browsers:
        network.limit_up("a0", _RATE)
        for _ in limits.counted(_MOST_ROUNDS):
            for case in cases:
                _try_once(case, network, browsers)
    yield f"{_SIZE // MIB} MiB at {_RATE}. Seconds without a byte after the network is there again."
    yield table(["case", "median s", "most s", "sent again, MiB", "ended", "runs"], [case.row() for case in cases])
    goal = f"≤ {_MOST_SECONDS:g} s, still live, ≤ {_MOST_AGAIN // MIB} MiB again"
    yield goal_table([Goal(f"{case.name}: {goal}", case.row()[1], case.met) for case in cases])


def _cases() -> Iterator[_Case]:
    servers: dict[str, Callable[[Lab], Server]] = {
        "direct only": lambda network: network.plain,
        "with TURN": lambda network: network.relayed,
        "with a road": lambda network: network.both,
    }
    for helped, server in servers.items():
        for who, name in (("a0", "sender"), ("b0", "receiver")):
            yield _Case(f"the {name} changes networks, {helped}", server, _changing(who, 0))
    for seconds in _BLACKOUTS:
        yield _Case(f"both without a network for {seconds} s", servers["direct only"], _changing("both", seconds))


def _changing(who: str, seconds: float) -> Callable[[Lab, dict[str, Page]], float]:
    def happen(network: Lab, pages: dict[str, Page]) -> float:
        """Unix milliseconds at which the network is there again."""
        gone = pages if who == "both" else [who]
        for name in gone:
            network.disconnect(name)
            pages[name].wait_for_function("() => !navigator.onLine")
        time.sleep(seconds)
        for name in gone:
            network.connect(name)
        return time.time() * 1000

    return happen


@contextmanager
def _browsers(network: Lab) -> Iterator[dict[str, Browser]]:
    secure = f"--unsafely-treat-insecure-origin-as-secure={network.both.url}"
    with sync_playwright() as playwright:
        programs = {name: network.chromium(name, "public", people.CHROMIUM) for name in ("a0", "b0")}
        started = {
            name: playwright.chromium.launch(executable_path=program, args=[*people.FLAGS, secure])
            for name, program in programs.items()
        }
        try:
            yield started
        finally:
            for browser in started.values():
                browser.close()


def _try_once(case: _Case, network: Lab, browsers: dict[str, Browser]) -> None:
    server = case.server(network)
    with closing(browsers["a0"].new_context()) as ours, closing(browsers["b0"].new_context()) as theirs:
        pages: dict[str, Page] = {"a0": ours.new_page(), "b0": theirs.new_page()}
        page, receiver = pages.values()
        watch_channels(page)
        receiver.goto(people.offer(page, server.url, source(_SIZE)))
        if server is network.relayed:
            receiver.get_by_test_id("join-live").click()
        receiver.get_by_test_id("accept").click()
        receiver.wait_for_function(f"() => document.querySelector('[data-progress]').value >= {_BEGUN}")
        receiver.evaluate(_NOTE_BYTES)
        back = case.happen(network, pages)
        receiver.locator("[data-status][data-state=completed], [data-testid=download]").first.wait_for(timeout=180_000)
        came: list[Any] = receiver.evaluate("() => globalThis.came ?? []")
        times = [back, *(at for at, _ in came if at >= back)]
        case.seconds.append(max((later - at for at, later in pairwise(times)), default=0) / 1000)
        case.again.append(max(0, round(sent_bytes(page) - _SIZE * 1.01)))
        path = receiver.get_by_test_id("path")
        case.ended.add((path.get_attribute("data-path") or "link") if path.count() else "link")
