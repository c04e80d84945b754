"""An internet of our own in network namespaces: app servers, a TURN server, and some kind of router for each person."""

import contextlib
import itertools
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from tests.support.server_process import Server, wait_until

Kind = Literal["public", "port-preserving", "random-port", "no-udp", "web-only"]
KINDS: tuple[Kind, ...] = ("public", "port-preserving", "random-port", "no-udp", "web-only")

# TEST-NET-2 (RFC 5737): the addresses of our internet. Its gateway leads nowhere, but it is a route: without one coturn
# closes a client's connection as soon as a peer has an address that cannot be reached.
_NET = "198.51.100"
_GATEWAY, _PLAIN, _RELAYED, _TURN, _BARE, _BOTH = (f"{_NET}.{number}" for number in range(1, 7))
_SECRET = "a secret of the test"

# What each kind of router lets out. Answers come back in; nothing else reaches anybody behind it, nor the router: if
# Linux answered strangers there, masquerading would not behave like the routers of homes.
_LETS_OUT = {
    "port-preserving": "accept",
    "random-port": "accept",
    "no-udp": "meta l4proto != udp accept",
    "web-only": "tcp dport { 80, 443 } accept",
}
_RULES = """
table ip router {{
  chain input {{ type filter hook input priority 0; policy accept; iifname "wan" ct state != established drop; }}
  chain forward {{
    type filter hook forward priority 0; policy drop;
    ct state established,related accept;
    iifname "lan" {lets_out};
  }}
  chain out {{ type nat hook postrouting priority 100; oifname "wan" masquerade{how}; }}
}}
"""
_NO_UDP = "table ip cut { chain forward { type filter hook forward priority -10; meta l4proto udp drop; }; }"


def missing() -> str:
    """Why this machine cannot make such a network; '' when it can."""
    if os.geteuid() != 0:
        return "network namespaces can be made only by root"
    for program in ("ip", "nft", "turnserver"):
        if not shutil.which(program):
            return f"there is no {program} here"
    tried = subprocess.run(["ip", "netns", "add", f"pp{os.getpid()}try"], capture_output=True, text=True)
    if tried.returncode:
        return f"this machine makes no network namespaces: {tried.stderr.strip()}"
    _ip("netns", "del", f"pp{os.getpid()}try")
    return ""


def _ip(*words: str) -> None:
    done = subprocess.run(["ip", *words], capture_output=True, text=True)
    assert done.returncode == 0, f"ip {' '.join(words)}: {done.stderr}"


class Lab:
    """The network. Namespaces are named after this process, so that several may exist at once; `close` removes all."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._numbers = folder, itertools.count(10)
        self._places: list[str] = []
        self._running: list[subprocess.Popen[bytes]] = []
        self._servers: list[Server] = []

    def open(self) -> "Lab":
        self._place("net")
        _ip("-n", self._name("net"), "link", "add", "lines", "type", "bridge")
        _ip("-n", self._name("net"), "addr", "add", f"{_GATEWAY}/24", "dev", "lines")
        _ip("-n", self._name("net"), "link", "set", "lines", "up")
        stun = f'[{{"urls": "stun:{_TURN}:3478"}}]'
        turn = ",".join(
            f"turn:{_TURN}:{way}" for way in ("3478?transport=udp", "3478?transport=tcp", "443?transport=tcp")
        )
        self._start_turn()
        # The first two have a road: the one with nobody's help but its own, the other beside direct ways.
        self.bare = self._serve(_BARE, PACKETPOST_ICE_SERVERS="[]", PACKETPOST_ROAD="on")
        self.both = self._serve(_BOTH, PACKETPOST_ICE_SERVERS=stun, PACKETPOST_ROAD="on")
        self.plain = self._serve(_PLAIN, PACKETPOST_ICE_SERVERS=stun, PACKETPOST_ROAD="off")
        self.relayed = self._serve(
            _RELAYED,
            PACKETPOST_ICE_SERVERS=stun,
            PACKETPOST_TURN_URLS=turn,
            PACKETPOST_TURN_SECRET=_SECRET,
            PACKETPOST_ROAD="off",
        )
        return self

    def close(self) -> None:
        for server in self._servers:
            server.stop()
        for process in self._running:
            process.terminate()
            process.wait(10)
        for name in self._places:
            with contextlib.suppress(AssertionError):
                _ip("netns", "del", name)

    def chromium(self, person: str, kind: Kind, executable: str) -> Path:
        """A program that starts Chromium at this person's, behind a router of this kind."""
        self._person(person, kind)
        program = self._folder / f"chromium-{person}"
        program.write_text(f'#!/bin/sh\nexec ip netns exec {self._name(person)} {executable} "$@"\n')
        program.chmod(0o755)
        return program

    def cut_udp(self, person: str) -> None:
        """The person's router drops all UDP from now on, without a word."""
        self._run(f"{person}r", "nft", _NO_UDP)

    def mend_udp(self, person: str) -> None:
        """It lets UDP through again."""
        self._run(f"{person}r", "nft", "delete table ip cut")

    def limit(self, person: str, rate: str) -> None:
        """What comes to the person from their router comes no faster than this, in words of tc: "40mbit"."""
        self._shape(f"{person}r", "lan", rate)

    def limit_up(self, person: str, rate: str) -> None:
        """What leaves a person without a router leaves no faster than this."""
        self._shape(person, "wan", rate)

    def _shape(self, place: str, device: str, rate: str) -> None:
        shaping = ("tbf", "rate", rate, "burst", "64k", "latency", "100ms")
        self._run(place, "tc", "qdisc", "replace", "dev", device, "root", *shaping)

    def disconnect(self, person: str) -> None:
        """The network of a person without a router goes: the address, and with it all routes."""
        _ip("-n", self._name(person), "addr", "flush", "dev", "wan")

    def connect(self, person: str) -> None:
        """Another network comes: the person has an address that nobody had before."""
        self._address(person, "wan", f"{_NET}.{next(self._numbers)}/24")
        _ip("-n", self._name(person), "route", "replace", "default", "via", _GATEWAY)

    def _name(self, place: str) -> str:
        return f"pp{os.getpid()}{place}"

    def _run(self, place: str, *command: str) -> None:
        done = subprocess.run(["ip", "netns", "exec", self._name(place), *command], capture_output=True, text=True)
        assert done.returncode == 0, f"{' '.join(command)}: {done.stderr}"

    def _place(self, place: str) -> None:
        _ip("netns", "add", self._name(place))
        # Addresses of IPv6 settle seconds later, and Chromium breaks off what it loads when its network changes.
        for which in ("all", "default"):
            switch = f"/proc/sys/net/ipv6/conf/{which}/disable_ipv6"
            self._run(place, "sh", "-c", f"[ ! -e {switch} ] || echo 1 > {switch}")
        self._places.append(self._name(place))
        _ip("-n", self._name(place), "link", "set", "lo", "up")

    def _plug(self, place: str, address: str, gateway: str = _GATEWAY) -> None:
        """Connect a place to the internet."""
        line = f"line{next(self._numbers)}"
        _ip("-n", self._name(place), "link", "add", "wan", "type", "veth", "peer", line, "netns", self._name("net"))
        _ip("-n", self._name("net"), "link", "set", line, "master", "lines", "up")
        self._address(place, "wan", f"{address}/24")
        _ip("-n", self._name(place), "route", "add", "default", "via", gateway)

    def _address(self, place: str, device: str, address: str) -> None:
        _ip("-n", self._name(place), "addr", "add", address, "dev", device)
        _ip("-n", self._name(place), "link", "set", device, "up")

    def _person(self, person: str, kind: Kind) -> None:
        self._place(person)
        public = f"{_NET}.{next(self._numbers)}"
        if kind == "public":
            return self._plug(person, public)
        router = f"{person}r"
        self._place(router)
        self._plug(router, public)
        _ip("-n", self._name(router), "link", "add", "lan", "type", "veth", "peer", "eth0", "netns", self._name(person))
        self._address(router, "lan", "10.0.0.1/24")
        self._address(person, "eth0", "10.0.0.2/24")
        _ip("-n", self._name(person), "route", "add", "default", "via", "10.0.0.1")
        self._run(router, "sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward")
        how = " random" if kind == "random-port" else ""
        self._run(router, "nft", _RULES.format(lets_out=_LETS_OUT[kind], how=how))
        return None

    def _start_turn(self) -> None:
        self._place("turn")
        self._plug("turn", _TURN)
        files = [f"--{name}={self._folder / name}" for name in ("log-file", "pidfile", "userdb")]
        ways = [f"--listening-ip={_TURN}", f"--relay-ip={_TURN}", f"--aux-server={_TURN}:443", "--no-tls", "--no-dtls"]
        who = ["--use-auth-secret", f"--static-auth-secret={_SECRET}", "--realm=test", "--fingerprint", "--no-cli"]
        command = ["ip", "netns", "exec", self._name("turn"), "turnserver", "--simple-log", *files, *ways, *who]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self._running.append(process)
        sockets = Path(f"/proc/{process.pid}/net/tcp")
        # Lines of listening sockets (0A) on port 443 (01BB).
        wait_until(lambda: re.search(r":01BB 0+:0+ 0A", sockets.read_text()), 20, "coturn did not start")

    def _serve(self, address: str, **environ: str) -> Server:
        place = f"app{len(self._servers)}"
        self._place(place)
        self._plug(place, address)
        server = Server(self._folder / place, **environ).move(("ip", "netns", "exec", self._name(place)), address)
        server.data_dir.parent.mkdir()
        self._servers.append(server)
        return server.start()


@contextmanager
def lab(folder: Path) -> Iterator[Lab]:
    """The network, removed at the end whatever happens."""
    made = Lab(folder)
    try:
        yield made.open()
    finally:
        made.close()
