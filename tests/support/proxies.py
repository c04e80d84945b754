"""nginx and Caddy from Debian in front of our server, run with exactly the files of `deploy/`.

Only ports, paths, the name and the certificate are put in.
"""

import os
import shutil
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path

from tests.support.server_process import ROOT, Server, free_port, wait_until

_SECONDS = 20


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for localhost that signs itself, and its key."""
    cert, key = folder / "cert.pem", folder / "key.pem"
    subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *subject]
    subprocess.run([*command, "-out", str(cert), "-keyout", str(key)], check=True, capture_output=True)
    return cert, key


class Proxied(Server):
    """A server behind a proxy; `url` is that of the proxy."""

    def __init__(self, folder: Path, proxy: Callable[["Proxied"], list[str]], **environ: str) -> None:
        """`proxy` writes its configuration into `folder` and returns the command that starts it."""
        self.folder, self.front, self.back = folder, free_port(), free_port()
        self.cert, self.key = certificate(folder)
        trust = {"SSL_CERT_FILE": str(self.cert), "PACKETPOST_PUBLIC_URL": f"https://localhost:{self.front}"}
        super().__init__(folder, **{"PACKETPOST_PROXY_HOPS": "1", **trust, **environ})
        self.port = self.back
        self._command = proxy(self)
        self._proxy: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"https://localhost:{self.front}" if self._proxy else f"http://localhost:{self.back}"

    def start(self) -> "Proxied":
        super().start()
        with (self.folder / "proxy.log").open("wb") as log:
            homes = {"XDG_CONFIG_HOME": str(self.folder), "XDG_DATA_HOME": str(self.folder)}  # Caddy keeps things there
            self._proxy = subprocess.Popen(self._command, env={**os.environ, **homes}, stdout=log, stderr=log)
        wait_until(self._listens, _SECONDS, lambda: (self.folder / "proxy.log").read_text())
        return self

    def _listens(self) -> bool:
        assert self._proxy is not None
        assert self._proxy.poll() is None, (self.folder / "proxy.log").read_text()
        try:
            with socket.create_connection(("127.0.0.1", self.front), 5):
                return True
        except ConnectionRefusedError:
            return False

    def stop(self) -> None:
        super().stop()
        if self._proxy:
            self._proxy.terminate()
            self._proxy.wait(_SECONDS)


def _put_in(text: str, places: dict[str, str]) -> str:
    for place, value in places.items():
        assert place in text, f"{place} is not in the file any more"
        text = text.replace(place, value)
    return text


def nginx(server: Proxied) -> list[str]:
    """`deploy/nginx.conf` as the only site of an nginx."""
    program = shutil.which("nginx")
    assert program, "nginx is not installed. Run: sh tests/prepare.sh"
    folder, plain = server.folder, free_port()
    places = {
        "POST.EXAMPLE;": "localhost;",
        "127.0.0.1:8000": f"127.0.0.1:{server.back}",
        "listen 80;": f"listen 127.0.0.1:{plain};",
        "listen [::]:80;": f"listen [::1]:{plain};",
        "listen 443 ": f"listen 127.0.0.1:{server.front} ",
        "listen [::]:443 ": f"listen [::1]:{server.front} ",
        "/etc/letsencrypt/live/POST.EXAMPLE/fullchain.pem": str(server.cert),
        "/etc/letsencrypt/live/POST.EXAMPLE/privkey.pem": str(server.key),
    }
    (folder / "site.conf").write_text(_put_in((ROOT / "deploy/nginx.conf").read_text(), places))
    temporary = "".join(
        f"{kind}_temp_path {folder}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (folder / "nginx.conf").write_text(
        f"daemon off;\npid {folder}/nginx.pid;\nerror_log stderr;\nevents {{ worker_connections 1024; }}\n"
        f"http {{\naccess_log {folder}/access.log;\n{temporary}include {folder}/site.conf;\n}}\n"
    )
    return [program, "-p", str(folder), "-c", str(folder / "nginx.conf")]


def spoiled_nginx(server: Proxied) -> list[str]:
    """The same without what makes it good: as people have it before they read our file."""
    command, site = nginx(server), server.folder / "site.conf"
    places = {
        "client_max_body_size 0;": "",
        "proxy_request_buffering off;": "",
        "proxy_buffering off;": "",
        "proxy_set_header Upgrade $http_upgrade;": "",
        "proxy_set_header X-Forwarded-For $remote_addr;": "",
        "proxy_set_header X-Forwarded-Proto $scheme;": "",
    }
    site.write_text(_put_in(site.read_text(), places))
    return command


def gathering_nginx(server: Proxied) -> list[str]:
    """The same, where somebody has all answers gathered and compressed, whatever programs say."""
    command, site = nginx(server), server.folder / "site.conf"
    gathers = "proxy_buffering on; proxy_ignore_headers X-Accel-Buffering; gzip on; gzip_types *; gzip_proxied any;"
    site.write_text(_put_in(site.read_text(), {"proxy_buffering off;": gathers}))
    return command


def caddy(server: Proxied) -> list[str]:
    """`deploy/Caddyfile`, with a certificate given instead of fetched."""
    program = shutil.which("caddy")
    assert program, "caddy is not installed. Run: sh tests/prepare.sh"
    site = f"https://localhost:{server.front} {{\n\ttls {server.cert} {server.key}"
    places = {"POST.EXAMPLE {": site, "127.0.0.1:8000": f"127.0.0.1:{server.back}"}
    text = _put_in((ROOT / "deploy/Caddyfile").read_text(), places)
    path = server.folder / "Caddyfile"
    path.write_text(f"{{\n\tadmin off\n\tauto_https disable_redirects\n}}\n{text}")
    return [program, "run", "--config", str(path), "--adapter", "caddyfile"]


PREFIX = "/post"


class ProxiedBelow(Proxied):
    """A server below a path of a host that others share. `told`: by the setting, else by the proxy's header."""

    def __init__(self, folder: Path, proxy: Callable[[Proxied], list[str]], told: bool) -> None:
        super().__init__(folder, proxy)
        self._environ["PACKETPOST_PUBLIC_URL"] = f"https://localhost:{self.front}{PREFIX}" if told else ""

    @property
    def url(self) -> str:
        return super().url + (PREFIX if self._proxy else "")


def _below(server: Proxied, places: dict[str, str]) -> list[str]:
    command, site = nginx(server), server.folder / "site.conf"
    site.write_text(_put_in(site.read_text(), places))
    return command


def nginx_keeping_the_prefix(server: Proxied) -> list[str]:
    """nginx with our location below a path, which stays in requests."""
    return _below(server, {"  location / {\n    proxy_pass": f"  location {PREFIX}/ {{\n    proxy_pass"})


def nginx_cutting_the_prefix(server: Proxied) -> list[str]:
    """The same, which cuts the path off and says so."""
    places = {
        "  location / {\n    proxy_pass http://packetpost;": f"  location {PREFIX}/ {{\n    proxy_pass http://packetpost/;",
        'X-Forwarded-Prefix "";': f"X-Forwarded-Prefix {PREFIX};",
    }
    return _below(server, places)


def caddy_cutting_the_prefix(server: Proxied) -> list[str]:
    """Caddy, which cuts the path off without a word."""
    command, path = caddy(server), server.folder / "Caddyfile"
    path.write_text(_put_in(path.read_text(), {"\treverse_proxy": f"\turi strip_prefix {PREFIX}\n\treverse_proxy"}))
    return command
