"""Settings from the environment: one place that knows every name, its default, its unit and what is impossible.

The README's table is compared with `SETTINGS` by a test. Each group reads and checks what belongs together.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass

from packetpost.environ import Environ, check_installed
from packetpost.errors import SettingsError
from packetpost.hosts import parse_host
from packetpost.live_settings import Ice, Road

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
    "PACKETPOST_MAX_SHARE_PERCENT": ("50", "percent"),
    "PACKETPOST_RESERVED_SECONDS": ("300", "seconds"),
    "PACKETPOST_REQUEST_BYTES": (str(64 * MIB), "bytes"),
    "PACKETPOST_EXPIRY_CHOICES_HOURS": ("1,24,168", "hours"),
    "PACKETPOST_EXPIRY_HOURS": ("24", "hours"),
    "PACKETPOST_MAX_EXPIRY_HOURS": ("168", "hours"),
    "PACKETPOST_SWEEP_SECONDS": ("60", "seconds"),
    "PACKETPOST_UPLOAD_PASSWORD": ("", "text"),
    "PACKETPOST_DRAIN_SECONDS": ("30", "seconds"),
    "PACKETPOST_RATE_LIMITS": ("on", "on or off"),
    "PACKETPOST_MAX_CONNECTIONS": ("500", "connections"),
    "PACKETPOST_LOG": ("json", "json or text"),
    "PACKETPOST_ADMIN_TOKEN": ("", "text"),
    "PACKETPOST_REPORT_WEBHOOK": ("", "URL"),
    "PACKETPOST_SECURITY_CONTACT": ("", "URI"),
    "PACKETPOST_SESSION_TTL_MINUTES": ("15", "minutes"),
    "PACKETPOST_ICE_SERVERS": ('[{"urls": "stun:stun.l.google.com:19302"}]', "JSON"),
    "PACKETPOST_TURN_URLS": ("", "URLs"),
    "PACKETPOST_TURN_SECRET": ("", "text"),
    "PACKETPOST_ROAD": ("on", "on or off"),
    "PACKETPOST_ROAD_RATE": ("0", "bytes a second"),
    "PACKETPOST_ROAD_SESSION_RATE": ("0", "bytes a second"),
}


@dataclass(frozen=True, slots=True)
class Limits:
    """What one link, all links, one sender and one request may hold, in bytes, files, per cent and seconds."""

    upload_bytes: int
    files: int
    stored_bytes: int
    free_bytes: int
    share_percent: int
    reserved_seconds: int
    request_bytes: int

    @classmethod
    def read(cls, environ: Environ) -> "Limits":
        limits = cls(
            upload_bytes=environ.number("PACKETPOST_MAX_UPLOAD_BYTES", 1),
            files=environ.number("PACKETPOST_MAX_FILES", 1, 10_000),
            stored_bytes=environ.number("PACKETPOST_MAX_STORED_BYTES", 1),
            free_bytes=environ.number("PACKETPOST_MIN_FREE_BYTES", 0),
            share_percent=environ.number("PACKETPOST_MAX_SHARE_PERCENT", 1, 100),
            reserved_seconds=environ.number("PACKETPOST_RESERVED_SECONDS", 1, 86_400),
            request_bytes=environ.number("PACKETPOST_REQUEST_BYTES", 64 * 1024),
        )
        if limits.upload_bytes > limits.stored_bytes:
            raise SettingsError(
                "PACKETPOST_MAX_UPLOAD_BYTES is above PACKETPOST_MAX_STORED_BYTES, so the largest allowed link could "
                "never be stored. Lower the first or raise the second."
            )
        return limits


@dataclass(frozen=True, slots=True)
class Expiry:
    """How long links live, in seconds: what the page offers, chooses by itself, and what anybody may ask for."""

    choices: tuple[int, ...]
    default: int
    most: int

    @classmethod
    def read(cls, environ: Environ) -> "Expiry":
        expiry = cls(
            choices=tuple(hours * HOUR for hours in _hours(environ, "PACKETPOST_EXPIRY_CHOICES_HOURS")),
            default=environ.number("PACKETPOST_EXPIRY_HOURS", 1) * HOUR,
            most=environ.number("PACKETPOST_MAX_EXPIRY_HOURS", 1, 24 * 365) * HOUR,
        )
        if max(expiry.default, *expiry.choices) > expiry.most:
            raise SettingsError(
                "PACKETPOST_EXPIRY_HOURS and every one of PACKETPOST_EXPIRY_CHOICES_HOURS must be at most "
                "PACKETPOST_MAX_EXPIRY_HOURS. Raise the maximum or shorten them."
            )
        return expiry


@dataclass(frozen=True, slots=True)
class Store:
    """Where facts and bytes are kept."""

    redis_url: str
    data_dir: str
    files_url: str  # '', a folder, or s3://bucket/prefix
    s3_endpoint: str
    s3_path_style: bool
    s3_redirect: bool

    @classmethod
    def read(cls, environ: Environ) -> "Store":
        return cls(
            redis_url=_redis_url(environ, "REDIS_URL"),
            data_dir=environ.text("PACKETPOST_DATA_DIR"),
            files_url=_files_url(environ, "FILES_URL"),
            s3_endpoint=environ.web_address("PACKETPOST_S3_ENDPOINT"),
            s3_path_style=environ.switch("PACKETPOST_S3_PATH_STYLE"),
            s3_redirect=environ.switch("PACKETPOST_S3_REDIRECT"),
        )


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings, checked. Sizes are bytes, times are seconds."""

    port: int
    workers: int
    public_url: str
    proxy_hops: int
    limits: Limits
    expiry: Expiry
    store: Store
    ice: Ice
    road: Road
    session_ttl: int
    sweep_seconds: int
    drain_seconds: int
    upload_password: str
    rate_limits: bool
    connections: int  # that one address may hold
    log: str  # json or text
    admin_token: str
    report_webhook: str
    security_contact: str

    @classmethod
    def from_environ(cls, environ: Mapping[str, str] = os.environ) -> "Settings":
        """Read and check the environment. Raises SettingsError with a sentence for whoever deploys."""
        given = Environ(environ, SETTINGS)
        settings = cls(
            port=given.number("PORT", 0, 65535),
            workers=given.number("WEB_CONCURRENCY", 1, 64),
            public_url=_public_url(given, "PACKETPOST_PUBLIC_URL"),
            proxy_hops=given.number("PACKETPOST_PROXY_HOPS", 0, 10),
            limits=Limits.read(given),
            expiry=Expiry.read(given),
            store=Store.read(given),
            ice=Ice.read(given),
            road=Road.read(given),
            session_ttl=given.number("PACKETPOST_SESSION_TTL_MINUTES", 10, 30) * 60,
            sweep_seconds=given.number("PACKETPOST_SWEEP_SECONDS", 1, 86_400),
            drain_seconds=given.number("PACKETPOST_DRAIN_SECONDS", 1, 86_400),
            upload_password=given.text("PACKETPOST_UPLOAD_PASSWORD"),
            rate_limits=given.switch("PACKETPOST_RATE_LIMITS"),
            connections=given.number("PACKETPOST_MAX_CONNECTIONS", 1),
            log=given.choice("PACKETPOST_LOG", "json", "text"),
            admin_token=_admin_token(given, "PACKETPOST_ADMIN_TOKEN"),
            report_webhook=given.web_address("PACKETPOST_REPORT_WEBHOOK"),
            security_contact=_contact(given, "PACKETPOST_SECURITY_CONTACT"),
        )
        if settings.workers > 1 and not settings.store.redis_url:
            raise SettingsError(
                f"WEB_CONCURRENCY is {settings.workers}, but several workers need a Redis that they share. Set "
                "REDIS_URL, as in redis://localhost:6379/0, or WEB_CONCURRENCY=1 (one worker serves many people at "
                "once)."
            )
        return settings


def _public_url(environ: Environ, name: str) -> str:
    url = environ.web_address(name).rstrip("/")
    # The path is where the server stands at a host that others share.
    found = re.fullmatch(r"https?://([^/?#@\s]+)(/[\w.~-]+)*", url, re.ASCII)
    if url and not (found and parse_host(found[1])):
        raise SettingsError(f"{name} must be an address as in https://post.example or https://example.org/post.")
    return url


def _hours(environ: Environ, name: str) -> list[int]:
    parts = environ.items(name)
    if not all(part.isascii() and part.isdigit() and int(part) > 0 for part in parts):
        raise SettingsError(f"{name} must be whole hours separated by commas, as in 1,24,168.")
    return sorted({int(part) for part in parts})


def _redis_url(environ: Environ, name: str) -> str:
    url = environ.text(name)
    if url and not url.startswith(("redis://", "rediss://", "unix://")):
        raise SettingsError(f"{name} must start with redis://, rediss:// or unix://, as in redis://localhost:6379/0.")
    if url:
        check_installed(name, "redis")
    return url


def _files_url(environ: Environ, name: str) -> str:
    url = environ.text(name)
    if "://" not in url:
        return url
    if not re.match(r"s3://[^/]+", url):
        raise SettingsError(f"{name} must be a folder, or an S3 bucket as in s3://bucket/prefix.")
    check_installed(name, "boto3")
    return url


def _admin_token(environ: Environ, name: str) -> str:
    token = environ.text(name)
    if token and len(token) < _LEAST_TOKEN:
        raise SettingsError(f"{name} must have at least {_LEAST_TOKEN} characters, as `openssl rand -hex 16` makes.")
    return token


def _contact(environ: Environ, name: str) -> str:
    uri = environ.text(name)
    if uri and not re.fullmatch(r"(mailto:[^\s@]+@[^\s@]+|https://\S+)", uri):
        raise SettingsError(
            f"{name} must be an address as in mailto:security@post.example or https://post.example/security."
        )
    return uri
