"""The servers that are compared, each on a port and in a folder of its own on the same disk, as its makers ship it."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from socket import socket

import requests

from benchmarks.place import WORK
from benchmarks.processes import children, running
from tests.support.server_process import ROOT, Server, free_port, wait_until

_HERE = Path(__file__).parent
_PATH = os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin"
_START_SECONDS = 30
# The lines that matter are those of Debian's nginx.conf; `tuned` is the one that makes its uploads fast. The body is
# written below the same folder first, so that moving it into place is a rename.
_NGINX = """
daemon off;
worker_processes auto;
pid {folder}/nginx.pid;
error_log stderr;
{user}
events {{ worker_connections 768; }}
http {{
  sendfile on;
  tcp_nopush on;
  access_log off;
  types {{ }}
  default_type application/octet-stream;
  client_max_body_size 0;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  {tuned}
  server {{
    listen 127.0.0.1:{port};
    root {folder}/files;
    {dav}
  }}
}}
"""


class Missing(Exception):
    """A peer that is not here; its sentence says what is left out."""


@dataclass(frozen=True, slots=True)
class Host:
    """A server that runs: its address, the folder below which it stores files, and the leader of its processes."""

    url: str
    folder: Path
    pid: int

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    @property
    def worker(self) -> int:
        """The one process that serves, where a master only watches over it."""
        (pid,) = children(self.pid)
        return pid

    def stored(self, size: int) -> list[Path]:
        """The stored files of exactly `size` bytes."""
        return [path for path in self.folder.rglob("*") if path.is_file() and path.stat().st_size == size]


@contextmanager
def packet_post(most_bytes: int, **environ: str) -> Iterator[Host]:
    """Our server as the Procfile starts it, with room for uploads of `most_bytes`, and for many of them.

    `environ` are further settings.
    """
    folder = _new_folder("packet-post")
    server = Server(
        folder,
        PACKETPOST_MAX_UPLOAD_BYTES=str(most_bytes),
        PACKETPOST_MAX_STORED_BYTES=str(max(most_bytes * 4, 2**38)),
        **environ,
    )
    server.start()
    try:
        yield Host(f"http://127.0.0.1:{server.port}", server.data_dir, server.pid)
    finally:
        server.stop()
        shutil.rmtree(folder)


@contextmanager
def packet_post_at(listeners: Sequence[socket], road: bool = False) -> Iterator[str]:
    """Our server on sockets that listen already, perhaps in other networks, all on one port; its address in each.

    It tells browsers of no STUN server, so that nothing leaves this machine.
    """
    folder, port = _new_folder("packet-post-live"), listeners[0].getsockname()[1]
    numbers = [listener.fileno() for listener in listeners]
    binds = [argument for number in numbers for argument in ("--bind", f"fd://{number}")]
    command = [
        sys.executable,
        "-m",
        "gunicorn",
        "--config",
        str(ROOT / "packetpost/web/serving/gunicorn_conf.py"),
        *binds,
        "app:app",
    ]
    # A road that is not what is measured would go past the line between the browsers.
    settings = {
        "PACKETPOST_DATA_DIR": str(folder / "data"),
        "PACKETPOST_RATE_LIMITS": "off",
        "PACKETPOST_ROAD": "on" if road else "off",
    }
    with _serving(command, port, folder, numbers, **settings, PACKETPOST_ICE_SERVERS="[]", PORT=str(port)) as host:
        yield host.url


@contextmanager
def nginx(tuned: bool = False, uploads: bool = True) -> Iterator[Host]:
    """nginx, for WebDAV PUT and plain GET. `tuned`: with a body buffer of 1 MiB instead of 16 KiB."""
    program = shutil.which("nginx", path=_PATH)
    if not program:
        raise Missing("nginx is not installed.")
    told = subprocess.run([program, "-V"], capture_output=True, text=True, check=True).stderr
    if uploads and "http_dav_module" not in told:
        raise Missing("This nginx has no http_dav_module and takes no uploads.")
    folder, port = _new_folder("nginx-tuned" if tuned else "nginx"), free_port()
    (folder / "files").mkdir()
    config = folder / "nginx.conf"
    config.write_text(
        _NGINX.format(
            folder=folder,
            port=port,
            user="user root;" if os.geteuid() == 0 else "",
            tuned="client_body_buffer_size 1m;" if tuned else "",
            dav="dav_methods PUT DELETE;" if uploads else "",
        )
    )
    with _serving([program, "-e", "stderr", "-c", str(config)], port, folder) as host:
        yield host


@contextmanager
def copyparty() -> Iterator[Host]:
    """copyparty with its defaults and one folder in which everybody may do everything."""
    if not find_spec("copyparty"):
        raise Missing("copyparty is not installed (benchmarks/requirements.txt).")
    folder, port = _new_folder("copyparty"), free_port()
    (folder / "files").mkdir()
    command = [sys.executable, "-m", "copyparty", "-i", "127.0.0.1", "-p", str(port), "-v", f"{folder}/files::A"]
    with _serving(command, port, folder, XDG_CONFIG_HOME=str(folder)) as host:
        yield host


@contextmanager
def tus_server() -> Iterator[Host]:
    """@tus/server with its file store; uploads are made at /files."""
    if not shutil.which("node") or not (_HERE / "node_modules/@tus/server").is_dir():
        raise Missing("@tus/server is not installed (benchmarks/prepare.sh).")
    folder, port = _new_folder("tus-server"), free_port()
    (folder / "files").mkdir()
    command = ["node", str(_HERE / "tus_server.mjs"), str(port), str(folder / "files")]
    with _serving(command, port, folder) as host:
        yield host


def _new_folder(name: str) -> Path:
    folder = WORK / name
    folder.mkdir()
    return folder


@contextmanager
def _serving(
    command: list[str], port: int, folder: Path, pass_fds: Sequence[int] = (), **environ: str
) -> Iterator[Host]:
    """Run a peer until the block ends; its files go with it."""
    log = folder / "server.log"
    host_url = f"http://127.0.0.1:{port}"
    with running(command, log, pass_fds, **environ) as pid:
        wait_until(
            lambda: _answers(host_url), _START_SECONDS, lambda: f"{command[0]} did not start:\n{log.read_text()}"
        )
        yield Host(host_url, folder / "files", pid)
    shutil.rmtree(folder)


def _answers(url: str) -> bool:
    """Whether anything answers, with whatever status."""
    try:
        requests.get(url, timeout=5)
    except requests.RequestException:
        return False
    return True
