"""Where and on what is measured: the work folder, its priming, and a description of the machine."""

import os
import platform
import shutil
import subprocess
import time
from pathlib import Path

from packetpost.settings import GIB, MIB

WORK = Path(__file__).parent / "work"
# Random bytes, so that a disk that compresses gains nothing.
_BLOCK = 4 * MIB
# A run begins when the processors were idle for so long, in seconds, but for a share; it waits so long for it at most.
_QUIET_SECONDS = 0.25
_QUIET_SHARE = 0.15
_MOST_WAIT = 5.0


def clear() -> None:
    """An empty work folder."""
    shutil.rmtree(WORK, ignore_errors=True)
    WORK.mkdir(parents=True)


def source(size: int) -> Path:
    """The file of `size` random bytes that every upload sends, in the page cache afterwards."""
    path = WORK / f"source-{size}"
    if not path.exists():
        with path.open("wb") as file:
            while (left := size - file.tell()) > 0:
                file.write(os.urandom(min(_BLOCK, left)))
        os.sync()
    return path


def sparse_source(size: int) -> Path:
    """A file of `size` zeros that takes no room on the disk: for sizes at which only memory is measured."""
    path = WORK / f"sparse-{size}"
    with path.open("wb") as file:
        file.truncate(size)
    return path


def prime(size: int) -> None:
    """Write and delete a quarter more than `size`, untimed, and let the disk finish what earlier runs left to it.

    Virtual machines give memory that is free for some seconds back to their hosts: taking it again costs up to 1 s a
    GiB, which would be charged to whoever runs first.
    """
    os.sync()
    path = WORK / "prime"
    block = os.urandom(_BLOCK)
    with path.open("wb", buffering=0) as file:
        for _ in range(max(1, size * 5 // 4 // _BLOCK)):
            file.write(block)
    path.unlink()


def wait_for_quiet() -> bool:
    """Until nothing else keeps the machine busy. False when it did not become quiet: what follows is disturbed."""
    ends = time.monotonic() + _MOST_WAIT
    while time.monotonic() < ends:
        before = _jiffies()
        time.sleep(_QUIET_SECONDS)
        busy, total = (after - old for after, old in zip(_jiffies(), before, strict=True))
        if busy <= total * _QUIET_SHARE:
            return True
    return False


def _jiffies() -> tuple[int, int]:
    """Busy time and all time of all processors since the start, in ticks (proc(5), /proc/stat)."""
    user, nice, system, idle, iowait, *other = map(int, Path("/proc/stat").read_text().splitlines()[0].split()[1:9])
    busy = user + nice + system + sum(other)
    return busy, busy + idle + iowait


def free_bytes() -> int:
    """What the disk of the work folder has left."""
    return shutil.disk_usage(WORK).free


def machine() -> str:
    """One line: cores, processor, memory, kernel, file system, and how busy it is."""
    cpu = _field(Path("/proc/cpuinfo"), "model name") or platform.processor() or "unknown processor"
    kib = int((_field(Path("/proc/meminfo"), "MemTotal") or "0 kB").split()[0])
    told = subprocess.run(["df", "--output=fstype", str(WORK)], capture_output=True, text=True, check=True).stdout
    parts = [
        f"{os.cpu_count()} cores, {cpu}",
        f"{kib * 1024 / GIB:.0f} GiB memory",
        f"{platform.system()} {platform.release()}",
        told.split()[-1],
        f"Python {platform.python_version()}",
        "load average at the start " + " ".join(f"{load:.2f}" for load in os.getloadavg()),
    ]
    return ", ".join(parts)


def _field(path: Path, name: str) -> str:
    for line in path.read_text().splitlines():
        key, _, value = line.partition(":")
        if key.strip() == name:
            return value.strip()
    return ""
