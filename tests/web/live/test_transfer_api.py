"""`/api/transfer/…` as programs see it."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient


def create(client: FlaskClient, **asked: Any) -> dict[str, Any]:
    answer: dict[str, Any] = client.post("/api/transfer/create", json=asked).json or {}
    return answer


def test_a_session_is_created(client: FlaskClient) -> None:
    answer = create(client, ttlMinutes=10)
    assert answer["success"] is True
    assert answer["session"]["state"] == "created"
    assert len(answer["session"]["transferCode"]) == 9
    assert len(answer["senderToken"]) == 32


@pytest.mark.parametrize(
    "asked", [{"ttlMinutes": 5}, {"ttlMinutes": "10"}, {"maxReceivers": 17}, {"maxReceivers": True}]
)
def test_a_session_that_cannot_be_is_400(client: FlaskClient, asked: dict[str, Any]) -> None:
    answer = client.post("/api/transfer/create", json=asked)
    assert (answer.status_code, (answer.json or {})["success"]) == (400, False)


def test_joining_takes_the_code_as_people_type_it(client: FlaskClient) -> None:
    code = create(client)["session"]["transferCode"]
    answer = client.post("/api/transfer/join", json={"transferCode": code.lower().replace("-", " ")})
    assert (answer.status_code, (answer.json or {})["session"]["state"]) == (200, "joined")


@pytest.mark.parametrize(("code", "status"), [("nonsense", 400), ("AAAA-BBBB", 404)])
def test_joining_with_a_wrong_code(client: FlaskClient, code: str, status: int) -> None:
    assert client.post("/api/transfer/join", json={"transferCode": code}).status_code == status


def test_a_full_session_is_409_and_a_closed_one_410(client: FlaskClient) -> None:
    made = create(client)
    code = {"transferCode": made["session"]["transferCode"]}
    client.post("/api/transfer/join", json=code)
    assert client.post("/api/transfer/join", json=code).status_code == 409
    closed = client.post("/api/transfer/close", json={**code, "token": made["senderToken"]})
    assert (closed.json or {})["session"]["state"] == "closed"
    assert client.post("/api/transfer/join", json=code).status_code == 410


def test_only_a_seats_token_closes(client: FlaskClient) -> None:
    code = create(client)["session"]["transferCode"]
    assert client.post("/api/transfer/close", json={"transferCode": code, "token": "x"}).status_code == 403


def test_the_sender_extends(client: FlaskClient) -> None:
    made = create(client, ttlMinutes=10)
    asked = {"transferCode": made["session"]["transferCode"], "token": made["senderToken"]}
    answer = client.post("/api/transfer/extend", json=asked).json or {}
    assert answer["session"]["expiresAt"] > made["session"]["expiresAt"]


def test_the_configuration_holds_no_credentials(make_app: Callable[..., Flask]) -> None:
    client = make_app(PACKETPOST_TURN_URLS="turn:t:1", PACKETPOST_TURN_SECRET="s").test_client()
    answer = client.get("/api/transfer/config").json or {}
    assert [server["urls"] for server in answer["iceServers"]] == ["stun:stun.l.google.com:19302"]


def test_telemetry_is_counted(client: FlaskClient) -> None:
    told = {"outcome": "direct", "secondsToConnect": 0.3, "bytes": 1000, "seconds": 2}
    assert client.post("/api/transfer/telemetry", json=told).status_code == 204
    assert 'packetpost_live_attempts_total{outcome="direct",reason=""}' in client.get("/metrics").text


@pytest.mark.parametrize(
    "told", [{}, {"outcome": "won"}, {"outcome": "direct", "bytes": -1}, {"outcome": "failed", "reason": "x"}]
)
def test_telemetry_that_makes_no_sense_is_400(client: FlaskClient, told: dict[str, Any]) -> None:
    assert client.post("/api/transfer/telemetry", json=told).status_code == 400


def test_too_many_joins_are_429(make_app: Callable[..., Flask]) -> None:
    client = make_app(PACKETPOST_RATE_LIMITS="on").test_client()
    answers = [client.post("/api/transfer/join", json={"transferCode": "AAAA-BBBB"}) for _ in range(61)]
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["Retry-After"]) > 0
