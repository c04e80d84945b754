"""`python -m benchmarks.forwarder LEFT RIGHT DELAY LOSS RATE QUEUE`: a path between two tunnels, until it is killed.

LEFT and RIGHT are file descriptors of TUN devices. Each way, a packet is lost with the probability LOSS, waits in a
drop-tail queue of QUEUE seconds for its turn on a line of RATE bytes a second (0: no limit), and arrives DELAY seconds
later.
"""

import ctypes
import gc
import os
import random
import select
import signal
import sys
import time
from collections import deque
from contextlib import suppress

_LARGEST_PACKET = 1500
# Packets taken from one side before the other has its turn.
_TURN = 64
_IDLE_SECONDS = 1.0
_PR_SET_PDEATHSIG = 1  # prctl(2)


class Way:
    """One direction of the path."""

    def __init__(self, source: int, target: int, delay: float, loss: float, rate: float, queue: float) -> None:
        self._source = source
        self._target = target
        self._delay = delay
        self._loss = loss
        self._rate = rate
        self._queue = queue
        self._chance = random.Random(source)  # the same losses at the same packets in every run
        self._free_at = 0.0
        self._flying: deque[tuple[float, bytes]] = deque()

    def receive(self) -> None:
        """Take what has been sent, and decide when each packet arrives, if at all."""
        with suppress(BlockingIOError):
            for _ in range(_TURN):
                packet = os.read(self._source, _LARGEST_PACKET)
                now = time.monotonic()
                if self._loss and self._chance.random() < self._loss:
                    continue
                if self._rate:
                    start = max(self._free_at, now)
                    if start - now > self._queue:
                        continue
                    self._free_at = now = start + len(packet) / self._rate
                self._flying.append((now + self._delay, packet))

    def give(self) -> float:
        """Let arrive what is due; seconds until the next one is."""
        while self._flying:
            left = self._flying[0][0] - time.monotonic()
            if left > 0:
                return left
            with suppress(BlockingIOError):
                os.write(self._target, self._flying[0][1])
            self._flying.popleft()
        return _IDLE_SECONDS


def main() -> None:
    """Carry packets both ways, as long as whoever started us lives."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    left, right = map(int, sys.argv[1:3])
    delay, loss, rate, queue = map(float, sys.argv[3:7])
    ways = {
        left: Way(left, right, delay, loss, rate, queue),
        right: Way(right, left, delay, loss, rate, queue),
    }
    gc.disable()
    while True:
        wait = min(way.give() for way in ways.values())
        ready, _, _ = select.select(list(ways), [], [], wait)
        for source in ready:
            ways[source].receive()


if __name__ == "__main__":
    main()
