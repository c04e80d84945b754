"""The exchange of PROTOCOL.md, "By code", made in Python by the draft and the RFCs: either side of it."""

import hmac
import os
from dataclasses import dataclass

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from tests.support import cpace
from tests.support.seal_client import base64url, unbase64url

_POINT_BYTES, _NONCE_BYTES = 32, 12


def share_of(session: str, seat: int, half: str) -> cpace.Share:
    channel = cpace.lengths(b"packetpost/1 receiver", str(seat).encode(), b"packetpost/1 sender")
    return cpace.Share.make(half.encode(), channel, session.encode())


def derived(key: bytes, label: str) -> bytes:
    return HKDF(SHA256(), 32, salt=b"", info=f"packetpost/1 {label}".encode()).derive(key)


@dataclass
class Asker:
    """The receiver's side."""

    share: cpace.Share
    key: bytes = b""

    @property
    def hello(self) -> str:
        return base64url(self.share.point)

    def confirm(self, shared: str) -> str:
        theirs = unbase64url(shared)[_POINT_BYTES:]
        self.key = self.share.initiated(theirs)
        return base64url(theirs + derived(self.key, "code confirm"))

    def open(self, value: str) -> str:
        """Raises InvalidTag."""
        wrapped = unbase64url(value)[_POINT_BYTES:]
        key = AESGCM(derived(self.key, "code wrap"))
        return base64url(key.decrypt(wrapped[:_NONCE_BYTES], wrapped[_NONCE_BYTES:], None))


@dataclass
class Answerer:
    """The sender's side."""

    share: cpace.Share
    hello: bytes = b""

    def shared(self, hello: str) -> str:
        self.hello = unbase64url(hello)
        return base64url(self.hello + self.share.point)

    def knows(self, confirm: str) -> bool:
        """Whether who confirms has the same code."""
        return hmac.compare_digest(unbase64url(confirm)[_POINT_BYTES:], derived(self._key, "code confirm"))

    def give(self, secret: str) -> str:
        nonce = os.urandom(_NONCE_BYTES)
        wrapped = AESGCM(derived(self._key, "code wrap")).encrypt(nonce, unbase64url(secret), None)
        return base64url(self.hello + nonce + wrapped)

    @property
    def _key(self) -> bytes:
        return self.share.answered(self.hello)
