"""Where people see us: scheme, host, port and base path. Made here from what a request says, and checked.

Flask gets only hosts and paths that it can work with; what cannot be true falls back to the address of the connection.
"""

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from flask import Flask, request

from packetpost.hosts import parse_host
from packetpost.inputs import whole_number
from packetpost.web.http.services import services

if TYPE_CHECKING:
    from collections.abc import Iterable

    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

# In the environ of a server that knows it: (host, port) of the connection's own end.
LOCAL_ADDRESS = "packetpost.local_address"
_ORIGIN = "packetpost.origin"
_DEFAULT_PORTS = {"http": 80, "https": 443}
_SLASHES = re.compile("/{2,}")
_PREFIX = re.compile(r"(?:/[\w.~-]{1,64}){1,8}", re.ASCII)


class _Origin:
    """The app, with the origin in its environ, a `Host` that Werkzeug takes, and the base path in `SCRIPT_NAME`."""

    def __init__(self, app: "WSGIApplication", base: str) -> None:
        self._app, self._base = app, base

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> "Iterable[bytes]":
        scheme = "https" if environ.get("wsgi.url_scheme") == "https" else "http"
        environ["wsgi.url_scheme"] = scheme
        environ[_ORIGIN] = f"{scheme}://{_host(environ, scheme)}"
        # Nothing below looks at it but Werkzeug, which knows of fewer hosts than there are.
        environ["HTTP_HOST"] = "localhost"
        _move_base(environ, self._base or _forwarded(environ))
        return self._app(environ, start_response)


def init(app: Flask, public_url: str) -> None:
    """Give every request its origin; `public_url` is what the operator says that it is, or ''."""
    app.wsgi_app = _Origin(app.wsgi_app, urlsplit(public_url).path.rstrip("/"))  # type: ignore[method-assign]


def public_origin() -> str:
    """Scheme, host and port under which people see us."""
    parts = urlsplit(services().settings.public_url)
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else str(request.environ[_ORIGIN])


def seen_host() -> str:
    """Host and port as this request says them, whatever the operator says."""
    return urlsplit(str(request.environ[_ORIGIN])).netloc


def local(path: str) -> str:
    """A path of ours as browsers must ask for it: below the base path."""
    return request.script_root + path


def absolute(path: str) -> str:
    """The full address of a path that `local` made, as people see it."""
    return public_origin() + path


def _host(environ: "WSGIEnvironment", scheme: str) -> str:
    if found := parse_host(environ.get("HTTP_HOST", "")):
        return _with_port(*found, scheme)
    # ProxyFix may have put a stranger's word into SERVER_NAME.
    fixed = environ.get("werkzeug.proxy_fix.orig", environ)
    name, port_text = environ.get(LOCAL_ADDRESS) or (fixed.get("SERVER_NAME") or "", fixed.get("SERVER_PORT") or "")
    name = str(name).removeprefix("::ffff:").strip("[]")
    if name in ("", "::", "0.0.0.0"):
        name = "localhost"
    return _with_port(f"[{name}]" if ":" in name else name, whole_number(str(port_text), 65535) or 0, scheme)


def _with_port(name: str, port: int, scheme: str) -> str:
    """As browsers write it in `Origin`: without the scheme's own port."""
    return name if port in (0, _DEFAULT_PORTS[scheme]) else f"{name}:{port}"


def _forwarded(environ: "WSGIEnvironment") -> str:
    """The prefix that a proxy of ours cut off: ProxyFix has put it here, as far as it may be believed."""
    prefix = environ.get("SCRIPT_NAME", "").rstrip("/")
    return prefix if _PREFIX.fullmatch(prefix) and ".." not in prefix else ""


def _move_base(environ: "WSGIEnvironment", base: str) -> None:
    """Into `SCRIPT_NAME`, whether a proxy has cut it off the path or not.

    Slashes that somebody doubled are one: Werkzeug would lead to the address that it makes of the `Host` above.
    """
    path = _SLASHES.sub("/", environ.get("PATH_INFO", ""))
    if base and (path == base or path.startswith(f"{base}/")):
        path = path[len(base) :] or "/"
    environ["PATH_INFO"] = path
    environ["SCRIPT_NAME"] = base
