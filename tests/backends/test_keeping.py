"""What is kept over restarts, and what goes when its time has come."""

import os
import subprocess
import sys
import threading
from collections.abc import Callable

import requests

from tests.support.bytes_server import SECONDS
from tests.support.http import MIB, begin, content, fetch, fetched, line, sha256, share, start_patch, stored
from tests.support.server_process import ROOT, Server, wait_until


def gone(url: str) -> bool:
    return fetch(url).status_code in (404, 410)


def sweep(server: Server) -> str:
    """What the command says."""
    environ = {**os.environ, "PACKETPOST_DATA_DIR": str(server.data_dir)}
    command = [sys.executable, "-m", "flask", "--app", "app", "sweep"]
    return subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, check=True).stdout


def test_an_expired_link_is_gone_on_every_read_before_any_sweep(serve: Callable[..., Server]) -> None:
    server = serve(PACKETPOST_SWEEP_SECONDS="3600")
    link = share(server, content(1000), headers={"X-Expiry": "1s"})
    wait_until(lambda: gone(link.url), SECONDS, "the link does not expire")
    assert gone(link.download_url)
    assert gone(link.zip_url)
    assert len(stored(server)) == 1


def test_the_command_frees_the_disk_beside_a_running_server(serve: Callable[..., Server]) -> None:
    server = serve(PACKETPOST_SWEEP_SECONDS="3600")
    link, kept = share(server, content(1000), headers={"X-Expiry": "1s"}), share(server, content(5))
    wait_until(lambda: gone(link.url), SECONDS, "the link does not expire")
    assert sweep(server) == "Removed 1 links, 0 uploads, 0 files without a record.\n"
    assert len(stored(server)) == 1
    assert fetched(kept.download_url) == sha256(content(5))


def test_the_timer_frees_the_disk(serve: Callable[..., Server]) -> None:
    server = serve(PACKETPOST_SWEEP_SECONDS="1")
    share(server, content(1000), headers={"X-Expiry": "1s"})
    wait_until(lambda: not stored(server), SECONDS, "nothing was swept")


def test_a_used_up_link_is_gone_at_once_for_others(serve: Callable[..., Server]) -> None:
    server = serve()
    link = share(server, content(1000), headers={"X-Downloads": "1"})
    assert fetched(link.download_url) == sha256(content(1000))
    assert gone(link.url)


def test_a_restart_keeps_links_owners_and_offsets(serve: Callable[..., Server]) -> None:
    server = serve()
    link, upload = share(server, content(1000)), begin(server, 10)
    upload.patch(0, b"12345")
    server.stop()
    server.start()
    assert fetched(link.download_url) == sha256(content(1000))
    assert upload.offset() == 5
    link.delete()
    assert gone(link.url)


def test_a_killed_put_leaves_nothing_after_the_next_start(serve: Callable[..., Server]) -> None:
    server = serve()
    with line(server) as connection:
        connection.ask("PUT", "/a.bin", content(MIB), announced=2 * MIB)
        wait_until(lambda: any(path.stat().st_size for path in stored(server)), SECONDS, "no byte arrived")
        server.kill()
    server.start()
    wait_until(lambda: not stored(server), SECONDS, "the half-made upload is still there")


def test_a_stopping_server_lets_a_running_upload_finish(serve: Callable[..., Server]) -> None:
    server, data = serve(), content(2 * MIB)
    upload = begin(server, len(data))
    with line(server) as connection:
        start_patch(connection, upload, 0, len(data), data[:MIB])
        upload.holds(MIB)
        stopping = threading.Thread(target=server.stop)
        stopping.start()
        connection.send(data[MIB:])
        assert connection.reply("PATCH").status == 204
        stopping.join(SECONDS)
    server.start()
    assert fetched(upload.shown.download_url) == sha256(data)


def test_a_deleted_link_is_gone_from_the_disk(serve: Callable[..., Server]) -> None:
    server = serve()
    link = share(server, content(1000))
    assert requests.delete(link.delete_url, timeout=SECONDS).status_code == 204
    assert stored(server) == []
