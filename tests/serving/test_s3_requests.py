"""How many requests to S3 one request of ours costs: never more than it did, however much strangers have begun."""

from pathlib import Path
from unittest import mock

import pytest
from flask.testing import FlaskClient

from packetpost.backends.s3.bucket import Bucket
from tests.support.s3_process import S3Server

DEFERRED = {"Tus-Resumable": "1.0.0", "Upload-Defer-Length": "1"}


@pytest.fixture
def client(rclone: S3Server, tmp_path: Path) -> FlaskClient:
    environ = rclone.environ_below("requests") | {"PACKETPOST_RATE_LIMITS": "off"}
    return rclone.app(tmp_path, **environ).test_client()


def lists(client: FlaskClient, method: str, address: str, **headers: str) -> int:
    """How often the bucket was listed for one request."""
    listed = mock.Mock(wraps=Bucket.page)
    with mock.patch.object(Bucket, "page", lambda *arguments: listed(*arguments)):
        answer = client.open(address, method=method, headers=headers)
    assert answer.status_code in (200, 201), answer.text
    return listed.call_count


@pytest.mark.parametrize("address", ["/healthz?ready", "/metrics"])
def test_looking_at_the_room_lists_nothing(client: FlaskClient, address: str) -> None:
    for _ in range(5):
        client.post("/api/files", headers=DEFERRED)
    assert lists(client, "GET", address) == 0


def test_making_an_upload_lists_nothing(client: FlaskClient) -> None:
    for _ in range(5):
        client.post("/api/files", headers=DEFERRED)
    assert lists(client, "POST", "/api/files", **DEFERRED) == 0
