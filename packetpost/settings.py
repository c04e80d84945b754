"""Settings from the environment: one place that knows every name, its default, its unit and what is impossible.

The README's table is compared with `SETTINGS` by a test.
"""

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

from packetpost.errors import SettingsError

MIB = 1024**2
GIB = 1024**3
HOUR = 3600
_LEAST_TOKEN = 16

# name -> (default as it would be written in the environment, unit)
SETTINGS: dict[str, tuple[str, str]] = {
    "PORT": ("8000", "port"),
    "WEB_CONCURRENCY": ("1", "processes"),
    "REDIS_URL": ("", "URL"),
    "PACKETPOST_DATA_DIR": ("./data", "folder"),
    "FILES_URL": ("", "folder or URL"),
    "PACKETPOST_S3_ENDPOINT": ("", "URL"),
    "PACKETPOST_S3_PATH_STYLE": ("off", "on or off"),
    "PACKETPOST_S3_REDIRECT": ("off", "on or off"),
    "PACKETPOST_PUBLIC_URL": ("", "URL"),
    "PACKETPOST_PROXY_HOPS": ("0", "proxies"),
    "PACKETPOST_MAX_UPLOAD_BYTES": (str(2 * GIB), "bytes"),
    "PACKETPOST_MAX_FILES": ("1000", "files"),
    "PACKETPOST_MAX_STORED_BYTES": (str(20 * GIB), "bytes"),
    "PACKETPOST_MIN_FREE_BYTES": (str(256 * MIB), "bytes"),
    "PACKETPOST_REQUEST_BYTES": (str(64 * MIB), "bytes"),
    "PACKETPOST_EXPIRY_CHOICES_HOURS": ("1,24,168", "hours"),
    "PACKETPOST_EXPIRY_HOURS": ("24", "hours"),
    "PACKETPOST_MAX_EXPIRY_HOURS": ("168", "hours"),
    "PACKETPOST_SWEEP_SECONDS": ("60", "seconds"),
    "PACKETPOST_UPLOAD_PASSWORD": ("", "text"),
    "PACKETPOST_DRAIN_SECONDS": ("30", "seconds"),
    "PACKETPOST_RATE_LIMITS": ("on", "on or off"),
    "PACKETPOST_LOG": ("json", "json or text"),
    "PACKETPOST_ADMIN_TOKEN": ("", "text"),
    "PACKETPOST_REPORT_WEBHOOK": ("", "URL"),
    "PACKETPOST_SESSION_TTL_MINUTES": ("15", "minutes"),
    "PACKETPOST_ICE_SERVERS": ('[{"urls": "stun:stun.l.google.com:19302"}]', "JSON"),
    "PACKETPOST_TURN_URLS": ("", "URLs"),
    "PACKETPOST_TURN_SECRET": ("", "text"),
}


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings, checked. Sizes are bytes, times are seconds."""

    port: int
    workers: int
    redis_url: str
    data_dir: str
    files_url: str  # '', a folder, or s3://bucket/prefix
    s3_endpoint: str
    s3_path_style: bool
    s3_redirect: bool
    public_url: str
    proxy_hops: int
    max_upload_bytes: int
    max_files: int
    max_stored_bytes: int
    min_free_bytes: int
    request_bytes: int
    expiry_choices: tuple[int, ...]
    expiry: int
    max_expiry: int
    sweep_seconds: int
    drain_seconds: int
    upload_password: str
    rate_limits: bool
    log: str  # json or text
    admin_token: str
    report_webhook: str
    session_ttl: int
    ice_servers: tuple[dict[str, Any], ...]  # as RTCPeerConnection takes them
    turn_urls: tuple[str, ...]
    turn_secret: str

    @classmethod
    def from_environ(cls, environ: Mapping[str, str] = os.environ) -> "Settings":
        """Read and check the environment. Raises SettingsError with a sentence for whoever deploys."""
        hours = _hours_list(environ, "PACKETPOST_EXPIRY_CHOICES_HOURS")
        settings = cls(
            port=_number(environ, "PORT", 0, 65535),
            workers=_number(environ, "WEB_CONCURRENCY", 1, 64),
            redis_url=_redis_url(environ, "REDIS_URL"),
            data_dir=_text(environ, "PACKETPOST_DATA_DIR"),
            files_url=_files_url(environ, "FILES_URL"),
            s3_endpoint=_text(environ, "PACKETPOST_S3_ENDPOINT"),
            s3_path_style=_choice(environ, "PACKETPOST_S3_PATH_STYLE", "on", "off") == "on",
            s3_redirect=_choice(environ, "PACKETPOST_S3_REDIRECT", "on", "off") == "on",
            public_url=_text(environ, "PACKETPOST_PUBLIC_URL").rstrip("/"),
            proxy_hops=_number(environ, "PACKETPOST_PROXY_HOPS", 0, 10),
            max_upload_bytes=_number(environ, "PACKETPOST_MAX_UPLOAD_BYTES", 1),
            max_files=_number(environ, "PACKETPOST_MAX_FILES", 1, 10_000),
            max_stored_bytes=_number(environ, "PACKETPOST_MAX_STORED_BYTES", 1),
            min_free_bytes=_number(environ, "PACKETPOST_MIN_FREE_BYTES", 0),
            request_bytes=_number(environ, "PACKETPOST_REQUEST_BYTES", 64 * 1024),
            expiry_choices=tuple(hour * HOUR for hour in hours),
            expiry=_number(environ, "PACKETPOST_EXPIRY_HOURS", 1) * HOUR,
            max_expiry=_number(environ, "PACKETPOST_MAX_EXPIRY_HOURS", 1, 24 * 365) * HOUR,
            sweep_seconds=_number(environ, "PACKETPOST_SWEEP_SECONDS", 1, 86_400),
            drain_seconds=_number(environ, "PACKETPOST_DRAIN_SECONDS", 1, 86_400),
            upload_password=_text(environ, "PACKETPOST_UPLOAD_PASSWORD"),
            rate_limits=_choice(environ, "PACKETPOST_RATE_LIMITS", "on", "off") == "on",
            log=_choice(environ, "PACKETPOST_LOG", "json", "text"),
            admin_token=_text(environ, "PACKETPOST_ADMIN_TOKEN"),
            report_webhook=_text(environ, "PACKETPOST_REPORT_WEBHOOK"),
            session_ttl=_number(environ, "PACKETPOST_SESSION_TTL_MINUTES", 10, 30) * 60,
            ice_servers=_ice_servers(environ, "PACKETPOST_ICE_SERVERS"),
            turn_urls=_turn_urls(environ, "PACKETPOST_TURN_URLS"),
            turn_secret=_text(environ, "PACKETPOST_TURN_SECRET"),
        )
        settings._check_mix()
        return settings

    def _check_mix(self) -> None:
        if self.workers > 1 and not self.redis_url:
            raise SettingsError(
                f"WEB_CONCURRENCY is {self.workers}, but several workers need a Redis that they share. Set REDIS_URL, "
                "as in redis://localhost:6379/0, or WEB_CONCURRENCY=1 (one worker serves many people at once)."
            )
        if self.max_upload_bytes > self.max_stored_bytes:
            raise SettingsError(
                "PACKETPOST_MAX_UPLOAD_BYTES is above PACKETPOST_MAX_STORED_BYTES, so the largest allowed link could "
                "never be stored. Lower the first or raise the second."
            )
        if max(self.expiry, *self.expiry_choices) > self.max_expiry:
            raise SettingsError(
                "PACKETPOST_EXPIRY_HOURS and every one of PACKETPOST_EXPIRY_CHOICES_HOURS must be at most "
                "PACKETPOST_MAX_EXPIRY_HOURS. Raise the maximum or shorten them."
            )
        urls = {"PUBLIC_URL": self.public_url, "REPORT_WEBHOOK": self.report_webhook, "S3_ENDPOINT": self.s3_endpoint}
        for name, url in urls.items():
            if url and not url.startswith(("http://", "https://")):
                raise SettingsError(
                    f"PACKETPOST_{name} must start with http:// or https://, as in https://post.example."
                )
        if self.admin_token and len(self.admin_token) < _LEAST_TOKEN:
            raise SettingsError(
                f"PACKETPOST_ADMIN_TOKEN must have at least {_LEAST_TOKEN} characters, as `openssl rand -hex 16` makes."
            )


def _text(environ: Mapping[str, str], name: str) -> str:
    value = environ.get(name, "").strip()
    return value or SETTINGS[name][0]


def _files_url(environ: Mapping[str, str], name: str) -> str:
    url = _text(environ, name)
    if "://" not in url:
        return url
    if not re.match(r"s3://[^/]+", url):
        raise SettingsError(f"{name} must be a folder, or an S3 bucket as in s3://bucket/prefix.")
    _check_installed(name, "boto3")
    return url


def _check_installed(name: str, package: str) -> None:
    if find_spec(package) is None:
        raise SettingsError(
            f"{name} needs the Python package {package}, which is not installed. Install it by "
            "pip install -r requirements-scale.txt, or leave the setting out."
        )


def _number(environ: Mapping[str, str], name: str, least: int, most: int | None = None) -> int:
    text = _text(environ, name)
    if not text.isascii() or not text.isdigit():
        raise SettingsError(f"{name} must be a whole number of {SETTINGS[name][1]}, not {text!r}.")
    value = int(text)
    if value < least or (most is not None and value > most):
        bounds = f"at least {least}" if most is None else f"from {least} to {most}"
        raise SettingsError(f"{name} must be {bounds}, not {value}.")
    return value


def _redis_url(environ: Mapping[str, str], name: str) -> str:
    url = _text(environ, name)
    if url and not url.startswith(("redis://", "rediss://", "unix://")):
        raise SettingsError(f"{name} must start with redis://, rediss:// or unix://, as in redis://localhost:6379/0.")
    if url:
        _check_installed(name, "redis")
    return url


def _hours_list(environ: Mapping[str, str], name: str) -> list[int]:
    parts = [part.strip() for part in _text(environ, name).split(",")]
    if not all(part.isascii() and part.isdigit() and int(part) > 0 for part in parts):
        raise SettingsError(f"{name} must be whole hours separated by commas, as in 1,24,168.")
    return sorted({int(part) for part in parts})


def _choice(environ: Mapping[str, str], name: str, *choices: str) -> str:
    text = _text(environ, name).lower()
    if text not in choices:
        raise SettingsError(f"{name} must be {' or '.join(choices)}, not {text!r}.")
    return text


def _ice_servers(environ: Mapping[str, str], name: str) -> tuple[dict[str, Any], ...]:
    sentence = (
        f'{name} must be a JSON list as RTCPeerConnection takes it, as in [{{"urls": "stun:stun.example:3478"}}].'
    )
    try:
        servers = json.loads(_text(environ, name))
    except ValueError as error:
        raise SettingsError(sentence) from error
    if not isinstance(servers, list) or not all(
        isinstance(one, dict) and _ice_urls(one.get("urls")) for one in servers
    ):
        raise SettingsError(sentence)
    return tuple(servers)


def _ice_urls(urls: object) -> bool:
    listed = [urls] if isinstance(urls, str) else urls
    kinds = ("stun:", "stuns:", "turn:", "turns:")
    return isinstance(listed, list) and bool(listed) and all(isinstance(u, str) and u.startswith(kinds) for u in listed)


def _turn_urls(environ: Mapping[str, str], name: str) -> tuple[str, ...]:
    urls = tuple(part.strip() for part in _text(environ, name).split(",") if part.strip())
    if not all(url.startswith(("turn:", "turns:")) for url in urls):
        raise SettingsError(
            f"{name} must be addresses separated by commas, as in turn:turn.example:3478,turns:turn.example:443."
        )
    return urls
