"""Both ends of many roads in one process.

`python -m benchmarks.travellers <port> <roads> <bytes each> <bytes/s> <port of the senders>`.

Makes a session for each road, and prints a line of JSON when all of its answers are open. Then the senders send, and a
second line tells for each what came within how many seconds, and how much of it while all were under way: from when the
last one got its first bytes until the first one ended. A reader takes so many bytes a second; 0 for as many as come.
"""

import json
import socket
import sys
import threading
import time
from http.client import HTTPConnection
from typing import Any

_BODY = 4 * 1024**2
# A slow reader is felt soon, instead of filling megabytes of the kernel's buffers.
_SLOW_BUFFER = 64 * 1024
_READS_A_SECOND = 8


class Road:
    """One session with a sender who sends and a receiver who reads."""

    def __init__(self, port: int, size: int, rate: int, senders: int, together: threading.Barrier) -> None:
        self._together = together
        self._port, self._size, self._rate, self._senders = port, size, rate, senders
        made = self._ask("/api/transfer/create", {})
        self._code, self._sender = made["session"]["transferCode"], made["senderToken"]
        self._receiver = self._ask("/api/transfer/join", {"transferCode": self._code})["receiverToken"]
        self.came = 0
        self.seconds = 0.0
        # When so much had come.
        self._log: list[tuple[float, int]] = []

    def _ask(self, path: str, asked: dict[str, Any]) -> dict[str, Any]:
        connection = HTTPConnection("127.0.0.1", self._port, timeout=60)
        connection.request("POST", path, json.dumps(asked), {"Content-Type": "application/json"})
        answer: dict[str, Any] = json.loads(connection.getresponse().read())
        connection.close()
        return answer

    def listen(self) -> None:
        """Open the receiver's answer."""
        connection = HTTPConnection("127.0.0.1", self._port, timeout=60)
        connection.connect()
        if self._rate:
            connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _SLOW_BUFFER)
        connection.request("GET", f"/live/{self._code}/road?page=p", headers=_bearer(self._receiver))
        self._answer = connection.getresponse()
        self._answer.read(16)

    def travel(self) -> None:
        """Send and read until all has come, or the answer ends."""
        senders = [threading.Thread(target=self._send, args=(turn,), daemon=True) for turn in (0, 1)]
        self._together.wait()
        started = time.monotonic()
        for sender in senders:
            sender.start()
        step = self._rate // _READS_A_SECOND if self._rate else 1024**2
        while self.came < self._size and (got := len(self._answer.read1(step))):
            self.came += got
            self._log.append((time.monotonic(), self.came))
            if self._rate:
                time.sleep(max(0.0, self.came / self._rate - (time.monotonic() - started)))
        self.seconds = time.monotonic() - started

    @property
    def first(self) -> float:
        """When its first bytes came."""
        return self._log[0][0]

    @property
    def last(self) -> float:
        return self._log[-1][0]

    def came_until(self, when: float) -> int:
        return max((came for at, came in self._log if at <= when), default=0)

    def _send(self, turn: int) -> None:
        connection = HTTPConnection("127.0.0.1", self._senders, timeout=60)
        for n in range(turn, -(-self._size // _BODY), 2):
            path = f"/live/{self._code}/road/1?lane=1&n={n}"
            connection.request("PUT", path, bytes(min(_BODY, self._size - n * _BODY)), _bearer(self._sender))
            answer = connection.getresponse()
            answer.read()
            if answer.status != 204:
                return


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def main(port: int, count: int, size: int, rate: int, senders: int) -> None:
    """Run the roads to their end."""
    together = threading.Barrier(count)
    roads = [Road(port, size, rate, senders, together) for _ in range(count)]
    for road in roads:
        road.listen()
    print(json.dumps({"ready": True}), flush=True)
    travelling = [threading.Thread(target=road.travel, daemon=True) for road in roads]
    for one in travelling:
        one.start()
    for one in travelling:
        one.join()
    begin, end = max(road.first for road in roads), min(road.last for road in roads)
    shares = [road.came_until(end) - road.came_until(begin) for road in roads]
    print(json.dumps([[road.came, road.seconds, share] for road, share in zip(roads, shares, strict=True)]), flush=True)


if __name__ == "__main__":
    main(*(int(word) for word in sys.argv[1:6]))
