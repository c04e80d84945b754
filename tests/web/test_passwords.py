"""Passwords beyond ASCII: the same however they are sent, and whichever of its forms a keyboard gives a character."""

import base64
from collections.abc import Callable

import pytest
import requests

from tests.support.bytes_server import SECONDS
from tests.support.http import Headers, put, share
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
