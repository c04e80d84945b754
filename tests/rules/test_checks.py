"""Readiness, and the operator's self-check: who may see it, and that it finds what is wrong."""

import json
import shutil
from collections.abc import Callable
from typing import Any

import pytest
import requests
from flask import Flask
from flask.testing import FlaskClient

from packetpost.web.http.services import Services
from tests.support.bytes_server import SECONDS
from tests.support.fleet import Fleet
from tests.support.http import fetch
from tests.support.redis_process import RedisServer
from tests.support.s3_process import S3Server
from tests.support.server_process import Server
from tests.web.http.test_metrics import read

TOKEN = "an-admin-token-of-oak"
BEARER = {"Authorization": f"Bearer {TOKEN}"}


def findings(server: Server, expected_exit: int = 0) -> dict[str, dict[str, Any]]:
    """What `flask --app app check` finds, by name."""
    return {one["name"]: one for one in json.loads(server.flask("check", "--json", exits=expected_exit))}


@pytest.fixture(scope="module")
def checked(serve: Callable[..., Server]) -> Server:
    """A server that has an operator."""
    return serve(PACKETPOST_ADMIN_TOKEN=TOKEN, PACKETPOST_REQUEST_BYTES="1000000")


def test_a_healthy_server_is_ready_and_names_its_checks(client: FlaskClient) -> None:
    answer = client.get("/healthz?ready").get_json()
    assert answer == {"success": True, "checks": {"facts": "ok", "bytes": "ok", "disk": "ok", "room": "ok"}}


def test_a_server_whose_files_are_gone_is_alive_and_not_ready(
    client: FlaskClient, capsys: pytest.CaptureFixture[str]
) -> None:
    services: Services = client.application.extensions["packetpost"]
    shutil.rmtree(f"{services.settings.store.data_dir}/files")
    answer = client.get("/healthz?ready")
    assert (answer.status_code, client.get("/healthz").status_code) == (503, 200)
    assert answer.get_json()["reasons"][0] == "Files cannot be stored."
    assert read(client.get("/metrics").text, "ready", check="bytes") == 0
    assert '"event": "not-ready"' in capsys.readouterr().err


def test_without_redis_it_is_alive_and_says_what_is_missing(fleet: Callable[..., Fleet]) -> None:
    alone = fleet(1)
    alone.redis.kill()
    answer = fetch(f"{alone.servers[0].url}/healthz?ready")
    assert (answer.status_code, answer.json()["reasons"]) == (503, ["Facts cannot be written."])
    assert answer.json()["checks"] == {"facts": "Facts cannot be written.", "bytes": "ok"}
    counted = fetch(f"{alone.servers[0].url}/metrics").text
    assert [read(counted, "ready", check=name) for name in ("facts", "bytes")] == [0, 1]


def test_a_disk_below_its_minimum_is_named(make_app: Callable[..., Flask]) -> None:
    client = make_app(PACKETPOST_MIN_FREE_BYTES=str(2**60)).test_client()
    told = client.get("/healthz?ready").get_json()["checks"]
    assert told["disk"] == "Less is free on the disk than PACKETPOST_MIN_FREE_BYTES."
    assert told["facts"] == "ok"


PATHS = [("GET", "/check/seen"), ("POST", "/check/body"), ("GET", "/check/drip"), ("POST", "/check/outside")]
PATHS += [("GET", "/check/road"), ("PUT", "/check/road")]


@pytest.mark.parametrize(("method", "path"), [*PATHS, ("GET", "/check"), ("POST", "/check/enter")])
def test_without_a_token_there_is_no_check(client: FlaskClient, method: str, path: str) -> None:
    assert client.open(path, method=method, headers={"Authorization": "Bearer "}).status_code == 404


@pytest.mark.parametrize(("method", "path"), PATHS)
def test_strangers_get_nothing(make_app: Callable[..., Flask], method: str, path: str) -> None:
    client = make_app(PACKETPOST_ADMIN_TOKEN=TOKEN).test_client()
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": f"Basic {TOKEN}"}):
        assert client.open(path, method=method, headers=headers).status_code == 403


@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_where_the_road_is_off_the_check_has_none_either(make_app: Callable[..., Flask], method: str) -> None:
    client = make_app(PACKETPOST_ADMIN_TOKEN=TOKEN, PACKETPOST_ROAD="off").test_client()
    headers = {"Authorization": f"Bearer {TOKEN}", "Accept": "application/json"}
    answer = client.open("/check/road", method=method, headers=headers, data=b"x")
    assert (answer.status_code, (answer.get_json() or {}).get("code")) == (403, "road-off")


def test_the_form_opens_the_page_for_this_browser(make_app: Callable[..., Flask]) -> None:
    client = make_app(PACKETPOST_ADMIN_TOKEN=TOKEN).test_client()
    assert client.get("/check").status_code == 401
    wrong = client.post("/check/enter", data={"token": "wrong"})
    assert (wrong.status_code, "is not this server" in wrong.text, 'name="token"' in wrong.text) == (403, True, True)
    assert client.post("/check/enter", data={"token": TOKEN}).status_code == 303
    page = client.get("/check")
    assert (page.status_code, "Facts can be written (SQLite)." in page.text) == (200, True)
    assert TOKEN not in page.text


def test_a_new_token_ends_old_sessions(make_app: Callable[..., Flask]) -> None:
    client = make_app(PACKETPOST_ADMIN_TOKEN=TOKEN).test_client()
    client.post("/check/enter", data={"token": TOKEN})
    cookie = client.get_cookie("packetpost")
    assert cookie is not None
    later = make_app(PACKETPOST_ADMIN_TOKEN=f"{TOKEN}-too").test_client()
    later.set_cookie("packetpost", cookie.value)
    assert later.get("/check").status_code == 401


def test_guessing_the_token_is_limited(make_app: Callable[..., Flask]) -> None:
    client = make_app(PACKETPOST_ADMIN_TOKEN=TOKEN, PACKETPOST_RATE_LIMITS="on").test_client()
    by_form = [client.post("/check/enter", data={"token": "wrong"}).status_code for _ in range(31)]
    by_header = [client.get("/check/seen", headers={"Authorization": "Bearer x"}).status_code for _ in range(61)]
    assert (by_form[-1], by_header[-1]) == (429, 429)


def test_a_server_without_a_proxy_passes_from_outside(checked: Server) -> None:
    found = findings(checked)
    states = {name: finding["state"] for name, finding in found.items()}
    assert {name for name, state in states.items() if state != "ok"} == {"turn", "rate limits", "https"}
    assert len(states) == 16
    assert all(finding["advice"] for finding in found.values() if finding["state"] != "ok")


def test_the_page_looks_from_outside_as_well(checked: Server) -> None:
    answer = requests.post(f"{checked.url}/check/outside", headers=BEARER, timeout=SECONDS)
    assert "Bodies of 1,000,000 bytes get through." in answer.text
    assert "WebSockets get through." in answer.text


def test_the_table_is_for_people(checked: Server) -> None:
    lines = checked.flask("check").splitlines()
    assert "ok    facts               Facts can be written (SQLite)." in lines
    assert any(line.strip().startswith("-> Set up coturn") for line in lines)


def test_what_is_behind_a_dead_address_is_told(serve: Callable[..., Server]) -> None:
    server = serve(PACKETPOST_ADMIN_TOKEN=TOKEN, PACKETPOST_PUBLIC_URL="http://localhost:9")
    assert findings(server, expected_exit=1)["public address"]["state"] == "fail"


def test_another_server_at_the_public_address_is_told(serve: Callable[..., Server], checked: Server) -> None:
    server = serve(PACKETPOST_ADMIN_TOKEN=f"{TOKEN}-2", PACKETPOST_PUBLIC_URL=checked.url)
    assert "answers 403" in findings(server, expected_exit=1)["public address"]["said"]


def test_hops_that_are_not_there_are_told(serve: Callable[..., Server]) -> None:
    server = serve(PACKETPOST_ADMIN_TOKEN=TOKEN, PACKETPOST_PROXY_HOPS="1", PACKETPOST_REQUEST_BYTES="65536")
    found = findings(server, expected_exit=1)["client address"]
    assert (found["state"], "Lower it" in found["advice"]) == ("fail", True)


def test_what_the_check_sends_is_not_kept(checked: Server) -> None:
    body = requests.post(f"{checked.url}/check/body", b"x" * 1000, headers=BEARER, timeout=SECONDS)
    assert body.json()["bytes"] == 1000
    assert fetch(f"{checked.url}/check/seen", BEARER).json()["forwarded"] == 0
    assert not [path for path in (checked.data_dir / "files").rglob("*") if path.is_file()]


def test_redis_and_s3_are_named(serve: Callable[..., Server], rclone: S3Server, redis_for_all: RedisServer) -> None:
    found = findings(serve(REDIS_URL=redis_for_all.url, **rclone.environ_below("checks")))
    assert (found["facts"]["said"], found["bytes"]["said"]) == (
        "Facts can be written (Redis).",
        "Files can be stored (S3).",
    )


def test_a_dead_relay_is_told(make_app: Callable[..., Flask]) -> None:
    app = make_app(PACKETPOST_TURN_URLS="turn:127.0.0.1:9?transport=tcp", PACKETPOST_TURN_SECRET="soup")
    found = json.loads(app.test_cli_runner().invoke(args=["check", "--json"]).stdout)
    turn = next(one for one in found if one["name"] == "turn")
    assert (turn["state"], "does not answer" in turn["said"]) == ("fail", True)
