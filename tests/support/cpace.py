"""CPace over ristretto255 with SHA-512, made in Python from the draft and RFC 9496: slow, and not for secrets."""

import hashlib
import os
from dataclasses import dataclass

_P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, -1, _P) % _P
_SQRT_M1 = pow(2, (_P - 1) // 4, _P)
_GROUP = b"CPaceRistretto255"
_HASH_BLOCK = 128

# Extended coordinates X, Y, Z, T.
Point = tuple[int, int, int, int]
_ZERO: Point = (0, 1, 1, 0)


class PointRefused(Exception):
    """The bytes are no point, or one that gives no key."""


def lengths(*parts: bytes) -> bytes:
    """Each part behind its length, in LEB128."""
    return b"".join(_leb128(len(part)) + part for part in parts)


def _leb128(number: int) -> bytes:
    digits = []
    while number > 127:
        digits.append(number & 127 | 128)
        number >>= 7
    return bytes([*digits, number])


def _odd(x: int) -> bool:
    return bool(x % _P & 1)


def _even(x: int) -> int:
    """The root of the two that ends in a 0 bit."""
    return -x % _P if _odd(x) else x % _P


def _root_of_ratio(u: int, v: int) -> tuple[bool, int]:
    """RFC 9496 section 4.2."""
    root = u * pow(v, 3, _P) * pow(u * pow(v, 7, _P), (_P - 5) // 8, _P) % _P
    check = v * root * root % _P
    right, flipped, flipped_i = check == u % _P, check == -u % _P, check == -u * _SQRT_M1 % _P
    if flipped or flipped_i:
        root = root * _SQRT_M1 % _P
    return right or flipped, _even(root)


_INVERSE_SQRT_A_MINUS_D = _root_of_ratio(1, -1 - _D)[1]
# RFC 9496 names the odd one of the two roots.
_SQRT_AD_MINUS_ONE = 25063068953384623474111414158702152701244531502492656460079210482610430750235


def add(one: Point, other: Point) -> Point:
    x1, y1, z1, t1 = one
    x2, y2, z2, t2 = other
    a, b = (y1 - x1) * (y2 - x2) % _P, (y1 + x1) * (y2 + x2) % _P
    c, d = 2 * _D * t1 * t2 % _P, 2 * z1 * z2 % _P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % _P, g * h % _P, f * g % _P, e * h % _P


def multiply(point: Point, by: int) -> Point:
    result = _ZERO
    for bit in bin(by)[2:]:
        result = add(result, result)
        if bit == "1":
            result = add(result, point)
    return result


def encode(point: Point) -> bytes:
    """RFC 9496 section 4.3.2."""
    x, y, z, t = point
    u1, u2 = (z + y) * (z - y) % _P, x * y % _P
    inverse = _root_of_ratio(1, u1 * u2 * u2)[1]
    d1, d2 = inverse * u1 % _P, inverse * u2 % _P
    z_inverse = d1 * d2 * t % _P
    if _odd(t * z_inverse):
        x, y, d = y * _SQRT_M1 % _P, x * _SQRT_M1 % _P, d1 * _INVERSE_SQRT_A_MINUS_D % _P
    else:
        d = d2
    if _odd(x * z_inverse):
        y = -y % _P
    return _even(d * (z - y)).to_bytes(32, "little")


def decode(data: bytes) -> Point:
    """RFC 9496 section 4.3.1. Raises PointRefused."""
    s = int.from_bytes(data, "little")
    if len(data) != 32 or s >= _P or _odd(s):
        raise PointRefused
    u1, u2 = (1 - s * s) % _P, (1 + s * s) % _P
    v = (-_D * u1 * u1 - u2 * u2) % _P
    square, inverse = _root_of_ratio(1, v * u2 * u2)
    d1 = inverse * u2 % _P
    d2 = inverse * d1 * v % _P
    x, y = _even(2 * s * d1), u1 * d2 % _P
    if not square or _odd(x * y) or y == 0:
        raise PointRefused
    return x, y, 1, x * y % _P


def _to_curve(data: bytes) -> Point:
    """RFC 9496 section 4.3.4: both halves mapped, and added."""
    first, second = (int.from_bytes(half, "little") % 2**255 % _P for half in (data[:32], data[32:64]))
    return add(_map(first), _map(second))


def _map(t: int) -> Point:
    r = _SQRT_M1 * t * t % _P
    u, v = (r + 1) * (1 - _D * _D) % _P, (-1 - r * _D) * (r + _D) % _P
    square, s = _root_of_ratio(u, v)
    c = -1
    if not square:
        s, c = -_even(s * t) % _P, r
    n = (c * (r - 1) * (_D - 1) * (_D - 1) - v) % _P
    w0, w1 = 2 * s * v % _P, n * _SQRT_AD_MINUS_ONE % _P
    w2, w3 = (1 - s * s) % _P, (1 + s * s) % _P
    return w0 * w3 % _P, w2 * w1 % _P, w1 * w3 % _P, w0 * w2 % _P


def generator(password: bytes, channel: bytes, sid: bytes) -> Point:
    first = lengths(_GROUP, password)
    zeros = bytes(max(0, _HASH_BLOCK - len(first) - 1))
    return _to_curve(hashlib.sha512(first + lengths(zeros, channel, sid)).digest())


@dataclass(frozen=True)
class Share:
    """One side's share of one exchange."""

    scalar: int
    point: bytes
    sid: bytes

    @classmethod
    def make(cls, password: bytes, channel: bytes, sid: bytes, random: bytes = b"") -> "Share":
        scalar = int.from_bytes(random or os.urandom(64), "little") % ORDER
        return cls(scalar, encode(multiply(generator(password, channel, sid), scalar)), sid)

    def initiated(self, other: bytes, ours: bytes = b"", theirs: bytes = b"") -> bytes:
        """The session key of whoever began. Raises PointRefused."""
        return self._key(other, lengths(self.point, ours) + lengths(other, theirs))

    def answered(self, other: bytes, ours: bytes = b"", theirs: bytes = b"") -> bytes:
        """The session key of whoever answered. Raises PointRefused."""
        return self._key(other, lengths(other, theirs) + lengths(self.point, ours))

    def _key(self, other: bytes, transcript: bytes) -> bytes:
        shared = encode(multiply(decode(other), self.scalar))
        if shared == bytes(32):
            raise PointRefused
        return hashlib.sha512(lengths(_GROUP + b"_ISK", self.sid, shared) + transcript).digest()
