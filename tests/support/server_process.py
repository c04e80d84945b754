"""Starts the real server for tests: gunicorn with our own configuration, in a process group to be killed whole."""

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import requests

ROOT = Path(__file__).parents[2]
_START_SECONDS = 30


class Server:
    """One server on a port and a folder of its own, which stay the same over restarts."""

    def __init__(self, folder: Path, **environ: str) -> None:
        """`environ` are settings; rate limits are off unless they say otherwise."""
        self.data_dir = folder / "data"
        self.log = folder / "server.log"
        self.host, self.port = "localhost", free_port()
        self._inside: tuple[str, ...] = ()
        self._environ = {"PACKETPOST_RATE_LIMITS": "off", **environ}
        self._process: subprocess.Popen[bytes] | None = None

    def move(self, inside: tuple[str, ...], host: str) -> "Server":
        """To port 80 of `host` in another network; `inside` is a command that runs commands there."""
        self._inside, self.host, self.port = inside, host, 80
        return self

    @property
    def url(self) -> str:
        return f"http://{self.host}" + (f":{self.port}" if self.port != 80 else "")

    @property
    def pid(self) -> int:
        """Of the gunicorn master, which leads the process group."""
        assert self._process is not None
        return self._process.pid

    def start(self) -> "Server":
        """Start and wait until it answers."""
        command = [
            *self._inside,
            sys.executable,
            "-m",
            "gunicorn",
            "--config",
            "packetpost/web/serving/gunicorn_conf.py",
            "app:app",
        ]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(command, cwd=ROOT, env=self.environ, stderr=log, start_new_session=True)
        wait_until(self._answers, _START_SECONDS, lambda: f"the server did not start:\n{self.log.read_text()}")
        return self

    def _answers(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, f"the server ended:\n{self.log.read_text()}"
        if self._inside:
            asked = subprocess.run([*self._inside, "curl", "-sf", f"{self.url}/healthz"], stdout=subprocess.DEVNULL)
            return asked.returncode == 0
        try:
            return requests.get(f"{self.url}/healthz", timeout=5).ok
        except (requests.ConnectionError, requests.Timeout):  # not yet: the workers of a busy machine start slowly
            return False

    def flask(self, *words: str, exits: int = 0) -> str:
        """Run a command of ours beside the server, which ends with that code, and return what it prints."""
        command = [sys.executable, "-m", "flask", "--app", "app", *words]
        done = subprocess.run(
            command, cwd=ROOT, env=self.environ, capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == exits, done.stdout + done.stderr
        return done.stdout

    @property
    def environ(self) -> dict[str, str]:
        """The whole environment that it runs in."""
        return {**os.environ, "PORT": str(self.port), "PACKETPOST_DATA_DIR": str(self.data_dir), **self._environ}

    def kill(self) -> None:
        """kill -9 of the master and every worker, and wait until they are gone."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """Ask it to stop, as a deployment does."""
        self._end(signal.SIGTERM)

    def _end(self, how: signal.Signals) -> None:
        if self._process is None:
            return
        if how is signal.SIGKILL:
            os.killpg(self._process.pid, how)
        else:
            self._process.send_signal(how)
        try:
            self._process.wait(40)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(10)
        self._process = None


def free_port() -> int:
    """A port of the loopback that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_until(condition: Callable[[], object], seconds: float, otherwise: Callable[[], str] | str) -> None:
    """Look again and again until `condition` holds; fail with the sentence `otherwise` when it never does."""
    pause, rounds = threading.Event(), int(seconds / 0.02)
    for _ in range(rounds):
        if condition():
            return
        pause.wait(0.02)
    raise AssertionError(otherwise if isinstance(otherwise, str) else otherwise())
