"""The handshake of PROTOCOL.md, "By code", made in Python by the RFCs: either side, and whoever stands between."""

import hashlib
import os
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDH,
    SECP256R1,
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.support.seal_client import base64url, unbase64url

POINT_BYTES, COMMIT_BYTES, NONCE_BYTES = 65, 32, 12


@dataclass
class Half:
    """One side's key pair with its nonce. `said` is what the other side gets of it."""

    key: EllipticCurvePrivateKey = field(default_factory=lambda: generate_private_key(SECP256R1()))
    nonce: bytes = field(default_factory=lambda: os.urandom(16))

    @property
    def said(self) -> bytes:
        return self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint) + self.nonce

    @property
    def commit(self) -> bytes:
        return hashlib.sha256(self.said).digest()

    def wrapping(self, other: bytes, transcript: bytes) -> bytes:
        point = EllipticCurvePublicKey.from_encoded_point(SECP256R1(), other[:POINT_BYTES])
        info = b"packetpost/1 wrap" + transcript
        return HKDF(SHA256(), 32, salt=b"", info=info).derive(self.key.exchange(ECDH(), point))


def transcript_of(receivers: bytes, senders: bytes, code: str) -> bytes:
    """Its first four bytes are the words."""
    return hashlib.sha256(b"packetpost/1 words" + receivers + senders + code.encode()).digest()


def share(half: Half, commit: str) -> str:
    """The sender's value of `share`."""
    return base64url(unbase64url(commit) + half.said)


def wrap(half: Half, reveal: str, code: str, secret: str) -> tuple[str, bytes]:
    """The sender's value of `secret`, and the bytes of its words."""
    receivers, iv = unbase64url(reveal), os.urandom(NONCE_BYTES)
    transcript = transcript_of(receivers, half.said, code)
    wrapped = AESGCM(half.wrapping(receivers, transcript)).encrypt(iv, unbase64url(secret), None)
    return base64url(hashlib.sha256(receivers).digest() + iv + wrapped), transcript[:4]


def unwrap(half: Half, shared: str, value: str, code: str) -> tuple[str, bytes]:
    """What the receiver makes of `share` and `secret`: the secret, and the bytes of the words."""
    senders, wrapped = unbase64url(shared)[COMMIT_BYTES:], unbase64url(value)[COMMIT_BYTES:]
    transcript = transcript_of(half.said, senders, code)
    key = AESGCM(half.wrapping(senders, transcript))
    return base64url(key.decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], None)), transcript[:4]
