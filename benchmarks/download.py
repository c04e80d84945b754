"""Downloads of one file, whole and by range, from us and from nginx, by curl and by a client that only discards."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass

from benchmarks import servers
from benchmarks.clients import curl, discard, put
from benchmarks.place import source, wait_for_quiet
from benchmarks.processes import cpu_seconds
from benchmarks.rounds import Goal, Limits, Run, at_least, goal_table, interleave, speed_table
from benchmarks.servers import Host, Missing

_US, _NGINX = "us", "nginx"
_GOAL = 0.9


@dataclass(frozen=True, slots=True)
class Way:
    """One way to fetch `count` bytes of `url` from `start` on: all of it, or a range of it."""

    host: Host
    url: str
    start: int
    count: int
    discarding: bool
    whole: bool

    def run(self) -> Run:
        """One timed download."""
        quiet = wait_for_quiet()
        before = cpu_seconds(self.host.pid)
        span = None if self.whole else f"{self.start}-{self.start + self.count - 1}"
        if self.discarding:
            seconds = discard(self.url, span, self.count)
        else:
            seconds = curl(*(["--range", span] if span else []), self.url).seconds
        return Run(seconds, cpu_seconds(self.host.pid) - before, quiet)


def measure(limits: Limits) -> Iterator[str]:
    """Paragraphs of markdown: for the whole file and for a range, by each client, the speeds; then the goals."""
    file = source(limits.size)
    with ExitStack() as stack:
        ours = stack.enter_context(servers.packet_post(limits.size))
        link = put(ours, file).headers["location"].rpartition("/")[2]
        hosts = {_US: (ours, f"{ours.url}/api/download/{link}")}
        try:
            peer = stack.enter_context(servers.nginx())
        except Missing as missing:
            yield f"nginx is left out: {missing}"
        else:
            put(peer, file)
            hosts[_NGINX] = (peer, f"{peer.url}/{file.name}")
        spans = {"whole": (0, limits.size), "a range from the middle": (limits.size // 4, limits.size // 2)}
        ways = {
            (what, client, name): Way(host, url, *span, client == "discarding", what == "whole")
            for what, span in spans.items()
            for client in ("curl", "discarding")
            for name, (host, url) in hosts.items()
        }
        runs = interleave({key: way.run for key, way in ways.items()}, limits)
    goals: list[Goal | None] = []
    for what, (_, count) in spans.items():
        for client in ("curl", "discarding"):
            group = {name: runs[what, client, name] for name in hosts}
            yield f"{what}, {client}\n\n{speed_table(group, count, _US)}"
            goals.append(at_least(_GOAL, group, _US, _NGINX, f"{what}, {client}: "))
    yield goal_table(goals)
