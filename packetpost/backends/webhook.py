"""Tells another program by an HTTP POST of JSON."""

import json
from collections.abc import Mapping
from urllib.request import Request, urlopen

# An operator's program answers soon, or is taken for dead. Seconds.
_PATIENCE = 10


def post(url: str, message: Mapping[str, object]) -> None:
    """Raises OSError unless the answer is a success. Waits up to 10 s: not for the request's path."""
    body = json.dumps(message).encode()
    headers = {"Content-Type": "application/json", "User-Agent": "Packet-Post"}
    with urlopen(Request(url, body, headers, method="POST"), timeout=_PATIENCE):
        pass
