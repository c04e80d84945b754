"""Who may write here, what browsers may do with our answers, and what is kept of secrets."""

import re
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.support.pages_steps import a_link, manifest

PAGES = ["/", "/nothing", "/l/nothing"]


@pytest.mark.parametrize("path", PAGES)
def test_pages_carry_a_policy_without_exceptions(client: FlaskClient, path: str) -> None:
    headers = client.get(path).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("path", ["/static/js/main.js", "/healthz", "/api/nothing", "/api/files/nothing"])
def test_other_answers_are_not_sniffed_and_send_no_referrer(client: FlaskClient, path: str) -> None:
    with client.get(path) as answer:
        headers = answer.headers
    assert (headers["X-Content-Type-Options"], headers["Referrer-Policy"]) == ("nosniff", "no-referrer")


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_another_sites_form_is_refused_by_fetch_metadata(client: FlaskClient, site: str) -> None:
    answer = client.post("/links", data=manifest(5), headers={"Sec-Fetch-Site": site, "Origin": "http://localhost"})
    assert answer.status_code == 403


@pytest.mark.parametrize(
    "origin",
    ["http://evil.example", "http://localhost:1", "https://localhost", "http://localhost.evil.example", "null"],
)
def test_another_origin_is_refused(client: FlaskClient, origin: str) -> None:
    assert client.post("/links", data=manifest(5), headers={"Origin": origin}).status_code == 403


@pytest.mark.parametrize(
    "headers", [{}, {"Origin": "http://localhost"}, {"Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none"}]
)
def test_our_own_pages_and_programs_pass(client: FlaskClient, headers: dict[str, str]) -> None:
    assert client.post("/links", data=manifest(5), headers=headers).status_code == 303


def test_our_own_form_over_plain_http_passes_by_its_cookie(client: FlaskClient) -> None:
    client.get("/")
    assert client.post("/links", data=manifest(5), headers={"Origin": "null"}).status_code == 303


@pytest.mark.parametrize("method", ["PATCH", "DELETE", "PUT"])
def test_every_writing_method_is_guarded(client: FlaskClient, method: str) -> None:
    path = "/a.txt" if method == "PUT" else "/api/files/x"
    answer = client.open(path, method=method, headers={"Sec-Fetch-Site": "cross-site", "Tus-Resumable": "1.0.0"})
    assert answer.status_code == 403


def test_the_public_address_is_the_one_that_counts(make_app: Callable[..., Flask]) -> None:
    client = make_app(PACKETPOST_PUBLIC_URL="https://post.example").test_client()
    answers = [
        client.post("/links", data=manifest(5), headers={"Origin": o})
        for o in ("https://post.example", "http://localhost")
    ]
    assert [answer.status_code for answer in answers] == [303, 403]


def test_cookies_cannot_be_read_by_scripts_or_sent_by_other_sites(client: FlaskClient) -> None:
    session = client.get("/").headers["Set-Cookie"]
    owner = client.post("/links", data=manifest(5)).headers.getlist("Set-Cookie")
    assert "HttpOnly" in session
    assert "SameSite=Lax" in session
    assert any(re.match(r"owner=.*HttpOnly; Path=/l/[\w-]{22}; SameSite=Strict", cookie) for cookie in owner)


def test_cookies_are_secure_behind_an_https_proxy(make_app: Callable[..., Flask]) -> None:
    client = make_app(PACKETPOST_PROXY_HOPS="1").test_client()
    assert "Secure" in client.get("/", headers={"X-Forwarded-Proto": "https"}).headers["Set-Cookie"]


def test_a_forwarded_scheme_is_ignored_without_a_proxy(client: FlaskClient) -> None:
    assert "Secure" not in client.get("/", headers={"X-Forwarded-Proto": "https"}).headers["Set-Cookie"]


def tries(client: FlaskClient, link_id: str, count: int, address: Callable[[int], str]) -> list[int]:
    """The statuses of so many wrong passwords, with a forwarded address each."""
    path = f"/l/{link_id}/unlock"
    return [
        client.post(path, data={"password": "wrong"}, headers={"X-Forwarded-For": address(number)}).status_code
        for number in range(count)
    ]


def test_guessing_a_password_is_limited_however_the_address_is_spoofed(make_app: Callable[..., Flask]) -> None:
    client = make_app(PACKETPOST_RATE_LIMITS="on").test_client()
    statuses = tries(client, a_link(client, password="right").id, 12, lambda number: f"10.0.0.{number}")
    assert (statuses[:10], statuses[-1]) == ([403] * 10, 429)


@pytest.mark.slow
def test_behind_a_proxy_each_client_has_its_own_limit(make_app: Callable[..., Flask]) -> None:
    client = make_app(PACKETPOST_RATE_LIMITS="on", PACKETPOST_PROXY_HOPS="1").test_client()
    statuses = tries(client, a_link(client, password="right").id, 12, lambda number: f"10.0.0.{number}")
    assert statuses == [403] * 12


def test_making_links_is_limited_and_says_how_long(make_app: Callable[..., Flask]) -> None:
    client = make_app(PACKETPOST_RATE_LIMITS="on").test_client()
    answers = [client.post("/links", data=manifest(5)) for _ in range(61)]
    assert answers[-1].status_code == 429
    assert 0 < int(answers[-1].headers["Retry-After"]) <= 61


def test_a_protected_link_opens_with_its_password_only(client: FlaskClient, app: Flask) -> None:
    link, receiver = a_link(client, b"bytes", password="paß wort"), app.test_client()
    assert receiver.get(f"/l/{link.id}").status_code == 401
    assert receiver.get(f"/api/download/{link.id}").status_code == 401
    assert receiver.post(f"/l/{link.id}/unlock", data={"password": "other"}).status_code == 403
    assert receiver.post(f"/l/{link.id}/unlock", data={"password": "paß wort"}).status_code == 303
    assert receiver.get(f"/api/download/{link.id}").data == b"bytes"


def test_secrets_are_kept_as_hashes(client: FlaskClient, tmp_path: Path) -> None:
    link = a_link(client, password="secret-password")
    with sqlite3.connect(tmp_path / "data" / "packetpost.sqlite") as database:
        kept = "\n".join(database.iterdump())
    database.close()
    assert "scrypt$" in kept
    assert "secret-password" not in kept
    assert link.token not in kept


def test_the_link_page_shows_no_capability(client: FlaskClient, app: Flask) -> None:
    link = a_link(client, b"bytes")
    receiver = app.test_client()
    page, file = receiver.get(f"/l/{link.id}"), receiver.get(f"/api/download/{link.id}")
    for secret in (link.token, link.upload_token, link.upload_id):
        assert secret not in page.text + repr(page.headers) + repr(file.headers)


def test_names_are_never_paths(client: FlaskClient, tmp_path: Path) -> None:
    link = a_link(client, name="../../../evil.sh")
    kept = [path for path in (tmp_path / "data" / "files").rglob("*") if path.is_file()]
    assert [path.name for path in kept] == [link.upload_id]
    assert not list(tmp_path.rglob("evil*"))


def test_strangers_cannot_tell_ended_links_from_those_that_never_were(client: FlaskClient, app: Flask) -> None:
    deleted, used_up = a_link(client), a_link(client, downloads="1")
    client.delete(f"/l/{deleted.id}/owner/{deleted.token}")
    with app.test_client().get(f"/api/download/{used_up.id}", headers={"User-Agent": "somebody"}) as download:
        assert download.data == b"12345"
    stranger = app.test_client()
    answers = [stranger.get(f"/l/{link_id}") for link_id in (deleted.id, used_up.id, "n" * 22)]
    assert [answer.status_code for answer in answers] == [404] * 3
    assert len({answer.data for answer in answers}) == 1


def test_who_had_the_link_is_told_the_reason(client: FlaskClient, app: Flask) -> None:
    link, receiver = a_link(client), app.test_client()
    receiver.get(f"/l/{link.id}")
    client.delete(f"/l/{link.id}/owner/{link.token}")
    answer = receiver.get(f"/l/{link.id}")
    assert answer.status_code == 410
    assert "deleted by its sender" in answer.text
