"""The TURN proof against Debian's coturn, run with exactly the file that we hand out."""

import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from packetpost import ice_servers
from packetpost.backends.probes import turn
from packetpost.errors import RelayFailed
from tests.support.server_process import ROOT, free_port, wait_until

SECRET = "turnip-soup"


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

    def prove(self, transport: str = "udp", secret: str = SECRET) -> None:
        [server] = ice_servers.ice_servers(
            [], [f"turn:127.0.0.1:{self.port}?transport={transport}"], secret, "check", time.time() + 600
        )
        turn.prove(server["urls"][0], server["username"], server["credential"])

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(20)


@pytest.fixture(scope="module")
def coturn(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Coturn]]:
    started: list[Coturn] = []

    def start(*options: str) -> Coturn:
        started.append(Coturn(tmp_path_factory.mktemp("coturn"), *options))
        return started[-1]

    yield start
    for one in started:
        one.stop()


@pytest.fixture(scope="module")
def relaying(coturn: Callable[..., Coturn]) -> Coturn:
    return coturn("--allow-loopback-peers", "--allowed-peer-ip=127.0.0.1")


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_a_datagram_goes_through_the_relay(relaying: Coturn, transport: str) -> None:
    relaying.prove(transport)


def test_another_secret_is_told_from_a_dead_server(relaying: Coturn) -> None:
    with pytest.raises(RelayFailed, match="PACKETPOST_TURN_SECRET"):
        relaying.prove(secret="another")


def test_our_file_lets_nobody_into_the_network_around_the_relay(coturn: Callable[..., Coturn]) -> None:
    with pytest.raises(RelayFailed, match="403"):
        coturn().prove()


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_a_server_that_is_not_there_is_reported(transport: str) -> None:
    with pytest.raises(RelayFailed, match="does not answer"):
        turn.prove(f"turn:127.0.0.1:{free_port()}?transport={transport}", "user", "password")


@pytest.mark.parametrize("url", ["turn", "stun:host", "turn:host:port", "turn:host?transport=sctp"])
def test_an_address_that_is_none_is_reported(url: str) -> None:
    with pytest.raises(RelayFailed, match="form"):
        turn.prove(url, "user", "password")
