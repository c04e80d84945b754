"""Addresses as mail gateways, chats and people leave them: they open, or the page says what is wrong with them."""

from collections.abc import Callable
from urllib.parse import quote

import pytest
import requests
from flask import Flask
from flask.testing import FlaskClient

from tests.support.bytes_server import SECONDS
from tests.support.http import TUS, share
from tests.support.pages_steps import a_link
from tests.support.server_process import Server, wait_until

SECRET = "S" * 42 + "Q"
JUNK = [
    "/",
    ".",
    ",",
    ")",
    ").",
    ">",
    "%3E",
    "%20",
    "%20and",
    "*",
    "_",
    "!",
    "…",
    "\u200b",
    "'",
    '"',
    "%5D%28x",
    "//",
    "/.",
    "abc",
]


@pytest.mark.parametrize("junk", JUNK)
@pytest.mark.parametrize("kind", ["l", "api/download"])
def test_what_was_put_behind_a_link_is_cut_off(client: FlaskClient, kind: str, junk: str) -> None:
    link = a_link(client, b"bytes")
    answer = client.get(f"/{kind}/{link.id}{junk}", follow_redirects=True)
    assert answer.status_code == 200
    assert (answer.data == b"bytes") if kind != "l" else ("A file for you" in answer.text)


BROWSER = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0"}


@pytest.mark.parametrize("junk", [".", ")", "%3E", "%20and", "%23" + SECRET])
def test_programs_get_at_once_what_was_meant(client: FlaskClient, junk: str) -> None:
    link = a_link(client, b"bytes")
    curl = {"User-Agent": "curl/8.5.0"}
    answer = client.get(f"/l/{link.id}{junk}", headers=curl)
    assert (answer.status_code, answer.data) == (200, b"bytes")
    assert "a.bin" in answer.headers["Content-Disposition"]
    assert client.get(f"/api/download/{link.id}.zip{junk}", headers=curl).status_code == 200
    assert client.get(f"/l/{'x' * 22}{junk}", headers=curl).status_code == 404


@pytest.mark.parametrize("junk", [".", ")", "%3E"])
def test_browsers_are_led_there_so_that_their_address_is_right(client: FlaskClient, junk: str) -> None:
    link = a_link(client)
    answer = client.get(f"/l/{link.id}{junk}", headers=BROWSER)
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/l/{link.id}")


@pytest.mark.parametrize("query", ["utm_source=x", "fbclid=a%26b", "?", "utm_source=x)."])
def test_what_trackers_add_does_not_matter(client: FlaskClient, query: str) -> None:
    assert client.get(f"/l/{a_link(client).id}?{query}").status_code == 200


@pytest.mark.parametrize("junk", [".", ")", "%3E", "/", "%20"])
def test_a_sessions_address_is_mended_too(client: FlaskClient, app: Flask, junk: str) -> None:
    address = client.post("/live").headers["Location"]
    assert app.test_client().get(f"{address}{junk}", follow_redirects=True).status_code == 200


@pytest.mark.parametrize("junk", [".", ")", "%3E"])
def test_so_is_an_owners(client: FlaskClient, junk: str) -> None:
    link = a_link(client)
    assert (
        client.get(f"/l/{link.id}/owner/{link.token}{junk}", headers=BROWSER).headers["Location"]
        == f"/l/{link.id}/owner/{link.token}"
    )


@pytest.mark.parametrize(
    "rest", [f"%23{SECRET}", f"%23{SECRET}.", f"%2523{SECRET}", f"%23{SECRET}%3E", f"?x=1%23{SECRET}", f"/%23{SECRET}"]
)
@pytest.mark.parametrize("kind", ["l", "live"])
def test_a_secret_that_came_here_goes_back_behind_its_sign(client: FlaskClient, kind: str, rest: str) -> None:
    address = f"/l/{a_link(client).id}" if kind == "l" else client.post("/live").headers["Location"]
    answer = client.get(f"{address}{rest}", headers=BROWSER)
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{address}?altered#{SECRET}")
    assert 'data-testid="altered"' in client.get(answer.headers["Location"].partition("#")[0]).text


def test_that_secret_is_not_in_the_log(server: Server) -> None:
    link = share(server, b"x")
    for rest in (f"%23{SECRET}", f"%23{SECRET}.", f"?a=%23{SECRET}"):
        requests.get(f"{link.url}{rest}", timeout=SECONDS)
    requests.get(f"{server.url}/live/K7QF%23{SECRET}", timeout=SECONDS)
    wait_until(lambda: '"live.page"' in server.log.read_text(), SECONDS, "the last request is not in the log")
    assert "SSSS" not in server.log.read_text()


@pytest.mark.parametrize("link_id", ["short", "x" * 21, "K7QF-3MZP"])
@pytest.mark.parametrize("path", ["/l/{}", "/api/download/{}", "/api/download/{}.zip", "/api/download/{}/0/a"])
def test_an_address_that_cannot_be_a_links_says_so(client: FlaskClient, path: str, link_id: str) -> None:
    answer = client.get(path.format(link_id), headers={"Accept": "application/json"})
    told = answer.json or {}
    assert (answer.status_code, told["code"]) == (404, "broken-address")
    assert f"has 22 characters, and here are {len(link_id)}" in told["message"]


def test_a_whole_address_of_no_link_is_told_as_before(client: FlaskClient) -> None:
    assert (client.get("/l/" + "n" * 22, headers={"Accept": "application/json"}).json or {})["code"] == "link-gone"


def test_other_addresses_of_a_link_are_not_mended_away(client: FlaskClient) -> None:
    link = a_link(client)
    assert client.get(f"/l/{link.id}/owner").status_code == 403
    assert client.get(f"/l/{link.id}/nothing").status_code == 404
    assert client.get(f"/api/download/{link.id}/0/a.b).bin").data == b"12345"


@pytest.mark.parametrize("path", ["/api/files", "/api/files/"])
def test_tus_takes_its_address_with_and_without_a_slash(client: FlaskClient, path: str) -> None:
    made = client.post(path, headers={**TUS, "Upload-Length": "3"})
    assert made.status_code == 201
    assert client.options(path).headers["Tus-Version"] == "1.0.0"


@pytest.mark.parametrize(
    "path", ["/x/y/a.txt", "/a.txt/", "/a.txt", "/api/upload/a.txt", "/x/" + quote("ä") + "/a.txt"]
)
def test_a_put_is_taken_wherever_curl_sends_it(client: FlaskClient, path: str) -> None:
    answer = client.put(path, data=b"12345", headers={"Accept": "application/json"})
    assert (answer.status_code, (answer.json or {})["files"][0]["path"]) == (201, "a.txt")


@pytest.mark.parametrize("path", ["/api/files/x", "/api/download/x", "/l/x/y", "/live/x", "/static/a.css", "/api/x"])
def test_a_put_to_something_else_of_ours_says_where_to_send_it(client: FlaskClient, path: str) -> None:
    answer = client.put(path, data=b"12345")
    assert answer.status_code in (404, 405)
    assert "curl -T" in (answer.json or {}).get("message", answer.text) or answer.status_code == 405


def test_a_form_is_taken_at_the_front_door(make_app: Callable[..., Flask]) -> None:
    link = (
        make_app()
        .test_client()
        .post("/", data={"file": (__import__("io").BytesIO(b"1"), "a.txt")}, headers={"User-Agent": "curl/8"})
    )
    assert link.status_code == 201
    assert link.text.startswith("http://localhost/l/")
