"""Where people see us: what a request says of it, what is made of that, and where it falls back to what is true."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.support.http import line
from tests.support.server_process import Server


def link_at(client: FlaskClient, path: str = "/a.txt", **environ: Any) -> str:
    """Scheme, host and path of the link that a `PUT` makes, as far as its id."""
    answer = client.put(path, data=b"x", environ_overrides=environ)
    assert answer.status_code == 201, answer.text
    return answer.headers["Location"].rpartition("/l/")[0]


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        ("post.example", "http://post.example"),
        ("Post.Example:8000", "http://post.example:8000"),
        ("my_server:8000", "http://my_server:8000"),
        ("_a_:1", "http://_a_:1"),
        ("post.example:80", "http://post.example"),
        ("post.example:443", "http://post.example:443"),
        ("192.0.2.7:8000", "http://192.0.2.7:8000"),
        ("[2001:db8::1]:8000", "http://[2001:db8::1]:8000"),
        ("[::1]", "http://[::1]"),
        ("xn--bcher-kva.example", "http://xn--bcher-kva.example"),
        ("post.example.", "http://post.example."),
        (f"{'x' * 63}.example", f"http://{'x' * 63}.example"),
        ("[::ffff:192.0.2.7]:8000", "http://[::ffff:192.0.2.7]:8000"),
    ],
)
def test_a_host_that_can_be_is_taken(client: FlaskClient, host: str, origin: str) -> None:
    assert link_at(client, HTTP_HOST=host) == origin
    answer = client.post("/live", headers={"Origin": origin}, environ_overrides={"HTTP_HOST": host})
    assert answer.status_code == 303


BAD_HOSTS = [
    "",
    " ",
    "a b",
    "a/b",
    "a:b",
    "a:",
    "a:99999",
    "a:-1",
    "a:8²",
    "a@b",
    "[::1",
    "::1",
    "a?b",
    "<a>",
    "ü",
    "x" * 300,
    "a..b",
    "a..",
    ".a",
    "x" * 64,
    f"a.{'x' * 64}.example:8000",
    ".".join(["x" * 63] * 4),
    "[1.2.3.4]",
    "[::1]x",
]


@pytest.mark.parametrize("host", BAD_HOSTS)
def test_a_host_that_cannot_be_falls_back_to_the_servers_own(client: FlaskClient, host: str) -> None:
    assert link_at(client, HTTP_HOST=host, SERVER_NAME="192.0.2.1", SERVER_PORT="8000") == "http://192.0.2.1:8000"


@pytest.mark.parametrize("host", BAD_HOSTS)
def test_so_does_one_that_a_proxy_tells(make_app: Callable[..., Flask], host: str) -> None:
    client = make_app(PACKETPOST_PROXY_HOPS="1").test_client()
    environ = {"HTTP_X_FORWARDED_HOST": host, "SERVER_NAME": "192.0.2.1", "SERVER_PORT": "8000"}
    told = link_at(client, **environ, HTTP_HOST="inside")
    assert told == ("http://inside" if not host.strip() else "http://192.0.2.1:8000")


@pytest.mark.parametrize("scheme", ["ftp", "javascript", "", "https://evil"])
def test_no_scheme_but_https_makes_it_anything_but_http(make_app: Callable[..., Flask], scheme: str) -> None:
    client = make_app(PACKETPOST_PROXY_HOPS="1").test_client()
    assert link_at(client, HTTP_HOST="a", HTTP_X_FORWARDED_PROTO=scheme) == "http://a"


@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_without_a_host_the_connections_own_end_is_told(server: Server, version: str) -> None:
    with line(server) as connection:
        connection.send(f"PUT /a HTTP/{version}\r\nContent-Length: 1\r\n\r\nx".encode())
        status, headers = connection.head()
    assert status == 201
    assert headers["location"].startswith(f"http://127.0.0.1:{server.port}/l/")


PUBLIC = {"PACKETPOST_PUBLIC_URL": "https://example.org/post"}


@pytest.mark.parametrize("path", ["/a.txt", "/post/a.txt"])
def test_below_a_base_path_requests_come_with_it_or_without(make_app: Callable[..., Flask], path: str) -> None:
    assert link_at(make_app(**PUBLIC).test_client(), path, HTTP_HOST="a b") == "https://example.org/post"


@pytest.mark.parametrize("prefix", ["/post", "/post/", "/a/b-c_d.e~f"])
def test_a_prefix_that_our_proxy_tells_is_the_base_path(make_app: Callable[..., Flask], prefix: str) -> None:
    client = make_app(PACKETPOST_PROXY_HOPS="1").test_client()
    told = link_at(client, HTTP_HOST="a", HTTP_X_FORWARDED_PREFIX=prefix)
    assert told == f"http://a{prefix.rstrip('/')}"


@pytest.mark.parametrize(
    "prefix", ["post", "//evil.example", "/..", "/a/../b", "/a b", "/<a>", "/a?b", "/%2e", "/", "/a//b"]
)
def test_a_prefix_that_cannot_be_is_none(make_app: Callable[..., Flask], prefix: str) -> None:
    client = make_app(PACKETPOST_PROXY_HOPS="1").test_client()
    assert link_at(client, HTTP_HOST="a", HTTP_X_FORWARDED_PREFIX=prefix) == "http://a"


def test_nobody_elses_prefix_is_believed(client: FlaskClient) -> None:
    assert link_at(client, HTTP_HOST="a", HTTP_X_FORWARDED_PREFIX="/evil") == "http://a"


@pytest.mark.parametrize("path", ["/live//{}", "//live/{}", "///live///{}"])
@pytest.mark.parametrize("base", ["", "/post"])
def test_doubled_slashes_lead_to_no_other_host(make_app: Callable[..., Flask], base: str, path: str) -> None:
    client = make_app(PACKETPOST_PUBLIC_URL=f"http://post.example{base}").test_client()
    code = client.post("/live").headers["Location"].rpartition("/")[2]
    answer = client.get("/", environ_overrides={"PATH_INFO": base + path.format(code)})
    assert answer.status_code == 200, answer.headers


def test_an_upload_with_doubled_slashes_is_taken_where_it_is(client: FlaskClient) -> None:
    answer = client.post("/api/files//", headers={"Tus-Resumable": "1.0.0", "Upload-Length": "1"})
    assert answer.status_code == 201
