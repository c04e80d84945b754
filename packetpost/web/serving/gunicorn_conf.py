"""gunicorn's configuration, loaded by path: `gunicorn --config packetpost/web/serving/gunicorn_conf.py app:app`.

Says how the server listens, what one connection may take, and what happens around each request. The master reads this
before gevent has patched anything, so nothing heavy is imported up here.
"""

import ctypes
import gc
import os
import resource
import shutil
import socket
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gunicorn.glogging import Logger

from packetpost import logs
from packetpost.errors import SettingsError
from packetpost.settings import MIB, Settings

if TYPE_CHECKING:
    from gunicorn.arbiter import Arbiter
    from gunicorn.config import Config
    from gunicorn.http.message import Request
    from gunicorn.http.wsgi import Response
    from gunicorn.workers.base import Worker

# Idle and unfinished connections cost 40 KiB each; transfers hold two or three file descriptors. Of signaling's sockets
# one worker holds 5,000 (benchmarks/signaling.py), and answers pages beside them.
_MOST_CONNECTIONS = 6000
_DESCRIPTORS_EACH = 3
_DESCRIPTORS_OF_OUR_OWN = 128
# mallopt(3): freed blocks are kept instead of being unmapped and faulted in again with every 1 MiB that gunicorn reads.
# 1.7 to 2.9 times faster for what goes through its buffers. They stand for MALLOC_TRIM_THRESHOLD_ and its kin, which
# glibc reads at exec only.
_MALLOC = {-1: 128 * MIB, -2: 16 * MIB, -3: 32 * MIB}  # M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_THRESHOLD


def _settings() -> Settings:
    try:
        return Settings.from_environ()
    except SettingsError as error:
        print(f"Packet Post cannot start: {error}", file=sys.stderr)
        sys.exit(1)


def _address(port: int) -> str:
    """IPv6 and IPv4 on one socket where the system has both, else IPv4."""
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as probe:
            if not probe.getsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY):
                probe.bind(("::", 0))
                return f"[::]:{port}"
    except OSError:
        pass
    return f"0.0.0.0:{port}"


def _connections() -> int:
    """As many as file descriptors suffice for: at their end, accept(2) would fail again and again, and log it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _MOST_CONNECTIONS * _DESCRIPTORS_EACH + _DESCRIPTORS_OF_OUR_OWN
    if soft != resource.RLIM_INFINITY and soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        return max(1, (soft - _DESCRIPTORS_OF_OUR_OWN) // _DESCRIPTORS_EACH)
    return _MOST_CONNECTIONS


class _Lines(Logger):  # type: ignore[misc]  # gunicorn has no types
    """gunicorn's own lines look like ours."""

    def setup(self, cfg: "Config") -> None:
        super().setup(cfg)
        for handler in self.error_log.handlers:
            handler.setFormatter(logs.formatter(_chosen.log))

    def exception(self, msg: str, *args: object, **kwargs: object) -> None:
        """A connection that broke is nobody's fault and takes one line; a traceback is for what needs mending."""
        error = sys.exc_info()[1]
        if isinstance(error, OSError) and msg.startswith("Socket error"):
            self.error("A connection broke off: %s", type(error).__name__)
        else:
            super().exception(msg, *args, **kwargs)


def _share_counters(workers: int) -> Path:
    """A folder in which several workers count together. Its name outlives reloads, which run this file again."""
    folder = Path(tempfile.gettempdir(), f"packetpost-counters-{os.getpid()}")
    if workers > 1:
        folder.mkdir(mode=0o700, exist_ok=True)
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)
    else:
        os.environ.pop("PROMETHEUS_MULTIPROC_DIR", None)
    return folder


_chosen = _settings()
_counters = _share_counters(_chosen.workers)

bind = _address(_chosen.port)
workers = _chosen.workers
worker_class = "packetpost.web.serving.worker.Worker"
# Further connections wait in the kernel's queue until one ends.
worker_connections = _connections()
# The event loop's heartbeat, no limit on a request: only a blocked loop trips it.
timeout = 60
# After SIGTERM and at a reload (SIGHUP) running transfers get this long; tus clients resume the rest elsewhere.
graceful_timeout = _chosen.drain_seconds
# Bounds the wait for a whole request head, from the connection or the last answer on. Above the 60 s for which proxies
# keep idle connections, so that they never send into one that is being closed.
keepalive = 65
limit_request_line = 8190
limit_request_fields = 64
limit_request_field_size = 8190
# `fetch` in pages sends `patch` as it was written, and some tus clients do too.
permit_unconventional_http_method = casefold_http_method = True
# The app looks at X-Forwarded-* itself, and only as far as PACKETPOST_PROXY_HOPS says.
forwarded_allow_ips = ""
secure_scheme_headers: dict[str, str] = {}
control_socket_disable = True
logger_class = _Lines
accesslog = None  # `request_log` writes a line a request, without what gunicorn's would tell
# The heartbeat's file: on a busy disk touching it could block the event loop.
worker_tmp_dir = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


def when_ready(server: "Arbiter") -> None:
    """Say where it listens (gunicorn hook)."""
    server.log.info("Packet Post is at %s", _chosen.public_url or f"http://localhost:{_chosen.port}")


def child_exit(server: object, worker: "Worker") -> None:
    """What a dead worker held open is open no more; what it counted stays."""
    for path in _counters.glob(f"gauge_live*_{worker.pid}.db"):
        path.unlink(missing_ok=True)


def on_exit(server: object) -> None:
    """Remove the counters of this run (gunicorn hook)."""
    shutil.rmtree(_counters, ignore_errors=True)


def post_fork(server: object, worker: "Worker") -> None:
    """Tune the memory allocator of a new worker, and keep its files from others (gunicorn hook)."""
    os.umask(0o077)  # what is kept is for the owner only: files, facts, the key that signs cookies
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # glibc's; musl has none
    for parameter, value in _MALLOC.items():
        if mallopt:
            mallopt(parameter, value)


def _collect_seldom() -> None:
    """Look for garbage in cycles less often, and never among what was loaded.

    An open socket is 150 objects: with thousands of them every full look held up everybody for 100 ms and more.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000)


def post_worker_init(worker: "Worker") -> None:
    """Ready a worker before its first request (gunicorn hook)."""
    from packetpost import threads
    from packetpost.web.serving import gunicorn_internals
    from packetpost.web.serving.response_bodies import install_sendfile
    from packetpost.web.serving.unread_body import Announcing
    from packetpost.web.serving.worker import services_of, static_files_of

    _collect_seldom()
    install_sendfile()
    gunicorn_internals.wrap_app(worker, Announcing)
    if services := services_of(worker):
        services.sweeper.start()
    if static := static_files_of(worker):
        threads.later(static.warm)


def worker_exit(server: object, worker: "Worker") -> None:
    """Stop what a worker runs in the background (gunicorn hook)."""
    from packetpost.web.serving.worker import services_of

    if services := services_of(worker):
        services.sweeper.stop()
        services.relay.stop()
        services.roads.stop()


def pre_request(worker: "Worker", req: "Request") -> None:
    """Let others go first: the one of many connections that always has a request would starve them (p99 230 ms)."""
    import gevent

    from packetpost.web.serving import gunicorn_internals, unread_body

    if not unread_body.is_much(gunicorn_internals.stream_of(req)):
        gevent.sleep(0)


def post_request(worker: "Worker", req: "Request", environ: dict[str, Any], resp: "Response | None") -> None:
    """Write the request's line, and finish with what the app left unread of its body."""
    from packetpost.web.http import request_log
    from packetpost.web.serving import gunicorn_internals, unread_body

    request_log.end(environ)
    stream, sock = gunicorn_internals.stream_of(req), gunicorn_internals.connection_of(environ)
    if not gunicorn_internals.has_begun(resp):
        gunicorn_internals.close_after(stream)  # gunicorn answers with an error of its own and closes
    elif sock:
        unread_body.finish_connection(stream, sock)
