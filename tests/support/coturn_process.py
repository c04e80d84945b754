"""A real coturn for tests, run with exactly the file that we hand out."""

import shutil
import subprocess
import time
from pathlib import Path

from packetpost import ice_servers
from packetpost.backends.probes import turn
from packetpost.errors import RelayFailed
from tests.support.server_process import ROOT, free_port, wait_until

SECRET = "turnip-soup"
# What our file forbids and two browsers of one machine need.
ON_THE_LOOPBACK = ("--allow-loopback-peers", "--allowed-peer-ip=127.0.0.1")


class Coturn:
    """turnserver with `deploy/coturn.conf`; given are only ports, the secret, and that it may relay on the loopback."""

    def __init__(self, folder: Path, *options: str) -> None:
        program = shutil.which("turnserver")
        assert program, "coturn is not installed. Run: sh tests/prepare.sh"
        self.port, self.log = free_port(), folder / "log"
        files = [f"--log-file={self.log}", "--simple-log", f"--pidfile={folder}/pid", f"--db={folder}/turndb"]
        given = [f"--listening-port={self.port}", "--listening-ip=127.0.0.1", f"--static-auth-secret={SECRET}"]
        command = [program, "-c", str(ROOT / "deploy/coturn.conf"), *given, *files, "--no-tls", "--no-dtls", *options]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until(self._listens, 20, lambda: self.log.read_text() if self.log.exists() else "no log")

    def _listens(self) -> bool:
        assert self.process.poll() is None, self.log.read_text() if self.log.exists() else "it ended"
        try:
            self.prove(secret="wrong")
        except RelayFailed as failed:
            return "credentials" in str(failed)
        return False

    @property
    def url(self) -> str:
        return f"turn:127.0.0.1:{self.port}"

    def prove(self, transport: str = "udp", secret: str = SECRET) -> None:
        """Raises RelayFailed."""
        [server] = ice_servers.ice_servers(
            [], [f"{self.url}?transport={transport}"], secret, "check", time.time() + 600
        )
        turn.prove(server["urls"][0], server["username"], server["credential"])

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(20)
