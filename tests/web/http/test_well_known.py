"""What programs look for at fixed addresses, and what a link's page tells those who only preview it."""

import calendar
import json
import re
import struct
import time
from collections.abc import Callable
from urllib.robotparser import RobotFileParser

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.support.pages_steps import a_link

_PNG = b"\x89PNG\r\n\x1a\n"
_DAY = 86_400


def meta(page: str) -> dict[str, str]:
    """The Open Graph tags of a page."""
    return dict(re.findall(r'<meta property="(og:[a-z_:]+)" content="([^"]*)">', page))


@pytest.mark.parametrize(
    ("path", "allowed"),
    [("/", True), ("/l/abc", False), ("/live/K7QF-3MZP", False), ("/api/download/abc", False), ("/live", True)],
)
def test_crawlers_are_kept_from_links_sessions_and_files(client: FlaskClient, path: str, allowed: bool) -> None:
    robots = RobotFileParser()
    robots.parse(client.get("/robots.txt").text.splitlines())
    assert robots.can_fetch("AnyBot", f"http://localhost{path}") is allowed


def test_the_favicon_holds_three_sizes(client: FlaskClient) -> None:
    with client.get("/favicon.ico") as answer:
        icon = answer.data
        assert answer.mimetype in ("image/vnd.microsoft.icon", "image/x-icon")
    count = struct.unpack("<HHH", icon[:6])[2]
    entries = [struct.unpack("<BBBBHHII", icon[6 + 16 * n : 22 + 16 * n]) for n in range(count)]
    assert [(width, height) for width, height, *_ in entries] == [(16, 16), (32, 32), (48, 48)]
    assert all(icon[start : start + 8] == _PNG for *_, start in entries)


def test_a_page_names_its_icons_and_all_are_there(client: FlaskClient) -> None:
    page = client.get("/").text
    icons = re.findall(r'<link rel="(?:icon|apple-touch-icon)" href="([^"]+)"', page)
    assert len(icons) == 2
    for address in [*icons, "/apple-touch-icon.png"]:
        with client.get(address) as answer:
            assert (address, answer.status_code) == (address, 200)


def test_the_manifest_names_icons_of_the_sizes_that_phones_want(client: FlaskClient) -> None:
    (address,) = re.findall(r'<link rel="manifest" href="([^"]+)"', client.get("/").text)
    icons = json.loads(client.get(address).text)["icons"]
    assert [icon["sizes"] for icon in icons] == ["192x192", "512x512", "any"]
    for icon in icons[:2]:
        with client.get(f"{address.rpartition('/')[0]}/{icon['src']}") as answer:
            width, height = struct.unpack(">II", answer.data[16:24])
        assert (answer.mimetype, f"{width}x{height}") == (icon["type"], icon["sizes"])


def test_security_txt_says_whom_to_tell_and_how_long_it_holds(make_app: Callable[..., Flask]) -> None:
    contact = "mailto:security@post.example"
    app = make_app(PACKETPOST_SECURITY_CONTACT=contact, PACKETPOST_PUBLIC_URL="https://post.example")
    answer = app.test_client().get("/.well-known/security.txt")
    fields = dict(line.split(": ", 1) for line in answer.text.splitlines())
    left = calendar.timegm(time.strptime(fields["Expires"], "%Y-%m-%dT%H:%M:%SZ")) - time.time()
    assert (answer.content_type, fields["Contact"]) == ("text/plain; charset=utf-8", contact)
    assert fields["Canonical"] == "https://post.example/.well-known/security.txt"
    assert 30 * _DAY < left < 365 * _DAY


def test_without_a_contact_there_is_no_security_txt(client: FlaskClient) -> None:
    assert client.get("/.well-known/security.txt").status_code == 404


def test_a_preview_of_a_link_says_nothing_of_its_contents(make_app: Callable[..., Flask]) -> None:
    app = make_app(PACKETPOST_PUBLIC_URL="https://post.example")
    client = app.test_client()
    link = a_link(client, b"bytes", name="secret plans.txt")
    shown, home = meta(app.test_client().get(f"/l/{link.id}").text), meta(client.get("/").text)
    assert shown["og:title"] == "Files for you"
    assert shown["og:description"] == home["og:description"]
    assert not any("secret" in value or link.id in value for value in shown.values())


def test_a_preview_of_a_link_does_not_tell_whether_it_has_a_password(client: FlaskClient, app: Flask) -> None:
    links = [a_link(client), a_link(client, password="right")]
    pages = [app.test_client().get(f"/l/{link.id}").text for link in links]
    assert meta(pages[0]) == meta(pages[1])


def test_the_image_of_a_preview_has_a_full_address_and_is_there(make_app: Callable[..., Flask]) -> None:
    client = make_app(PACKETPOST_PUBLIC_URL="https://post.example").test_client()
    image = meta(client.get("/").text)["og:image"]
    assert image.startswith("https://post.example/static/")
    with client.get(image.removeprefix("https://post.example")) as answer:
        assert (answer.status_code, answer.data[:8]) == (200, _PNG)
