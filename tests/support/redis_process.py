"""A real Redis for tests: one process on a port and in a folder of its own, which keeps its facts over restarts."""

import signal
import subprocess
from pathlib import Path

import redis

from tests.support.server_process import free_port, wait_until

_START_SECONDS = 20


class RedisServer:
    """`kill` and `start` it as often as a test wants; the port and the facts stay."""

    def __init__(self, folder: Path, password: str = "") -> None:
        folder.mkdir(parents=True, exist_ok=True)
        # With "everysec" a Redis that is killed while its disk is slow forgets what it answered last.
        self.fsync = "always"
        self.folder, self.port, self._password = folder, free_port(), password
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://:{self._password}@127.0.0.1:{self.port}/0"

    @property
    def socket(self) -> Path:
        """Where it listens besides."""
        return self.folder / "redis.sock"

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self) -> "RedisServer":
        """Start it as the README advises, and wait until it has read what it kept."""
        command = ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self.folder)]
        command += ["--appendonly", "yes", "--save", "", "--logfile", "redis.log", "--unixsocket", str(self.socket)]
        command += ["--appendfsync", self.fsync, "--requirepass", self._password]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, start_new_session=True)
        wait_until(self._answers, _START_SECONDS, "Redis did not start")
        return self

    def _answers(self) -> bool:
        try:
            with self.client() as client:
                return bool(client.ping())
        except (redis.ConnectionError, redis.TimeoutError):
            return False

    def client(self) -> "redis.Redis":
        """A connection of the test's own, to be closed."""
        return redis.Redis(port=self.port, password=self._password or None, decode_responses=True, socket_timeout=5)

    def empty(self) -> None:
        """Forget everything."""
        with self.client() as client:
            client.flushall()

    def kill(self) -> None:
        """kill -9."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        self._end(signal.SIGTERM)

    def pause(self) -> None:
        """It lives and answers nothing, until `resume`."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def _end(self, how: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(20)
            self._process = None
