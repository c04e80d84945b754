"""Everything that people do, through nginx and through Caddy as `deploy/` configures them."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests
from websockets import Origin
from websockets.sync.client import connect

from tests.support.bytes_server import SECONDS
from tests.support.http import MIB, begin, content, fetch, fetched, put, sha256, share, share_all
from tests.support.proxies import Proxied, caddy, nginx, spoiled_nginx
from tests.support.server_process import ROOT, wait_until

TOKEN = "an-admin-token-of-oak"
PROXIES = {"nginx": nginx, "caddy": caddy}


@contextmanager
def trusted(server: Proxied) -> Iterator[Proxied]:
    """The server running, and everybody here trusting its certificate."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REQUESTS_CA_BUNDLE", str(server.cert))
        patch.setenv("SSL_CERT_FILE", str(server.cert))
        try:
            yield server.start()
        finally:
            server.stop()


@pytest.fixture(scope="module", params=PROXIES)
def proxied(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxied]:
    """A server behind the proxy."""
    folder = tmp_path_factory.mktemp(request.param)
    with trusted(Proxied(folder, PROXIES[request.param], PACKETPOST_ADMIN_TOKEN=TOKEN)) as server:
        yield server


def curl(proxied: Proxied, *words: str) -> str:
    command = ["curl", "-sS", "--fail", "--cacert", str(proxied.cert), *words]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout


def test_the_self_check_finds_nothing_wrong(proxied: Proxied) -> None:
    found = {one["name"]: one for one in json.loads(proxied.flask("check", "--json"))}
    outside = ("public address", "https", "client address", "websocket", "body size")
    for name in (*outside, "upload buffering", "download buffering", "road", "clock"):
        assert found[name]["state"] == "ok", found[name]


def test_the_self_check_finds_everything_that_is_wrong(tmp_path: Path) -> None:
    with trusted(Proxied(tmp_path, spoiled_nginx, PACKETPOST_ADMIN_TOKEN=TOKEN)) as server:
        found = {one["name"]: one for one in json.loads(server.flask("check", "--json", exits=1))}
    states = {name: found[name]["state"] for name in ("https", "client address", "websocket", "body size")}
    assert states == {"https": "fail", "client address": "fail", "websocket": "fail", "body size": "fail"}
    assert "(413)" in found["body size"]["said"]
    assert [found[f"{kind} buffering"]["state"] for kind in ("upload", "download")] == ["warn", "warn"]
    assert all(found[name]["advice"] for name in states)


@pytest.mark.parametrize("version", ["--http1.1", "--http2"])
def test_curl_sends_and_fetches(proxied: Proxied, tmp_path: Path, version: str) -> None:
    file = tmp_path / "film.bin"
    file.write_bytes(content(20 * MIB))
    link = curl(proxied, version, "-T", str(file), f"{proxied.url}/").strip()
    assert link.startswith(f"{proxied.url}/l/")
    curl(proxied, version, "-o", str(tmp_path / "back"), link.replace("/l/", "/api/download/"))
    assert (tmp_path / "back").read_bytes() == file.read_bytes()


def test_a_form_with_several_files_goes_through(proxied: Proxied) -> None:
    link = share_all(proxied, [("a", content(3 * MIB, 1)), ("b", content(5, 2))])
    assert [fetched(link.file_url(n)) for n in (0, 1)] == [sha256(content(3 * MIB, 1)), sha256(content(5, 2))]
    assert fetch(link.zip_url).headers["Content-Type"] == "application/zip"


def test_ranges_are_those_that_were_asked_for(proxied: Proxied) -> None:
    data = content(MIB)
    answer = fetch(share(proxied, data).download_url, {"Range": "bytes=1000-1999"})
    assert (answer.status_code, answer.content) == (206, data[1000:2000])
    assert answer.headers["Content-Range"] == f"bytes 1000-1999/{MIB}"


def test_a_tus_upload_keeps_what_came_before_a_break(proxied: Proxied) -> None:
    upload, data = begin(proxied, 2 * MIB), content(2 * MIB)

    def half() -> Iterator[bytes]:
        yield data[:MIB]
        upload.holds(MIB)  # it is stored while the request still runs
        raise ConnectionAbortedError

    with pytest.raises(requests.ConnectionError):
        upload.patch(0, half())
    wait_until(lambda: upload.patch(MIB, data[MIB:]).status_code == 204, SECONDS, "the upload stayed locked")
    assert fetched(upload.shown.download_url) == sha256(data)


def test_a_download_follows_an_upload_that_still_runs(proxied: Proxied) -> None:
    upload, data = begin(proxied, 2 * MIB), content(2 * MIB)
    upload.patch(0, data[:MIB])
    with requests.get(upload.shown.download_url, stream=True, timeout=SECONDS) as answer:
        pieces = answer.iter_content(MIB)
        first = b""
        while len(first) < MIB:
            first += next(pieces)
        assert upload.patch(MIB, data[MIB:]).status_code == 204
        assert first + b"".join(pieces) == data


def test_a_refused_body_is_answered_with_its_sentence(proxied: Proxied) -> None:
    answer = put(proxied, content(MIB), headers={"X-Expiry": "never"})
    assert (answer.status_code, "expiry" in answer.text) == (400, True)


def test_a_seat_is_taken_over_a_websocket(proxied: Proxied) -> None:
    made = requests.post(f"{proxied.url}/api/transfer/create", json={}, timeout=SECONDS).json()
    address = f"wss://localhost:{proxied.front}/live/{made['session']['transferCode']}/socket"
    with connect(address, origin=Origin(proxied.url)) as socket:
        socket.send(json.dumps({"type": "hello", "token": made["senderToken"]}))
        assert json.loads(socket.recv(SECONDS))["type"] == "welcome"


def test_cookies_are_secure_and_addresses_and_request_ids_cannot_be_pretended(proxied: Proxied) -> None:
    claims = {"X-Forwarded-For": "192.0.2.99", "X-Forwarded-Proto": "http", "X-Forwarded-Host": "evil.example"}
    answer = fetch(f"{proxied.url}/", {**claims, "X-Request-ID": "pretended-0123456789"})
    assert "Secure" in answer.headers["Set-Cookie"]
    request_id = answer.headers["X-Request-ID"]
    assert request_id != "pretended-0123456789"
    wait_until(lambda: request_id in proxied.log.read_text(), SECONDS, "the request is not in the log")
    [line] = [json.loads(one) for one in proxied.log.read_text().splitlines() if request_id in one]
    assert line["address"] == "127.0.0.0/24"


def test_the_proxy_writes_no_addresses_of_links(proxied: Proxied) -> None:
    link = share(proxied, b"12345")
    fetch(link.download_url)
    logs = [proxied.folder / name for name in ("proxy.log", "access.log")]
    assert [path for path in logs if path.exists() and link.id in path.read_text()] == []


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="there is no systemd here")
def test_systemd_takes_our_unit(tmp_path: Path) -> None:
    """`systemd-analyze verify` says nothing about it. Only the place of the program is put in."""
    place = tmp_path / "opt/.venv/bin/gunicorn"
    place.parent.mkdir(parents=True)
    place.write_text("#!/bin/sh\n")
    place.chmod(0o755)
    unit = tmp_path / "packetpost.service"
    unit.write_text((ROOT / "deploy/packetpost.service").read_text().replace("/opt/packetpost", str(tmp_path / "opt")))
    done = subprocess.run(["systemd-analyze", "verify", str(unit)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
