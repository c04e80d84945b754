"""The TURN proof against Debian's coturn."""

import time
from collections.abc import Callable

import pytest

from packetpost import ice_servers
from packetpost.backends.probes import turn
from packetpost.errors import RelayFailed
from tests.support.coturn_process import ON_THE_LOOPBACK, SECRET, Coturn
from tests.support.server_process import free_port


@pytest.fixture(scope="module")
def relaying(coturn: Callable[..., Coturn]) -> Coturn:
    return coturn(*ON_THE_LOOPBACK)


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_a_datagram_goes_through_the_relay(relaying: Coturn, transport: str) -> None:
    relaying.prove(transport)


def test_another_secret_is_told_from_a_dead_server(relaying: Coturn) -> None:
    with pytest.raises(RelayFailed, match="PACKETPOST_TURN_SECRET"):
        relaying.prove(secret="another")


def test_what_has_expired_is_refused(relaying: Coturn) -> None:
    servers = ice_servers.ice_servers([], [relaying.url], SECRET, "check", time.time() - 1)
    with pytest.raises(RelayFailed, match="PACKETPOST_TURN_SECRET"):
        turn.prove(relaying.url, servers[0]["username"], servers[0]["credential"])


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
