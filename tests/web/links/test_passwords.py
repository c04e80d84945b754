"""Passwords beyond ASCII: the same however they are sent, and whichever of its forms a keyboard gives a character."""

import base64
import hashlib
import io
from collections.abc import Callable

import pytest
import requests
from flask.testing import FlaskClient

from packetpost import tokens
from tests.support.bytes_server import SECONDS
from tests.support.http import Headers, put, share
from tests.support.pages_steps import a_link
from tests.support.server_process import Server

PASSWORD, DECOMPOSED = "geh\u00e9im \u00df", "gehe\u0301im \u00df"
FORMS = {
    "UTF-8": PASSWORD.encode(),
    "latin-1": PASSWORD.encode("latin-1"),
    "decomposed": DECOMPOSED.encode(),
}


def basic(password: bytes) -> Headers:
    return {"Authorization": b"Basic " + base64.b64encode(b"any:" + password)}


@pytest.mark.parametrize("opened", FORMS.values(), ids=FORMS)
@pytest.mark.parametrize("set_as", FORMS.values(), ids=FORMS)
def test_a_link_opens_however_its_password_is_written(server: Server, set_as: bytes, opened: bytes) -> None:
    link = share(server, b"12345", headers={"X-Password": set_as})
    for headers in ({"X-Link-Password": opened}, basic(opened)):
        assert requests.get(link.download_url, headers=headers, timeout=SECONDS).content == b"12345"
    assert requests.get(link.download_url, headers={"X-Link-Password": b"geheim"}, timeout=SECONDS).status_code == 403


@pytest.mark.parametrize("typed", [" abc", "abc ", "\tabc\n", "\u00a0abc", "abc"])
def test_blanks_around_a_password_do_not_matter(client: FlaskClient, typed: str) -> None:
    link = a_link(client, b"12345", password=typed)
    told = {"Authorization": f"Basic {base64.b64encode(f'any:{typed}'.encode()).decode()}"}
    for headers in ({"X-Link-Password": "abc"}, {"X-Link-Password": f" {typed.strip()} "}, told):
        assert client.get(f"/api/download/{link.id}", headers=headers).data == b"12345"


@pytest.mark.parametrize("typed", [" ", "\t ", "\u3000"])
def test_a_password_of_blanks_is_refused(client: FlaskClient, typed: str) -> None:
    answer = client.post("/api/upload", data={"file": (io.BytesIO(b"x"), "a.txt"), "password": typed})
    assert (answer.status_code, "more than blanks" in answer.text) == (400, True)


def kept_as_given(password: str) -> str:
    """As releases kept it that did not know of canonical forms."""
    salt = b"0123456789abcdef"
    digest = hashlib.scrypt(password.encode(), salt=salt, n=2**14, r=8, p=5, maxmem=64 * 1024**2)
    return f"scrypt${base64.b64encode(salt).decode()}${base64.b64encode(digest).decode()}"


@pytest.mark.parametrize("old", [PASSWORD, DECOMPOSED, " abc ", f" {DECOMPOSED}"])
def test_a_password_that_was_kept_as_it_was_given_opens_as_it_was_given(old: str) -> None:
    assert tokens.check_password(old, kept_as_given(old))
    assert not tokens.check_password("geheim", kept_as_given(old))


def test_a_password_is_tried_in_three_forms_at_the_most(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[bytes] = []
    real = hashlib.scrypt
    kept = kept_as_given("other")

    def scrypt(text: bytes, *, salt: bytes, n: int, r: int, p: int, maxmem: int) -> bytes:
        tried.append(text)
        return real(text, salt=salt, n=n, r=r, p=p, maxmem=maxmem)

    monkeypatch.setattr(hashlib, "scrypt", scrypt)
    assert not tokens.check_password(f" {DECOMPOSED}", kept)
    assert tried == [PASSWORD.encode(), f" {PASSWORD}".encode(), f" {DECOMPOSED}".encode()]


@pytest.mark.parametrize("typed", [PASSWORD, DECOMPOSED])
def test_the_form_takes_both(server: Server, typed: str) -> None:
    link = share(server, b"12345", headers={"X-Password": PASSWORD.encode()})
    answer = requests.post(f"{link.url}/unlock", {"password": typed}, allow_redirects=False, timeout=SECONDS)
    assert answer.status_code == 303


@pytest.mark.parametrize("given", FORMS.values(), ids=FORMS)
def test_so_is_the_upload_password(serve: Callable[..., Server], given: bytes) -> None:
    server = serve(PACKETPOST_UPLOAD_PASSWORD=DECOMPOSED)
    assert put(server, b"x", headers={"X-Upload-Password": given}).status_code == 201
    assert put(server, b"x", headers=basic(given)).status_code == 201
    assert put(server, b"x", headers={"X-Upload-Password": b"geheim"}).status_code == 401


def test_a_link_without_a_password_is_unlocked_by_any(server: Server) -> None:
    link = share(server, b"12345")
    answer = requests.post(f"{link.url}/unlock", {"password": "x"}, allow_redirects=False, timeout=SECONDS)
    assert answer.status_code == 303
