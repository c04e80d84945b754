"""The browser's codec in Node, to compare it with others' work, and its keys made in Python by the RFCs."""

import base64
import json
import shutil
import subprocess
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_CLIENTS = Path(__file__).parents[1] / "js" / "clients"
RECORD = 256 * 1024
# In one message, as until release 0.2, and as a message of its own.
SEALED_RECORD = RECORD + 17
OWN_RECORD = RECORD + 38
# An answer takes so long at most.
_MOST_SECONDS = 60


class Refused(Exception):
    """The codec threw: the class of its error, and the sentence."""


class Codec:
    """One Node process that answers calls, a line each."""

    def __init__(self, client: str = "seal.mjs") -> None:
        node = shutil.which("node")
        assert node, "These tests need Node.js: apt-get install nodejs"
        self._process = subprocess.Popen(
            [node, str(_CLIENTS / client)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def call(self, name: str, **arguments: Any) -> Any:
        """Bytes go and come as base64. Raises Refused."""
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        stdin.write(json.dumps({"call": name, **{key: _plain(value) for key, value in arguments.items()}}) + "\n")
        stdin.flush()
        hanging = threading.Timer(_MOST_SECONDS, self._process.kill)
        hanging.start()
        line = stdout.readline()
        hanging.cancel()
        assert line, f"Node gave no answer to {name} within {_MOST_SECONDS} s, or ended"
        answer = json.loads(line)
        if "refused" in answer:
            raise Refused(answer["refused"], answer["message"])
        return answer["value"]

    def bytes(self, name: str, **arguments: Any) -> bytes:
        return base64.b64decode(self.call(name, **arguments))

    def close(self) -> None:
        self._process.communicate()


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value


def base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def unbase64url(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def record_name(entry: Mapping[str, Any], record: int) -> str:
    """PROTOCOL.md, "Sealed: Keys": what names a record's keys."""
    return f"file {entry['n']} {entry['path']} {entry['size']} {entry['mtime']} record {record}"


def derive(secret: str, label: str, length: int = 32) -> bytes:
    """PROTOCOL.md, "Sealed: Keys", for a link without a password."""
    return HKDF(SHA256(), length, salt=b"", info=f"packetpost/1 {label}".encode()).derive(unbase64url(secret))
