"""A crowd of seats in one process: `python -m benchmarks.seats <sessions> <port> [<port of the receivers>]`.

Makes sessions, opens the sockets of both seats of each, and prints a line of JSON when all are open. Then every line
of its input, a JSON object as `Crowd.run` takes it, is one run, answered by one line. Ends with its input.
"""

import asyncio
import json
import sys
import time
from collections.abc import Awaitable
from contextlib import suppress
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

# So many handshakes are under way at once, and so many connections carry the requests.
_AT_ONCE = 32
_CONNECTIONS = 8
# A message that has not arrived by then, in seconds after the run, is lost.
_LATE = 5.0


class Api:
    """JSON requests to one instance, over a few connections that are kept."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._free: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter] | None] = asyncio.Queue()
        for _ in range(_CONNECTIONS):
            self._free.put_nowait(None)

    async def post(self, path: str, asked: dict[str, Any]) -> dict[str, Any]:
        """The answer. Raises RuntimeError where it is a refusal."""
        line = await self._free.get()
        reader, writer = line or await asyncio.open_connection("127.0.0.1", self._port)
        try:
            body = json.dumps(asked)
            head = f"POST {path} HTTP/1.1\r\nHost: localhost:{self._port}\r\nContent-Type: application/json\r\n"
            writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode())
            answer = await _read(reader)
        except BaseException:
            writer.close()
            self._free.put_nowait(None)
            raise
        self._free.put_nowait((reader, writer))
        return answer


async def _read(reader: asyncio.StreamReader) -> dict[str, Any]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
    length = int(head.partition("content-length:")[2].split()[0])
    answer: dict[str, Any] = json.loads(await reader.readexactly(length))
    if not answer["success"]:
        raise RuntimeError(answer["message"])
    return answer


class Crowd:
    """Sessions whose senders have their sockets at the first port, and whose receivers have theirs at the last one."""

    def __init__(self, ports: list[int]) -> None:
        self._ports, self._api = ports, Api(ports[0])
        self._receivers: list[ClientConnection] = []
        self._said: dict[int, float] = {}
        self._latencies: list[float] = []
        self._errors: list[str] = []
        self._readers: set[asyncio.Task[None]] = set()
        self._number = 0

    async def open(self, sessions: int) -> None:
        """All sockets, a few at a time."""
        places = asyncio.Semaphore(_AT_ONCE)

        async def one() -> None:
            async with places:
                await self._open_session()

        await asyncio.gather(*(one() for _ in range(sessions)))

    async def _open_session(self) -> None:
        code, sender, receiver = await self._meet()
        await self._sit(self._ports[0], code, sender)
        self._receivers.append(await self._sit(self._ports[-1], code, receiver))

    async def _meet(self) -> tuple[str, str, str]:
        made = await self._api.post("/api/transfer/create", {})
        code = made["session"]["transferCode"]
        joined = await self._api.post("/api/transfer/join", {"transferCode": code})
        return code, made["senderToken"], joined["receiverToken"]

    async def _sit(self, port: int, code: str, token: str) -> ClientConnection:
        url = f"ws://127.0.0.1:{port}/live/{code}/socket"
        socket = await connect(url, compression=None, ping_interval=None, open_timeout=60)
        await socket.send(json.dumps({"type": "hello", "token": token}))
        if json.loads(await socket.recv())["type"] != "welcome":
            raise RuntimeError("The socket was not welcome.")
        reader = asyncio.create_task(self._listen(socket))
        self._readers.add(reader)
        return socket

    async def _listen(self, socket: ClientConnection) -> None:
        try:
            async for text in socket:
                message = json.loads(text)
                if message["type"] == "ice-candidate":
                    self._latencies.append(time.perf_counter() - self._said.pop(int(message["candidate"])))
                elif message["type"] == "error":
                    self._errors.append(message["message"])
            self._errors.append("a socket was closed")
        except ConnectionClosed as closed:
            self._errors.append(str(closed))

    async def run(self, seconds: float, messages: float, sessions: float) -> dict[str, Any]:
        """For so many `seconds`, every one of them: `messages` relayed, `sessions` made and joined.

        Tells every latency in seconds, how many sessions were made, how many messages were lost, and the errors.
        """
        self._said, self._latencies, self._errors = {}, [], []
        made = await asyncio.gather(
            self._paced(messages, seconds, self._say), self._paced(sessions, seconds, self._meet_one)
        )
        with suppress(TimeoutError):
            async with asyncio.timeout(_LATE):
                while self._said:
                    await asyncio.sleep(0.01)
        return {"latencies": self._latencies, "sessions": made[1], "lost": len(self._said), "errors": self._errors}

    async def _paced(self, rate: float, seconds: float, step: Any) -> int:  # a coroutine function
        """Start `step` so often; how many times."""
        count, tasks, loop = round(rate * seconds), set[asyncio.Task[None]](), asyncio.get_running_loop()
        started = loop.time()
        for number in range(count):
            await asyncio.sleep(started + number / rate - loop.time())
            tasks.add(asyncio.create_task(self._noted(step())))
        if not count:
            await asyncio.sleep(seconds)
        await asyncio.gather(*tasks)
        return count

    async def _noted(self, step: Awaitable[object]) -> None:
        try:
            await step
        except (RuntimeError, OSError, EOFError, ConnectionClosed) as error:
            self._errors.append(repr(error))

    async def _say(self) -> None:
        self._number += 1
        text = json.dumps({"type": "ice-candidate", "to": 0, "candidate": str(self._number), "try": 0})
        self._said[self._number] = time.perf_counter()
        await self._receivers[self._number % len(self._receivers)].send(text)

    async def _meet_one(self) -> None:
        await self._meet()


async def main(sessions: int, ports: list[int]) -> None:
    """Until standard input ends."""
    crowd, started = Crowd(ports), time.monotonic()
    await crowd.open(sessions)
    print(json.dumps({"seconds": time.monotonic() - started}), flush=True)
    while line := await asyncio.to_thread(sys.stdin.readline):
        print(json.dumps(await crowd.run(**json.loads(line))), flush=True)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), [int(port) for port in sys.argv[2:]]))
