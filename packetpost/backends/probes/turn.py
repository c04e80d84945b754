"""A TURN client of few words (RFC 8656, RFC 8489): enough to prove that a relay lets a datagram through.

Plain sockets, since gevent makes them wait without blocking; the libraries at hand bring an event loop of their own.
"""

import hashlib
import hmac
import ipaddress
import os
import re
import socket
import ssl
import struct
from contextlib import ExitStack
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from packetpost.errors import RelayFailed

_COOKIE = 0x2112A442
_ALLOCATE, _REFRESH, _SEND, _DATA, _PERMIT = 0x003, 0x004, 0x016, 0x017, 0x008
_SUCCESS, _ERROR = 0x100, 0x110
_USERNAME, _INTEGRITY, _ERROR_CODE, _LIFETIME, _PEER, _PAYLOAD = 0x006, 0x008, 0x009, 0x00D, 0x012, 0x013
_REALM, _NONCE, _RELAYED, _TRANSPORT = 0x014, 0x015, 0x016, 0x019
_UDP = bytes([17, 0, 0, 0])
# An answer takes one round trip; datagrams may get lost, so a request is sent so many times. Seconds.
_PATIENCE, _TRIES = 1.5, 3
_ADDRESS = re.compile(r"(turns?):(\[[^\]]+\]|[^:?]+)(?::(\d+))?(?:\?transport=(udp|tcp))?")

Address = tuple[str, int]


@dataclass(frozen=True, slots=True)
class _Message:
    kind: int
    transaction: bytes
    attributes: dict[int, bytes]


def prove(url: str, username: str, password: str) -> None:
    """Take two relayed addresses at the TURN server and send a datagram from one to the other. Raises RelayFailed."""
    with ExitStack() as stack:
        try:
            one, other = (stack.enter_context(_Allocation(url, username, password)) for _ in range(2))
            one.permit(other.relayed)
            other.permit(one.relayed)
            word = os.urandom(16)
            for _ in range(_TRIES):
                one.send(other.relayed, word)
                if other.receives(word):
                    return
        except (OSError, struct.error, ValueError) as error:
            raise RelayFailed(f"It does not answer ({error or type(error).__name__}).") from error
        raise RelayFailed("It gives out addresses, but lets no datagram through. Look at denied-peer-ip and firewalls.")


class _Allocation:
    """One relayed address, over one connection, given back at the end."""

    def __init__(self, url: str, username: str, password: str) -> None:
        self._stream, self._sock = _connect(url)
        self._username, self._password = username, password
        self._credentials: dict[int, bytes] = {}
        self._key = b""

    def __enter__(self) -> Self:
        try:
            answer = self._ask(_ALLOCATE, {_TRANSPORT: _UDP})
            self.relayed = _address(answer.attributes[_RELAYED], answer.transaction)
        except BaseException:
            self._sock.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._write(_REFRESH, os.urandom(12), {_LIFETIME: bytes(4)})
        except OSError:
            pass  # it expires by itself
        finally:
            self._sock.close()

    def permit(self, peer: Address) -> None:
        """Let a peer's datagrams in."""
        transaction = os.urandom(12)
        self._ask(_PERMIT, {_PEER: _address_bytes(peer, transaction)}, transaction)

    def send(self, peer: Address, payload: bytes) -> None:
        transaction = os.urandom(12)
        attributes = {_PEER: _address_bytes(peer, transaction), _PAYLOAD: payload}
        self._sock.sendall(_encode(_SEND, transaction, attributes))

    def receives(self, payload: bytes) -> bool:
        """Whether these bytes come out of the relay soon."""
        try:
            while True:
                message = self._read()
                if message.kind == _DATA and message.attributes.get(_PAYLOAD) == payload:
                    return True
        except TimeoutError:
            return False

    def _ask(self, method: int, attributes: dict[int, bytes], transaction: bytes | None = None) -> _Message:
        """Ask until there is an answer; the first refusal tells what to sign with (RFC 8489 section 9.2)."""
        for attempt in range(_TRIES):
            transaction = transaction or os.urandom(12)
            self._write(method, transaction, attributes)
            try:
                answer = self._answer_to(transaction)
            except TimeoutError:
                if self._stream or attempt == _TRIES - 1:
                    raise
                continue
            if answer.kind == method | _SUCCESS:
                return answer
            code, reason = _error(answer)
            if code not in (401, 438) or attempt == _TRIES - 1:
                raise RelayFailed(f"It refuses ({code} {reason}).")
            if code == 401 and self._key:
                raise RelayFailed("It refuses our credentials. Is PACKETPOST_TURN_SECRET its static-auth-secret?")
            self._sign_with(answer)
            transaction = None if method == _ALLOCATE else transaction
        raise RelayFailed("It does not answer.")

    def _sign_with(self, refusal: _Message) -> None:
        realm, nonce = refusal.attributes[_REALM], refusal.attributes[_NONCE]
        self._credentials = {_USERNAME: self._username.encode(), _REALM: realm, _NONCE: nonce}
        text = self._username.encode() + b":" + realm + b":" + self._password.encode()
        self._key = hashlib.md5(text, usedforsecurity=False).digest()

    def _write(self, method: int, transaction: bytes, attributes: dict[int, bytes]) -> None:
        self._sock.sendall(_encode(method, transaction, {**attributes, **self._credentials}, self._key))

    def _answer_to(self, transaction: bytes) -> _Message:
        while (message := self._read()).transaction != transaction:
            pass
        return message

    def _read(self) -> _Message:
        if not self._stream:
            return _decode(self._sock.recv(4096))
        head = self._exactly(20)
        return _decode(head + self._exactly(struct.unpack_from("!H", head, 2)[0]))

    def _exactly(self, count: int) -> bytes:
        taken = b""
        while len(taken) < count:
            piece = self._sock.recv(count - len(taken))
            if not piece:
                raise ConnectionResetError("it closed the connection")
            taken += piece
        return taken


def _connect(url: str) -> tuple[bool, socket.socket]:
    """Whether it is a stream, and the socket."""
    match = _ADDRESS.fullmatch(url)
    if not match:
        raise RelayFailed("Its address is not of the form turn:host:port?transport=udp.")
    scheme, host, port, transport = match.groups()
    host, number = host.strip("[]"), int(port or (5349 if scheme == "turns" else 3478))
    if scheme == "turn" and transport != "tcp":
        family, kind, *_, address = socket.getaddrinfo(host, number, type=socket.SOCK_DGRAM)[0]
        sock = socket.socket(family, kind)
        sock.settimeout(_PATIENCE)
        sock.connect(address)
        return False, sock
    sock = socket.create_connection((host, number), _PATIENCE * 2)
    if scheme == "turns":
        sock = ssl.create_default_context().wrap_socket(sock, server_hostname=host)
    return True, sock


def _encode(kind: int, transaction: bytes, attributes: dict[int, bytes], key: bytes = b"") -> bytes:
    body = b"".join(_attribute(name, value) for name, value in attributes.items())
    if key:
        # Signed is the message with a length that includes the signature (RFC 8489 section 14.5).
        signed = struct.pack("!HHI", kind, len(body) + 24, _COOKIE) + transaction + body
        body += _attribute(_INTEGRITY, hmac.new(key, signed, hashlib.sha1).digest())
    return struct.pack("!HHI", kind, len(body), _COOKIE) + transaction + body


def _attribute(name: int, value: bytes) -> bytes:
    return struct.pack("!HH", name, len(value)) + value + bytes(-len(value) % 4)


def _decode(data: bytes) -> _Message:
    kind, length, _, transaction = struct.unpack_from("!HHI12s", data)
    attributes, at = {}, 20
    while at < 20 + length:
        name, size = struct.unpack_from("!HH", data, at)
        attributes[name] = data[at + 4 : at + 4 + size]
        at += 4 + size + -size % 4
    return _Message(kind, transaction, attributes)


def _error(answer: _Message) -> tuple[int, str]:
    value = answer.attributes.get(_ERROR_CODE, bytes(4))
    return value[2] * 100 + value[3], value[4:].decode(errors="replace")


def _masked(address: bytes, transaction: bytes) -> bytes:
    mask = struct.pack("!I", _COOKIE) + transaction
    return bytes(byte ^ other for byte, other in zip(address, mask, strict=False))


def _address(value: bytes, transaction: bytes) -> Address:
    """XOR-MAPPED-ADDRESS and its kin (RFC 8489 section 14.2)."""
    port = struct.unpack_from("!H", value, 2)[0] ^ (_COOKIE >> 16)
    return str(ipaddress.ip_address(_masked(value[4:], transaction))), port


def _address_bytes(address: Address, transaction: bytes) -> bytes:
    ip = ipaddress.ip_address(address[0])
    head = struct.pack("!BBH", 0, 1 if ip.version == 4 else 2, address[1] ^ (_COOKIE >> 16))
    return head + _masked(ip.packed, transaction)
