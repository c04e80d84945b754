"""ICE servers for a browser, with short-lived TURN credentials made from a shared secret. Pure.

The credentials are coturn's REST scheme (draft-uberti-behave-turn-rest-00): the server keeps no list of users.
"""

import base64
import hashlib
import hmac
from collections.abc import Sequence
from typing import Any


def ice_servers(
    public: Sequence[dict[str, Any]], turn_urls: Sequence[str], turn_secret: str, who: str, until: float
) -> list[dict[str, Any]]:
    """The list for `RTCPeerConnection`: the `public` ones, and TURN for `who` until then (Unix seconds)."""
    servers = list(public)
    if turn_urls and turn_secret:
        username = f"{int(until)}:{who}"
        digest = hmac.new(turn_secret.encode(), username.encode(), hashlib.sha1).digest()
        servers.append({"urls": list(turn_urls), "username": username, "credential": base64.b64encode(digest).decode()})
    return servers
