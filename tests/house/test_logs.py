"""The log: a JSON line an event, and nothing in it that belongs to people."""

import json
import logging
import re
from collections.abc import Callable
from typing import Any

import pytest
import requests
from flask import Flask
from websockets import ConnectionClosed
from websockets.sync.client import connect

from packetpost import logs
from tests.support.bytes_server import SECONDS
from tests.support.http import begin, content, fetch, line, put, share, share_all
from tests.support.server_process import Server, wait_until

NAME = "Räuberpistole über Tante Klärchen.pdf"
PASSWORD, UPLOAD_PASSWORD, TURN_SECRET = "mellon-mellon-mellon", "stamps-and-glue", "turnip-secret"


def lines(server: Server) -> list[dict[str, Any]]:
    """Every line of the server's log; each must be JSON."""
    return [json.loads(text) for text in server.log.read_text().splitlines()]


def requests_of(server: Server, endpoint: str) -> list[dict[str, Any]]:
    return [one for one in lines(server) if one["event"] == "request" and one["endpoint"] == endpoint]


@pytest.fixture(scope="module", params=["one machine", "Redis and S3"])
def places(request: pytest.FixtureRequest) -> dict[str, str]:
    """Settings that say where facts and bytes are kept."""
    if request.param == "one machine":
        return {}
    rclone, redis = request.getfixturevalue("rclone"), request.getfixturevalue("redis_for_all")
    return {**rclone.environ_below("logs"), "REDIS_URL": redis.url}


@pytest.fixture(scope="module")
def busy(serve: Callable[..., Server], places: dict[str, str]) -> tuple[Server, list[str]]:
    """A server that people have used in all ways, and every word of theirs."""
    server = serve(PACKETPOST_UPLOAD_PASSWORD=UPLOAD_PASSWORD, PACKETPOST_TURN_SECRET=TURN_SECRET, **places)
    key = {"X-Upload-Password": UPLOAD_PASSWORD}
    one = share(server, content(1000), NAME, {**key, "X-Password": PASSWORD})
    two = share_all(server, [(NAME, b"1"), ("Zweites.txt", b"2")], key)
    tus = begin(server, 100_000, {**key, "Upload-Metadata": "filename VGFudGUgS2xhZXJjaGVu"})
    tus.patch(0, content(100_000))
    tus.patch(7, b"wrong offset")
    fetch(f"{one.download_url}?password={PASSWORD}")
    fetch(one.download_url, {"X-Link-Password": PASSWORD})
    fetch(one.download_url, {"X-Link-Password": "wrong-guess"})
    fetch(two.zip_url, {"Cookie": "owner=my-cookie-of-oats", "User-Agent": "Remarkable/1.0"})
    put(server, b"x", NAME)
    made = requests.post(f"{server.url}/api/transfer/create", json={"uploadPassword": UPLOAD_PASSWORD}, timeout=SECONDS)
    session, code = made.json(), made.json()["session"]["transferCode"]
    fetch(f"{server.url}/live/{code}")
    fetch(f"{server.url}/l/{one.id}/owner/{one.delete_url.rpartition('/')[2]}")
    with line(server) as bare:
        bare.send(b"GET /l/secret-path HTTP/9.9 Tante\r\n\r\n")
        assert bare.closed()
    two.delete()
    words = [NAME, "Tante", "Kl%C3%A4rchen", "VGFudGUgS2xhZXJjaGVu", "Zweites", PASSWORD, "wrong-guess", "secret-path"]
    secrets = [UPLOAD_PASSWORD, TURN_SECRET, "my-cookie", "Remarkable", code, session["senderToken"]]
    ids = [one.id, two.id, tus.id, tus.shown.id, one.delete_url.rpartition("/")[2], session["session"]["transferId"]]
    wait_until(lambda: requests_of(server, "pages.delete_by_token"), SECONDS, "the last request is not in the log")
    return server, [*words, *secrets, *ids]


def test_nothing_that_belongs_to_people_is_in_the_log(busy: tuple[Server, list[str]]) -> None:
    server, private = busy
    text = server.log.read_text()
    assert [word for word in private if word.casefold() in text.casefold()] == []
    assert len(lines(server)) > 15


def test_no_full_address_is_in_the_log(busy: tuple[Server, list[str]]) -> None:
    text = busy[0].log.read_text()
    assert "127.0.0.0/24" in text
    assert re.search(r"127\.0\.0\.1|::1", text) is None


def test_a_request_is_one_line_with_what_an_operator_needs(busy: tuple[Server, list[str]]) -> None:
    found = requests_of(busy[0], "tus.append")[0]
    assert {name: found[name] for name in ("level", "method", "status", "received", "sent", "upload")} == {
        "level": "info",
        "method": "PATCH",
        "status": 204,
        "received": 100_000,
        "sent": 0,
        "upload": "whole",
    }
    assert 0 < found["seconds"] < SECONDS
    assert re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00", found["time"])


def test_a_download_tells_its_bytes_and_its_ending(busy: tuple[Server, list[str]]) -> None:
    whole, refused = requests_of(busy[0], "files.only")[1:3]
    assert (whole["sent"], whole["download"]) == (1000, "whole")
    assert (refused["status"], refused["code"]) == (403, "wrong-password")


def test_a_socket_is_one_line_when_it_has_ended(server: Server) -> None:
    code = requests.post(f"{server.url}/api/transfer/create", json={}, timeout=SECONDS).json()["session"][
        "transferCode"
    ]
    with connect(f"ws://localhost:{server.port}/live/{code}/socket") as socket:
        socket.send('{"type": "hello", "token": "wrong"}')
        with pytest.raises(ConnectionClosed):
            socket.recv(SECONDS)
    wait_until(lambda: requests_of(server, "sockets.socket"), SECONDS, "the socket is not in the log")
    [found] = requests_of(server, "sockets.socket")
    assert (found["status"], found["method"]) == (101, "GET")


def test_gunicorns_own_lines_are_of_the_same_kind(busy: tuple[Server, list[str]]) -> None:
    own = [one for one in lines(busy[0]) if one["room"] == "gunicorn.error"]
    assert own[0]["message"].startswith("Starting gunicorn")
    assert "Invalid request from ip" in [one["message"] for one in own]


def test_healthy_looks_at_our_health_are_no_news(busy: tuple[Server, list[str]]) -> None:
    fetch(f"{busy[0].url}/healthz?ready")
    assert requests_of(busy[0], "health.healthz") == []


def test_a_request_has_an_id_that_is_answered_back(server: Server) -> None:
    given = fetch(f"{server.url}/healthz?no", {"X-Request-ID": "chosen-by-a-stranger"}).headers["X-Request-ID"]
    answer = fetch(f"{server.url}/nothing")
    wait_until(lambda: requests_of(server, ""), SECONDS, "the request is not in the log")
    assert requests_of(server, "")[0]["request"] == answer.headers["X-Request-ID"]
    assert given != "chosen-by-a-stranger"


@pytest.mark.parametrize(("given", "kept"), [("0123456789abcdef", True), ("short", False), ("two words 1234", False)])
def test_the_id_of_a_proxy_of_ours_is_kept(make_app: Callable[..., Flask], given: str, kept: bool) -> None:
    client = make_app(PACKETPOST_PROXY_HOPS="1").test_client()
    answer = client.get("/", headers={"X-Request-ID": given, "X-Forwarded-For": "203.0.113.7"})
    assert (answer.headers["X-Request-ID"] == given) is kept


def test_a_crash_carries_its_traceback_and_no_id(
    make_app: Callable[..., Flask], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    app, link_id = make_app(), "Abcdefghij0123456789_-"

    def broken(*_: object) -> None:
        raise OSError(f"cannot read /files/Ab/{link_id}")

    monkeypatch.setattr(type(app.extensions["packetpost"].links), "find", broken)
    answer = app.test_client().get(f"/l/{link_id}", environ_base={"REMOTE_ADDR": "2001:db8:1:2:3::4"})
    answer.close()
    crash, request = [json.loads(text) for text in capsys.readouterr().err.splitlines()]
    assert (answer.status_code, crash["event"], crash["level"]) == (500, "crash", "error")
    assert "OSError: cannot read /files/Ab/…" in crash["traceback"]
    assert crash["request"] == request["request"] == answer.headers["X-Request-ID"]
    assert f"request {crash['request']}" in answer.text
    assert request["address"] == "2001:db8:1::/48"
    assert link_id not in json.dumps([crash, request])


@pytest.mark.parametrize(
    ("address", "shown"),
    [("203.0.113.77", "203.0.113.0/24"), ("::ffff:203.0.113.77", "203.0.113.0/24"), ("", ""), ("nowhere", "")],
)
def test_addresses_are_cut_short(address: str, shown: str) -> None:
    assert logs.shortened(address) == shown


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("/Ab/Abcdefghij0123456789_- is gone", "/Ab/… is gone"),
        ("token abcdefghijklmnopqrstuvwxyz-ABCDE", "token …"),
        ("?X-Amz-Signature=" + "0a" * 32, "?X-Amz-Signature=…"),
        ("in ConcurrentObjectUseErrorOfOurs, answer_crash_in_this_function", None),
    ],
)
def test_what_looks_like_a_secret_is_cut_out_of_messages(said: str, written: str | None) -> None:
    record = logging.makeLogRecord({"name": "packetpost.x", "levelname": "INFO", "msg": said})
    assert json.loads(logs.formatter("json").format(record))["message"] == (written or said)


def test_a_line_for_a_terminal_is_readable() -> None:
    record = logging.makeLogRecord(
        {"name": "packetpost.x", "levelname": "INFO", "msg": "swept", "facts": {"links": 2, "code": ""}}
    )
    assert re.fullmatch(r"\d\d:\d\d:\d\d info    swept links=2", logs.formatter("text").format(record))
