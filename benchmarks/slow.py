"""A crowd of slow clients in one process: `python -m benchmarks.slow <port> <each way> <bytes/s> <download path>`.

Prints a line of JSON when all are under way, and another one, with what was moved since, when its input ends.
"""

import asyncio
import json
import socket
import sys
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass

# Each client moves a small piece so many times a second: as a modem does, and not a burst once a second.
_PIECES_A_SECOND = 8
# Small enough that the server soon feels how slow the client is, instead of filling megabytes of kernel buffers.
_RECEIVE_BUFFER = 64 * 1024
# An upload that does not end while anybody measures: half an hour at 64 KiB/s.
_UPLOAD_BYTES = 128 * 1024**2


@dataclass(slots=True)
class Moved:
    """What the crowd has moved, in bytes, and how many of them were cut off."""

    up: int = 0
    down: int = 0
    broken: int = 0


class Crowd:
    """`each` slow uploads and as many slow downloads at `rate` bytes a second each, paced by timers."""

    def __init__(self, port: int, each: int, rate: int, path: str) -> None:
        self._port, self._each, self._path = port, each, path
        self._piece = rate // _PIECES_A_SECOND
        self.moved = Moved()

    async def run(self, ready: asyncio.Event) -> None:
        """Until cancelled. `ready` is set when every client is connected and has sent its request."""
        put = f"PUT /slow.bin HTTP/1.1\r\nHost: localhost\r\nContent-Length: {_UPLOAD_BYTES}\r\n\r\n"
        get = f"GET {self._path} HTTP/1.1\r\nHost: localhost\r\n\r\n"
        uploads = [await self._connect(put) for _ in range(self._each)]
        downloads = [await self._connect(get) for _ in range(self._each)]
        ready.set()
        async with asyncio.TaskGroup() as group:
            for number, (up, down) in enumerate(zip(uploads, downloads, strict=True)):
                # Spread over the period, or all would come at the same moment.
                delay = number / self._each / _PIECES_A_SECOND
                group.create_task(self._paced(self._upload, up, delay))
                group.create_task(self._paced(self._download, down, delay))

    async def _connect(self, head: str) -> socket.socket:
        sock = socket.socket()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER)
        sock.setblocking(False)
        loop = asyncio.get_running_loop()
        await loop.sock_connect(sock, ("127.0.0.1", self._port))
        await loop.sock_sendall(sock, head.encode())
        return sock

    async def _paced(self, step: Callable[[socket.socket], Awaitable[None]], sock: socket.socket, delay: float) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time() + delay
        try:
            while True:
                await asyncio.sleep(due - loop.time())
                await step(sock)
                due += 1 / _PIECES_A_SECOND
        except OSError:
            self.moved.broken += 1
        finally:
            sock.close()

    async def _upload(self, sock: socket.socket) -> None:
        await asyncio.get_running_loop().sock_sendall(sock, bytes(self._piece))
        self.moved.up += self._piece

    async def _download(self, sock: socket.socket) -> None:
        left = self._piece
        while left:
            got = await asyncio.get_running_loop().sock_recv(sock, left)
            if not got:
                raise ConnectionResetError
            left -= len(got)
        self.moved.down += self._piece


async def main(port: int, each: int, rate: int, path: str) -> None:
    """Run the crowd until standard input ends."""
    crowd, ready = Crowd(port, each, rate, path), asyncio.Event()
    crowding = asyncio.create_task(crowd.run(ready))
    ended = asyncio.create_task(asyncio.to_thread(sys.stdin.read))
    started = asyncio.create_task(ready.wait())
    await asyncio.wait([crowding, started], return_when=asyncio.FIRST_COMPLETED)
    print(json.dumps({"ready": ready.is_set()}), flush=True)
    crowd.moved = Moved()
    await asyncio.wait([crowding, ended], return_when=asyncio.FIRST_COMPLETED)
    print(json.dumps(asdict(crowd.moved)), flush=True)
    crowding.cancel()
    await asyncio.gather(crowding, return_exceptions=True)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]))
