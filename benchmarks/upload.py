"""Uploads of one file by curl, to us and to the peers, one at a time."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from benchmarks import servers
from benchmarks.clients import Answer, forget, patch, put
from benchmarks.place import prime, source, wait_for_quiet
from benchmarks.processes import cpu_seconds
from benchmarks.rounds import Goal, Limits, Run, at_least, goal_table, interleave, speed_table
from benchmarks.servers import Host, Missing

_PUT, _PATCH = "us, PUT", "us, tus PATCH"
_NGINX, _TUNED = "nginx as shipped, PUT", "nginx, 1 MiB buffer, PUT"
_COPYPARTY, _TUS = "copyparty, PUT", "@tus/server, PATCH"
# "No slower" within what one run differs from the next.
_NOISE = 0.9


Send = Callable[[Host, Path], Answer]


@dataclass(frozen=True, slots=True)
class Way:
    """One way to store a file at one host."""

    host: Host
    send: Send
    source: Path

    def run(self) -> Run:
        """One timed upload; priming before and deleting after it are not timed."""
        size = self.source.stat().st_size
        quiet = wait_for_quiet()  # first, since what was primed goes stale within seconds
        prime(size)
        before = cpu_seconds(self.host.pid)
        answer = self.send(self.host, self.source)
        cpu = cpu_seconds(self.host.pid) - before
        forget(self.host, answer, size)
        return Run(answer.seconds, cpu, quiet)

    def verify(self) -> None:
        """One untimed upload, which also warms the server up: exactly one file with exactly these bytes."""
        size = self.source.stat().st_size
        answer = self.send(self.host, self.source)
        (stored,) = self.host.stored(size)
        if _digest(stored) != _digest(self.source):
            raise RuntimeError(f"{self.host.folder.parent.name} stored other bytes than were sent.")
        forget(self.host, answer, size)


def measure(limits: Limits) -> Iterator[str]:
    """Paragraphs of markdown: what was left out, the speeds, the goals."""
    file = source(limits.size)
    with ExitStack() as stack:
        ours = stack.enter_context(servers.packet_post(limits.size))
        ways = {_PUT: Way(ours, put, file), _PATCH: Way(ours, partial(patch, path="/api/files"), file)}
        peers: dict[str, tuple[AbstractContextManager[Host], Send]] = {
            _NGINX: (servers.nginx(), put),
            _TUNED: (servers.nginx(tuned=True), put),
            _COPYPARTY: (servers.copyparty(), put),
            _TUS: (servers.tus_server(), partial(patch, path="/files")),
        }
        for name, (peer, send) in peers.items():
            try:
                ways[name] = Way(stack.enter_context(peer), send, file)
            except Missing as missing:
                yield f"{name} is left out: {missing}"
        for way in ways.values():
            way.verify()
        runs = interleave({name: way.run for name, way in ways.items()}, limits)
    yield speed_table(runs, limits.size, _PUT)
    goals: list[Goal | None] = [
        at_least(1.3, runs, _PUT, _NGINX),
        at_least(0.8, runs, _PUT, _TUNED),
        at_least(1, runs, _PUT, _COPYPARTY),
        at_least(1, runs, _PUT, _TUS),
        at_least(_NOISE, runs, _PATCH, _PUT),
    ]
    yield goal_table(goals)


def _digest(path: Path) -> bytes:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()
