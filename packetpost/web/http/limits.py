"""Rate limits by name, per client address. `PACKETPOST_RATE_LIMITS=off` switches all of them off.

Counted in memory, or in Redis for all processes together; while Redis is away each process counts for itself.
"""

import ipaddress
from contextlib import AbstractContextManager
from typing import cast

from flask import Flask, current_app, request
from flask_limiter import Limiter

from packetpost import tokens


def client() -> str:
    """The address that limits are kept for."""
    return household(request.remote_addr or "")


def household(text: str) -> str:
    """The address itself, or the whole /64 of IPv6 that belongs to one household; `unknown` for what is none."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return "unknown"
    if address.version == 6 and not address.ipv4_mapped:
        return str(ipaddress.ip_network((address, 64), strict=False).network_address)
    return str(address)


def holder() -> str:
    """Who holds what this request stores, as only this server can tell; '' where nobody is limited."""
    if not limiter.enabled:
        return ""
    return tokens.hash_token(f"holder {current_app.secret_key!r} {client()}")[:32]


def _link() -> str:
    return str((request.view_args or {}).get("link_id", ""))


limiter = Limiter(client)

# What makes links, what hands out files, what tries passwords. The bytes of an upload are bound by its token.
create = limiter.shared_limit("60 per minute; 600 per hour", scope="create")
download = limiter.shared_limit("600 per minute", scope="download")
_LOOK_UPS = "60 per minute; 300 per hour"
join = limiter.shared_limit(_LOOK_UPS, scope="join")
telemetry = limiter.shared_limit("60 per minute", scope="telemetry")
report = limiter.shared_limit("5 per minute; 20 per hour", scope="report")
admin = limiter.shared_limit("30 per minute", scope="admin")
page = limiter.shared_limit("600 per minute", scope="page")
# A fast reader takes its 64 MiB of an answer in a fraction of a second, and asks for the next.
signals = limiter.shared_limit("1200 per minute", scope="signals")
road = limiter.shared_limit("3000 per minute", scope="road")


def handshake() -> AbstractContextManager[None]:
    """How often one address may open a WebSocket."""
    return cast(AbstractContextManager[None], limiter.shared_limit("60 per minute", scope="handshake"))


def code_guess() -> AbstractContextManager[None]:
    """How often one address may name a session in which it has no seat: counted together with joining."""
    return cast(AbstractContextManager[None], limiter.shared_limit(_LOOK_UPS, scope="join"))


def unlock_by_address() -> AbstractContextManager[None]:
    """How often one address may try links' passwords."""
    return cast(AbstractContextManager[None], limiter.shared_limit("10 per minute; 100 per hour", scope="unlock"))


def unlock_by_link() -> AbstractContextManager[None]:
    """Many addresses that guess one link's password are one attack."""
    limit = limiter.shared_limit("100 per minute", scope="unlock-link", key_func=_link)
    return cast(AbstractContextManager[None], limit)


def admin_token() -> AbstractContextManager[None]:
    """How often one address may try the operator's token."""
    return cast(AbstractContextManager[None], limiter.shared_limit("60 per minute", scope="admin-token"))


def upload_password() -> AbstractContextManager[None]:
    """How often one address may try the upload password."""
    return cast(AbstractContextManager[None], limiter.shared_limit("30 per minute", scope="upload-password"))


def init(app: Flask, enabled: bool, redis: dict[str, object]) -> None:
    """`redis` are the options of `limits.storage.RedisStorage`, which counts for all; none to count in memory."""
    app.config["RATELIMIT_ENABLED"] = enabled
    app.config["RATELIMIT_STORAGE_URI"] = "redis://" if redis else "memory://"
    app.config["RATELIMIT_STORAGE_OPTIONS"] = redis
    app.config["RATELIMIT_IN_MEMORY_FALLBACK_ENABLED"] = bool(redis)
    # A moving window is exact, but compares the clocks of instances. The other reckons by the lives of Redis' keys.
    app.config["RATELIMIT_STRATEGY"] = "sliding-window-counter" if redis else "moving-window"
    limiter.init_app(app)
