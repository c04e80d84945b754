"""Several processes over one Redis: signals between two instances, and 10,000 sockets at two workers."""

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from statistics import median

import redis

from benchmarks.place import WORK
from benchmarks.processes import Footprint, children, cpu_seconds
from benchmarks.rounds import Goal, Limits, goal_table, table
from benchmarks.signaling import Ran, Seats, latency_table, seats, spread
from packetpost.settings import MIB
from tests.support.fleet import Fleet
from tests.support.server_process import Server

_FEW, _MESSAGES, _SECONDS = 200, 500, 8.0
_MANY, _MEETINGS, _MEETING_SECONDS = 10_000, 50, 20.0
_MOST_ROUNDS = 5
_GOAL_MS = 20.0


def measure(limits: Limits) -> Iterator[str]:
    """Paragraphs of markdown: what Redis in between costs a signal, then what a crowd costs, and the goals."""
    if not shutil.which("redis-server"):
        yield "Left out: redis-server is not installed."
        return
    yield from _relayed(limits)
    yield from _crowded()


@contextmanager
def running_fleet(name: str, redis_too: bool, count: int, **environ: str) -> Iterator[Fleet]:
    fleet = Fleet(WORK / name)
    fleet.redis.fsync = "everysec"  # as it ships
    try:
        if redis_too:
            fleet.start(count, **environ)
        else:
            fleet.servers.append(Server(WORK / name, **environ).start())
        yield fleet
    finally:
        fleet.stop()
        shutil.rmtree(WORK / name)


def _relayed(limits: Limits) -> Iterator[str]:
    """One instance alone, one with Redis, two with Redis: all are up, and take turns."""
    kinds = {"one instance": (False, 1), "one instance, Redis": (True, 1), "two instances, Redis": (True, 2)}
    with ExitStack() as stack:
        crowds: dict[str, Seats] = {}
        for number, (name, (redis_too, count)) in enumerate(kinds.items()):
            fleet = stack.enter_context(running_fleet(f"fleet-{number}", redis_too, count))
            crowds[name] = stack.enter_context(seats(_FEW, *(server.port for server in fleet.servers)))
        runs: dict[str, list[Ran]] = {name: [] for name in crowds}
        for _ in limits.counted(_MOST_ROUNDS):
            for name, crowd in crowds.items():
                runs[name].append(crowd.run(_SECONDS, messages=_MESSAGES))
    yield f"{_MESSAGES} messages a second between {_FEW} sockets:"
    yield latency_table(list(runs.items()))
    yield goal_table([_relay_goal(runs["one instance"], runs["two instances, Redis"])])


def _relay_goal(one: Sequence[Ran], two: Sequence[Ran]) -> Goal:
    above = [across.at(0.99) - alone.at(0.99) for alone, across in zip(one, two, strict=True)]
    whole = not any(run.lost or run.errors for run in two)
    promise = f"two instances: p99 less than {_GOAL_MS:.0f} ms above one instance's, none lost"
    return Goal(promise, f"{spread(above)} ms", whole and median(above) < _GOAL_MS)


def _crowded() -> Iterator[str]:
    """Two workers, and what each of so many sockets and sessions costs them and Redis."""
    with running_fleet("fleet-crowd", True, 1, WEB_CONCURRENCY="2") as fleet, fleet.redis.client() as client:
        server = fleet.servers[0]
        workers = [Footprint(pid) for pid in children(server.pid)]
        with seats(2, server.port):
            own, kept = _rss(workers), _kept(client)
        with seats(_MANY, server.port) as crowd:
            socket, session = (_rss(workers) - own) / _MANY, (_kept(client) - kept) / (_MANY / 2)
            idle = _cost(fleet, lambda: crowd.run(_MEETING_SECONDS))
            meeting = _cost(fleet, lambda: crowd.run(_MEETING_SECONDS, sessions=_MEETINGS))
    yield f"{_MANY} open sockets at two workers while {_MEETINGS} sessions a second are created and joined:"
    each = [(busy - quiet) / meeting.ran.sessions for busy, quiet in zip(meeting.cpu, idle.cpu, strict=True)]
    yield table(
        ["", "two workers", "Redis"],
        [
            ["memory of an open socket, KiB", f"{socket / 1024:.1f}", ""],
            ["memory of a session with two sockets, KiB", f"{2 * socket / 1024:.1f}", f"{session / 1024:.1f}"],
            ["CPU of creating and joining a session, ms", *(f"{seconds * 1000:.2f}" for seconds in each)],
            ["CPU while nothing but pings goes on, %", *(f"{used / _MEETING_SECONDS:.1%}" for used in idle.cpu)],
        ],
    )
    yield f"The workers themselves take {own / MIB:.0f} MiB. {_MANY / crowd.seconds:.0f} sockets were opened a second."
    errors = [*idle.ran.errors, *meeting.ran.errors]
    promise = f"{_MANY} sockets and {meeting.ran.sessions} sessions created and joined: no error"
    yield goal_table([Goal(promise, "none" if not errors else f"{len(errors)}, as in: {errors[0]}", not errors)])


@dataclass(frozen=True, slots=True)
class _Cost:
    """A run, and the CPU seconds that the server and Redis used meanwhile."""

    ran: Ran
    cpu: tuple[float, float]


def _cost(fleet: Fleet, run: Callable[[], Ran]) -> _Cost:
    before = _cpu(fleet)
    ran = run()
    return _Cost(ran, (_cpu(fleet)[0] - before[0], _cpu(fleet)[1] - before[1]))


def _cpu(fleet: Fleet) -> tuple[float, float]:
    return cpu_seconds(fleet.servers[0].pid), cpu_seconds(fleet.redis.pid)


def _rss(workers: Sequence[Footprint]) -> int:
    return sum(worker.rss() for worker in workers)


def _kept(client: redis.Redis) -> int:
    """What Redis holds, in bytes."""
    return int(client.info("memory")["used_memory"])
