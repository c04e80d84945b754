"""Whom browsers ask for their addresses, as people are told."""

from typing import Any

import pytest

from packetpost.ice_servers import stun_hosts


@pytest.mark.parametrize(
    ("servers", "hosts"),
    [
        ([], []),
        ([{"urls": "stun:stun.example:3478"}], ["stun.example"]),
        ([{"urls": ["stun:a.example", "STUNS:b.example?transport=tcp"]}], ["a.example", "b.example"]),
        ([{"urls": "stun:[2001:db8::1]:3478"}], ["[2001:db8::1]"]),
        ([{"urls": "stun:a.example:1"}, {"urls": "stun:a.example:2"}], ["a.example"]),
        ([{"urls": "turn:relay.example", "username": "u", "credential": "c"}], []),
    ],
)
def test_each_host_is_named_once(servers: list[dict[str, Any]], hosts: list[str]) -> None:
    assert stun_hosts(servers) == hosts
