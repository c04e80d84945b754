"""The clients: curl, as people use it, and a receiver that throws bytes away inside the kernel."""

import socket
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import requests

from benchmarks.servers import Host
from packetpost.settings import MIB

_MOST_SECONDS = 300
_TUS = {"Tus-Resumable": "1.0.0"}


@dataclass(frozen=True, slots=True)
class Answer:
    """How long one request took by curl's own clock, in seconds, and the headers of its answer."""

    seconds: float
    headers: dict[str, str]


def curl(*arguments: str, behind: Sequence[str] = ()) -> Answer:
    """Run curl, throw the body away, and insist on a status of success. `behind`: a command that runs it."""
    command = [
        *behind,
        "curl",
        "-q",
        "--silent",
        "--show-error",
        "--fail",
        "--noproxy",
        "*",
        "--max-time",
        str(_MOST_SECONDS),
    ]
    command += ["--output", "/dev/null", "--dump-header", "-", "--write-out", "%{time_total}", *arguments]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr}{done.stdout}")
    *head, seconds = done.stdout.splitlines()
    pairs = (line.partition(":") for line in head)
    return Answer(float(seconds), {name.lower(): value.strip() for name, _, value in pairs})


def put(host: Host, source: Path) -> Answer:
    """`curl -T`."""
    return curl("--upload-file", str(source), f"{host.url}/{source.name}")


def patch(host: Host, source: Path, path: str) -> Answer:
    """A tus upload made at `path`, untimed, and filled by one PATCH of `curl -T`. The headers are the making's."""
    size = str(source.stat().st_size)
    made = requests.post(host.url + path, headers={**_TUS, "Upload-Length": size}, timeout=_MOST_SECONDS)
    made.raise_for_status()
    headers = {**_TUS, "Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}
    flags = [flag for name, value in headers.items() for flag in ("--header", f"{name}: {value}")]
    location = urljoin(host.url, made.headers["Location"])
    answer = curl("--request", "PATCH", *flags, "--upload-file", str(source), location)
    return Answer(answer.seconds, {name.lower(): value for name, value in made.headers.items()})


def forget(host: Host, answer: Answer, size: int) -> None:
    """Delete what was stored: ours by the address that it told, since it keeps accounts; peers' files as files."""
    if delete_url := answer.headers.get("x-url-delete"):
        requests.delete(delete_url, timeout=_MOST_SECONDS).raise_for_status()
    for path in host.stored(size):
        path.unlink()


def discard(url: str, span: str | None, count: int) -> float:
    """GET `url`, or its range `span` (as in `0-99`), and let the kernel drop the `count` bytes of body. Seconds.

    With MSG_TRUNC (tcp(7)) no byte is copied to this process, so that the server is what is measured. curl copies
    and writes them all, in 16 KiB steps, and is the slower end of either server.
    """
    parts = urlsplit(url)
    ask = f"GET {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\nConnection: close\r\n"
    if span:
        ask += f"Range: bytes={span}\r\n"
    nowhere = bytearray(MIB)
    started = time.perf_counter()
    with socket.create_connection((parts.hostname, parts.port), timeout=_MOST_SECONDS) as sock:
        sock.sendall(ask.encode() + b"\r\n")
        head = b""
        while b"\r\n\r\n" not in head:
            head += sock.recv(4096)
        if head.split()[1] != (b"206" if span else b"200"):
            raise RuntimeError(f"{url} answered {head!r}")
        left = count - len(head.partition(b"\r\n\r\n")[2])
        while left:
            got = sock.recv_into(nowhere, min(left, MIB), socket.MSG_TRUNC)
            if not got:
                raise RuntimeError(f"{url} ended {left} bytes early")
            left -= got
    return time.perf_counter() - started
