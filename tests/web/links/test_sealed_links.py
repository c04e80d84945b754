"""What the server keeps of a sealed link: opaque names that it hands back, and nothing that it could read."""

import json
from typing import Any

import pytest
from flask.testing import FlaskClient

MANIFEST = json.dumps([{"path": "0.sealed", "size": 5, "type": ""}])


def make(client: FlaskClient, **fields: str) -> Any:
    return client.post("/links", data={"manifest": MANIFEST, **fields})


def test_the_sealed_names_come_back_with_the_link(client: FlaskClient) -> None:
    link = make(client, sealed="c2VhbGVk").headers["Location"].removesuffix("/owner")
    assert client.get(link, headers={"Accept": "application/json"}).json["sealed"] == "c2VhbGVk"  # type: ignore[index]


def test_a_plain_link_has_none(client: FlaskClient) -> None:
    link = make(client).headers["Location"].removesuffix("/owner")
    assert client.get(link, headers={"Accept": "application/json"}).json["sealed"] == ""  # type: ignore[index]


@pytest.mark.parametrize("sealed", ["not base64url!", "a b", "é"])
def test_sealed_names_that_are_no_base64url_are_400(client: FlaskClient, sealed: str) -> None:
    assert make(client, sealed=sealed).status_code == 400


def test_sealed_names_of_more_than_8_mib_are_413(client: FlaskClient) -> None:
    assert make(client, sealed="a" * (8 * 1024**2 + 1)).status_code == 413


def test_they_are_given_after_the_password_only(client: FlaskClient) -> None:
    link = make(client, sealed="c2VhbGVk", password="proof").headers["Location"].removesuffix("/owner")
    assert b"c2VhbGVk" not in client.get(link).data
