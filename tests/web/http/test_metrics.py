"""`/metrics`: what is counted, when, and that several workers count together."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from prometheus_client.parser import text_string_to_metric_families

from packetpost.web.http.services import Services
from tests.support.bytes_server import SECONDS
from tests.support.fleet import Fleet
from tests.support.http import MIB, begin, content, fetch, line, put, share, start_patch
from tests.support.pages_steps import a_link
from tests.support.server_process import ROOT, Server, wait_until

WHAT = ("links", "uploads", "orphans")


def read(text: str, name: str, **labels: str) -> float:
    """The sum of the samples with that name and those labels."""
    families = text_string_to_metric_families(text)
    samples = [sample for family in families for sample in family.samples if sample.name == f"packetpost_{name}"]
    return sum(sample.value for sample in samples if labels.items() <= sample.labels.items())


def metric(server: Server, name: str, **labels: str) -> float:
    return read(fetch(f"{server.url}/metrics").text, name, **labels)


def grows_by(server: Server, count: float, name: str, **labels: str) -> Callable[[], None]:
    """Remember a metric; the answer waits until it has grown by so much."""
    before = metric(server, name, **labels)

    def grown() -> float:
        return metric(server, name, **labels) - before

    def check() -> None:
        wait_until(lambda: grown() == count, SECONDS, lambda: f"{name} grew by {grown()}, not by {count}")

    return check


def test_an_upload_and_its_bytes_are_counted(server: Server) -> None:
    checks = [
        grows_by(server, 1, "uploads_begun_total"),
        grows_by(server, 1, "uploads_ended_total", how="whole"),
        grows_by(server, 5 * MIB, "received_bytes_total"),
        grows_by(server, 1, "requests_total", method="PUT", endpoint="api.put", status="201"),
        grows_by(server, 1, "request_seconds_count", method="PUT", endpoint="api.put"),
        grows_by(server, 1, "links"),
        grows_by(server, 5 * MIB, "stored_bytes"),
    ]
    share(server, content(5 * MIB))
    for check in checks:
        check()


def test_downloads_and_their_bytes_are_counted(server: Server) -> None:
    link = share(server, content(MIB))
    checks = [
        grows_by(server, 2, "downloads_begun_total"),
        grows_by(server, 2, "downloads_ended_total", how="whole"),
        grows_by(server, MIB + 1000, "sent_bytes_total"),
    ]
    fetch(link.download_url)
    fetch(link.download_url, {"Range": "bytes=0-999"})
    for check in checks:
        check()


def test_bytes_are_counted_while_they_come_and_an_upload_that_breaks_is_told(server: Server) -> None:
    begun = grows_by(server, 1, "uploads_begun_total")
    received, broken = (
        grows_by(server, 1000, "received_bytes_total"),
        grows_by(server, 1, "uploads_ended_total", how="broken"),
    )
    with line(server) as connection:
        start_patch(connection, begin(server, 5000), 0, 5000, bytes(1000))
        begun()
        received()
    broken()


def test_an_upload_that_is_refused_is_told(serve: Callable[..., Server]) -> None:
    small = serve(PACKETPOST_MAX_UPLOAD_BYTES="10")
    check = grows_by(small, 1, "uploads_ended_total", how="refused")
    assert put(small, bytes(11)).status_code == 413
    check()


def test_what_people_invent_makes_no_labels(server: Server) -> None:
    fetch(f"{server.url}/l/AAAAAAAAAAAAAAAAAAAAAA")
    with line(server) as connection:
        connection.ask("BREW", "/teapot")
        connection.reply()
    wait_until(lambda: metric(server, "requests_total", method="other", endpoint="none"), SECONDS, "not counted")
    text = fetch(f"{server.url}/metrics").text
    assert [word for word in ("AAAAAA", "BREW", "teapot") if word in text] == []


def test_rate_limits_are_counted_by_name(make_app: Callable[..., Flask]) -> None:
    client = make_app(PACKETPOST_RATE_LIMITS="on").test_client()
    before = read(client.get("/metrics").text, "rate_limited_total", limit="telemetry")
    for _ in range(61):
        answer = client.post("/api/transfer/telemetry", json={"outcome": "direct"})
    assert answer.status_code == 429
    assert read(client.get("/metrics").text, "rate_limited_total", limit="telemetry") == before + 1


def test_crashes_are_counted(make_app: Callable[..., Flask], monkeypatch: pytest.MonkeyPatch) -> None:
    client = make_app().test_client()
    before = read(client.get("/metrics").text, "errors_total", room="problems")
    monkeypatch.setattr("packetpost.web.links.pages.link_views.duration", lambda _: 1 / 0)
    assert client.get("/").status_code == 500
    assert read(client.get("/metrics").text, "errors_total", room="problems") == before + 1


def test_sweeps_and_what_they_freed_are_counted(app: Flask, services: Services) -> None:
    client = app.test_client()
    before = client.get("/metrics").text
    link = services.records.link(a_link(client).id)
    assert link is not None
    services.sweeper.sweep(link.expires_at)
    after = client.get("/metrics").text
    grown = {what: read(after, "swept_total", what=what) - read(before, "swept_total", what=what) for what in WHAT}
    assert grown == {"links": 1, "uploads": 0, "orphans": 0}
    assert read(after, "sweeps_total") - read(before, "sweeps_total") == 1


def test_sessions_are_counted_by_state(app: Flask, services: Services) -> None:
    services.sessions.create(0.0)
    services.sessions.create(2.0**33)
    text = app.test_client().get("/metrics").text
    assert [read(text, "sessions", state=state) for state in ("created", "expired")] == [1, 1]


COUNT = "from packetpost.web.http import metrics; metrics.begun('upload'); metrics.sockets.inc()"
TELL = "from packetpost.web.http import metrics; print(metrics.exposition(list).decode())"


def test_several_workers_count_together(tmp_path: Path) -> None:
    environ = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
    for _ in range(2):
        subprocess.run([sys.executable, "-c", COUNT], cwd=ROOT, env=environ, check=True)
    told = subprocess.run([sys.executable, "-c", TELL], cwd=ROOT, env=environ, check=True, capture_output=True)
    assert read(told.stdout.decode(), "uploads_begun_total") == 2
    assert read(told.stdout.decode(), "sockets") == 2


def test_two_workers_of_one_server_count_together(fleet: Callable[..., Fleet]) -> None:
    server = fleet(1, WEB_CONCURRENCY="2").servers[0]
    check = grows_by(server, 10, "uploads_begun_total")
    for _ in range(10):
        assert put(server, b"x").status_code == 201
    check()
    folder = Path(tempfile.gettempdir(), f"packetpost-counters-{server.pid}")
    assert len(list(folder.glob("counter_*.db"))) == 2
    server.stop()
    assert not folder.exists()
