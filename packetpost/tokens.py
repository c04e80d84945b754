"""Makes and checks secrets: ids, tokens, password hashes. Pure, apart from the system's randomness.

`hash_password` and `check_password` take about 50 ms of CPU: call them off the event loop (`threads.run`).
"""

import base64
import hashlib
import hmac
import secrets
import unicodedata

# scrypt cost: 16 MiB and about 50 ms, OWASP's lower interactive choice
# (https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html).
_N, _R, _P = 2**14, 8, 5


def new_id() -> str:
    """A public id or an upload's token: 128 random bits, 22 URL-safe characters, never starting with '-' or '_'."""
    while (value := secrets.token_urlsafe(16)).startswith(("-", "_")):
        pass
    return value


def new_token() -> str:
    """A secret for one person: 192 random bits, 32 URL-safe characters."""
    return secrets.token_urlsafe(24)


def hash_token(token: str) -> str:
    """What is kept instead of a token. Plain SHA-256 is enough for 192 random bits."""
    return hashlib.sha256(token.encode()).hexdigest()


def upload_token(owner_token: str, position: int) -> str:
    """The token of the upload at `position` of its owner's link, 128 bits: made again whenever the owner shows theirs.

    So nobody keeps it, and a card that is opened again can still send to the upload.
    """
    digest = hmac.digest(owner_token.encode(), f"upload {position}".encode(), "sha256")
    return base64.urlsafe_b64encode(digest[:16]).decode().rstrip("=")


def token_matches(token: str, token_hash: str) -> bool:
    """Whether this is the token of that hash. The comparison takes constant time."""
    return hmac.compare_digest(hash_token(token), token_hash)


def same_text(given: str, expected: str) -> bool:
    """Compare two secrets that people type, in constant time, whatever their lengths."""
    return token_matches(canonical(given), hash_token(canonical(expected)))


def canonical(password: str) -> str:
    """One form for what looks the same: keyboards and systems write `ö` as one character or as two (RFC 8265 4.2).

    Blanks around it are left out, as HTTP leaves them out of a header's text (RFC 9110 5.5).
    """
    return unicodedata.normalize("NFC", password).strip()


def hash_password(password: str) -> str:
    """`scrypt$<salt>$<digest>`, both base64. Slow on purpose."""
    salt = secrets.token_bytes(16)
    return f"scrypt${_encode(salt)}${_encode(_scrypt(canonical(password), salt))}"


def check_password(password: str, password_hash: str) -> bool:
    """Slow on purpose, three times at the most: older releases kept the text as it was given, or with its blanks."""
    _, salt, digest = password_hash.split("$")
    return any(
        hmac.compare_digest(_scrypt(text, base64.b64decode(salt)), base64.b64decode(digest))
        for text in dict.fromkeys((canonical(password), unicodedata.normalize("NFC", password), password))
    )


def _scrypt(password: str, salt: bytes) -> bytes:
    return hashlib.scrypt(password.encode(), salt=salt, n=_N, r=_R, p=_P, maxmem=64 * 1024**2)


def _encode(value: bytes) -> str:
    return base64.b64encode(value).decode()
