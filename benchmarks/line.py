"""An emulated path between two namespaces, and proof that it does what it says."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from socket import AF_INET, SOCK_DGRAM, SOL_SOCKET, socket
from threading import Thread

from benchmarks.namespaces import Namespace
from benchmarks.place import WORK
from benchmarks.processes import running
from packetpost.settings import MIB

_HEADERS = 28  # IPv4 and UDP
_PACKET = 1200
_SO_RCVBUFFORCE = 33  # socket(7)


@dataclass(frozen=True, slots=True)
class Line:
    """What the path is like, both ways: seconds, share of packets that are lost, bytes a second (0: no limit)."""

    name: str
    round_trip: float
    loss: float = 0
    rate: float = 0
    queue: float = 0.050


@contextmanager
def carrying(line: Line, left: Namespace, right: Namespace) -> Iterator[None]:
    """The two namespaces reach each other over this line until the block ends."""
    tunnels = (left.tunnel, right.tunnel)
    numbers = [*tunnels, line.round_trip / 2, line.loss, line.rate, line.queue]
    command = [sys.executable, "-m", "benchmarks.forwarder", *map(str, numbers)]
    with running(command, WORK / "forwarder.log", pass_fds=tunnels):
        yield


@dataclass(frozen=True, slots=True)
class Proof:
    """What plain packets met: the shortest round trip in seconds, bytes a second that came through, share lost."""

    round_trip: float
    rate: float
    lost: float


def prove(left: Namespace, right: Namespace, rate: float, seconds: float) -> Proof:
    """Send packets of 1,200 bytes from left to right at `rate` bytes a second; the forwarder must carry them."""
    with left.inside():
        sender = socket(AF_INET, SOCK_DGRAM)
    with right.inside():
        receiver = socket(AF_INET, SOCK_DGRAM)
    with sender, receiver:
        sender.bind((left.address, 0))
        receiver.bind((right.address, 0))
        sender.connect(receiver.getsockname())
        receiver.setsockopt(SOL_SOCKET, _SO_RCVBUFFORCE, 8 * MIB)
        trip = min(_round_trip(sender, receiver) for _ in range(5))
        times: list[float] = []
        counting = Thread(target=_count, args=(receiver, times))
        counting.start()
        sent = _blast(sender, rate, seconds)
        counting.join()
    came = (len(times) - 1) * _PACKET / (times[-1] - times[0])
    return Proof(trip, came, 1 - len(times) / sent)


def _round_trip(sender: socket, receiver: socket) -> float:
    sender.settimeout(5)
    receiver.settimeout(5)
    started = time.monotonic()
    sender.send(b"there")
    _, address = receiver.recvfrom(_PACKET)
    receiver.sendto(b"back", address)
    sender.recv(_PACKET)
    return time.monotonic() - started


def _blast(sender: socket, rate: float, seconds: float) -> int:
    """Send evenly; the number of packets."""
    payload, started, sent = bytes(_PACKET - _HEADERS), time.monotonic(), 0
    while (passed := time.monotonic() - started) < seconds:
        while sent * _PACKET < passed * rate:
            sender.send(payload)
            sent += 1
        time.sleep(0.001)
    return sent


def _count(receiver: socket, times: list[float]) -> None:
    """Note when each packet comes, until none comes for half a second."""
    receiver.settimeout(0.5)
    try:
        while True:
            receiver.recv(_PACKET)
            times.append(time.monotonic())
    except TimeoutError:
        return
