"""Processes: starting them so that they end for certain, and what they cost. Linux only, by /proc."""

import os
import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_END_SECONDS = 10


@contextmanager
def running(command: Sequence[str], log: Path, pass_fds: Sequence[int] = (), **environ: str) -> Iterator[int]:
    """Run `command` in a session of its own and give its pid; the whole session is ended with the block.

    `pass_fds` are file descriptors that it gets under the same numbers.
    """
    with log.open("ab") as out:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            env={**os.environ, **environ},
            start_new_session=True,
            pass_fds=pass_fds,
        )
    try:
        yield process.pid
    finally:
        for how in (signal.SIGTERM, signal.SIGKILL):
            with suppress(ProcessLookupError):
                os.killpg(process.pid, how)
            with suppress(subprocess.TimeoutExpired):
                process.wait(_END_SECONDS)


def cpu_seconds(leader: int) -> float:
    """User and system time of all living processes in the session that `leader` leads, in seconds."""
    return sum(int(stat[11]) + int(stat[12]) for stat in _stats() if int(stat[3]) == leader) / _TICKS


def children(parent: int) -> list[int]:
    """The pids of the living children of a process."""
    return [int(stat[-1]) for stat in _stats() if int(stat[1]) == parent]


def descendants(parent: int) -> list[int]:
    """The pids of its children, of their children, and so on."""
    parents = {int(stat[-1]): int(stat[1]) for stat in _stats()}
    found = [parent]
    for one in found:
        found += [pid for pid, its_parent in parents.items() if its_parent == one]
    return found[1:]


def _stats() -> Iterator[list[str]]:
    """The fields of /proc/<pid>/stat (proc(5)) of every process, from the state on, with the pid behind them."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError):  # it has ended meanwhile
                # The command in parentheses may hold spaces and parentheses itself.
                yield [*(entry / "stat").read_text().rpartition(")")[2].split(), entry.name]


class Footprint:
    """The memory of one process, in bytes."""

    def __init__(self, pid: int) -> None:
        self._folder = Path(f"/proc/{pid}")

    def reset(self) -> None:
        """Forget the peak so far (proc(5), clear_refs: 5)."""
        (self._folder / "clear_refs").write_text("5")

    def peak_rss(self) -> int:
        """As the kernel has recorded it, so that no short peak is missed."""
        return self._kib("status", "VmHWM:") * 1024

    def rss(self) -> int:
        """What it holds now."""
        return self._kib("status", "VmRSS:") * 1024

    def pss(self) -> int:
        """What it holds now, pages that it shares with other processes divided among them."""
        return self._kib("smaps_rollup", "Pss:") * 1024

    def _kib(self, name: str, field: str) -> int:
        for line in (self._folder / name).read_text().splitlines():
            if line.startswith(field):
                return int(line.split()[1])
        raise LookupError(f"{field} is not in {name} of this kernel.")
