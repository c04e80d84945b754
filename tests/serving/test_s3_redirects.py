"""Receivers are sent on to the store, where that is set and nothing stands against it."""

from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
import requests

from tests.support.bytes_server import SECONDS
from tests.support.http import facts, fetch, share
from tests.support.s3_process import S3Server
from tests.support.server_process import Server


def host(url: str) -> str:
    return urlsplit(url).netloc


@pytest.fixture(scope="module")
def redirecting(serve: Callable[..., Server], rclone: S3Server) -> Server:
    return serve(PACKETPOST_S3_REDIRECT="on", **rclone.environ_below("redirecting"))


def test_a_receiver_is_sent_to_the_store_with_the_names(redirecting: Server, rclone: S3Server) -> None:
    link = share(redirecting, b"hello", "grüße.txt")
    answer = fetch(link.download_url)
    assert (host(answer.url), answer.content) == (host(rclone.url), b"hello")
    assert "filename*=UTF-8''gr%C3%BC%C3%9Fe.txt" in answer.headers["Content-Disposition"]


@pytest.mark.parametrize(
    "headers",
    [
        {"Range": "bytes=0-"},
        {"User-Agent": "curl/8"},
        {"Sec-Fetch-Mode": "cors", "Sec-Fetch-Site": "same-origin"},
    ],
)
def test_parts_programs_and_scripts_get_it_from_us(redirecting: Server, headers: dict[str, str]) -> None:
    link = share(redirecting, b"hello")
    answer = fetch(link.download_url, headers)
    assert (answer.history, answer.content) == ([], b"hello")


@pytest.mark.parametrize("headers", [{"X-Downloads": "2"}, {"X-Password": "secret"}])
def test_what_is_limited_or_protected_comes_from_us(redirecting: Server, headers: dict[str, str]) -> None:
    link = share(redirecting, b"hello", headers=headers)
    answer = requests.get(link.download_url, auth=("", "secret"), timeout=SECONDS)
    assert (answer.history, answer.content) == ([], b"hello")


def test_a_receiver_who_is_sent_on_twice_counts_once(redirecting: Server) -> None:
    link = share(redirecting, b"hello")
    with requests.Session() as session:
        assert [session.get(link.download_url, timeout=SECONDS).content for _ in range(2)] == [b"hello"] * 2
    assert facts(redirecting, "SELECT downloads FROM links WHERE id = ?", link.id) == [(1,)]
