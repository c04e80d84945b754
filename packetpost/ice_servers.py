"""ICE servers for a browser, with short-lived TURN credentials made from a shared secret. Pure.

The credentials are coturn's REST scheme (draft-uberti-behave-turn-rest-00): the server keeps no list of users.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Sequence
from typing import Any

# RFC 7064: no slashes.
_HOST = re.compile(r"stuns?:(\[[^\]]*\]|[^:?]+)", re.IGNORECASE)


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


def stun_hosts(servers: Sequence[dict[str, Any]]) -> list[str]:
    """Whom browsers ask for their own addresses, each once; people are told."""
    urls = (url for one in servers for url in ([one["urls"]] if isinstance(one["urls"], str) else one["urls"]))
    return list(dict.fromkeys(found[1] for url in urls if (found := _HOST.match(url))))
