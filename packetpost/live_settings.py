"""The settings of live sessions: who helps browsers to meet, and what goes through this server where they cannot."""

import json
from dataclasses import dataclass
from typing import Any

from packetpost.environ import Environ
from packetpost.errors import SettingsError


@dataclass(frozen=True, slots=True)
class Ice:
    """Who helps browsers to meet: servers as RTCPeerConnection takes them, and a TURN server of the operator's own."""

    servers: tuple[dict[str, Any], ...]
    turn_urls: tuple[str, ...]
    turn_secret: str

    @classmethod
    def read(cls, environ: Environ) -> "Ice":
        return cls(
            servers=_ice_servers(environ, "PACKETPOST_ICE_SERVERS"),
            turn_urls=_turn_urls(environ, "PACKETPOST_TURN_URLS"),
            turn_secret=environ.text("PACKETPOST_TURN_SECRET"),
        )


@dataclass(frozen=True, slots=True)
class Road:
    """Whether live bytes may go through this server, and how fast: in all and of one session; 0 for as can be."""

    on: bool
    rate: int
    session_rate: int

    @classmethod
    def read(cls, environ: Environ) -> "Road":
        return cls(
            on=environ.switch("PACKETPOST_ROAD"),
            rate=environ.number("PACKETPOST_ROAD_RATE", 0),
            session_rate=environ.number("PACKETPOST_ROAD_SESSION_RATE", 0),
        )


def _ice_servers(environ: Environ, name: str) -> tuple[dict[str, Any], ...]:
    sentence = (
        f'{name} must be a JSON list as RTCPeerConnection takes it, as in [{{"urls": "stun:stun.example:3478"}}].'
    )
    try:
        servers = json.loads(environ.text(name))
    except ValueError as error:
        raise SettingsError(sentence) from error
    if not isinstance(servers, list) or not all(
        isinstance(one, dict) and _ice_urls(one.get("urls")) for one in servers
    ):
        raise SettingsError(sentence)
    return tuple(servers)


def _ice_urls(urls: object) -> bool:
    listed = [urls] if isinstance(urls, str) else urls
    kinds = ("stun:", "stuns:", "turn:", "turns:")
    return isinstance(listed, list) and bool(listed) and all(isinstance(u, str) and u.startswith(kinds) for u in listed)


def _turn_urls(environ: Environ, name: str) -> tuple[str, ...]:
    urls = tuple(filter(None, environ.items(name)))
    if not all(url.startswith(("turn:", "turns:")) for url in urls):
        raise SettingsError(
            f"{name} must be addresses separated by commas, as in turn:turn.example:3478,turns:turn.example:443."
        )
    return urls
