"""The server's room under everything at once: one server on a disk, and two on Redis and S3."""

import json
import os
import re
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle
from typing import TypeVar
from unittest import mock

import pytest
import requests

from packetpost import create_app
from packetpost.web.http.services import Services
from tests.support.bytes_server import SECONDS
from tests.support.http import MIB, TUS, Tus, begin, begin_part, content, create, fetched, put, sha256, shared
from tests.support.redis_process import RedisServer
from tests.support.s3_process import S3Server
from tests.support.server_process import Server

T = TypeVar("T")
LIMITS = {"PACKETPOST_MAX_STORED_BYTES": str(64 * MIB), "PACKETPOST_MAX_UPLOAD_BYTES": str(50 * MIB)}
SECRET = {"X-Password": "secret"}


@pytest.fixture(scope="module", params=["one on a disk", "two on Redis and S3"])
def servers(request: pytest.FixtureRequest, serve: Callable[..., Server], redis_for_all: RedisServer) -> list[Server]:
    """All links together hold 64 MiB."""
    if request.param == "one on a disk":
        return [serve(**LIMITS)]
    rclone: S3Server = request.getfixturevalue("rclone")
    redis_for_all.empty()
    environ = {**LIMITS, **rclone.environ_below("room"), "REDIS_URL": redis_for_all.url}
    return [serve(**environ), serve(**environ)]


@pytest.fixture(scope="module")
def services(servers: list[Server]) -> Services:
    """The rules over the same facts and bytes, in this process."""
    with mock.patch.dict(os.environ, servers[0].environ):  # boto3 looks there
        made: Services = create_app(servers[0].environ).extensions["packetpost"]
    return made


@pytest.fixture(autouse=True)
def empty(servers: list[Server], services: Services) -> Iterator[None]:
    """Nothing is held before a test."""
    assert held(servers[0]) == 0
    yield
    for link in services.records.links(100):
        services.links.end(link, "deleted")


def held(server: Server) -> int:
    """Bytes, as the metrics tell them."""
    told = re.search(
        r"^packetpost_stored_bytes (\S+)$", requests.get(f"{server.url}/metrics", timeout=SECONDS).text, re.M
    )
    assert told
    return int(float(told[1]))


def at_once(servers: Sequence[Server], times: int, send: Callable[[Server, int], T]) -> list[T]:
    """What so many requests at once brought, from each server in turn."""
    with ThreadPoolExecutor(times) as pool:
        return list(
            pool.map(send, [server for server, _ in zip(cycle(servers), range(times), strict=False)], range(times))
        )


def make_link(server: Server, size: int) -> int:
    manifest = json.dumps([{"path": "a.bin", "size": size, "type": ""}])
    form = {"manifest": manifest, "password": "secret"}
    return requests.post(f"{server.url}/links", form, allow_redirects=False, timeout=8 * SECONDS).status_code


def test_of_many_links_with_passwords_as_many_are_made_as_fit(servers: list[Server]) -> None:
    statuses = at_once(servers, 12, lambda server, _: make_link(server, 20 * MIB))
    assert (statuses.count(303), statuses.count(507)) == (3, 9)
    assert held(servers[0]) == 60 * MIB


def test_of_many_puts_with_passwords_as_many_are_stored_as_fit(servers: list[Server]) -> None:
    data = content(20 * MIB)
    answers = at_once(servers, 6, lambda server, _: put(server, data, headers=SECRET).status_code)
    assert (answers.count(201), answers.count(507)) == (3, 3)
    assert held(servers[0]) == 60 * MIB


def test_of_many_puts_without_a_length_no_more_is_stored_than_fits(servers: list[Server]) -> None:
    data = content(20 * MIB)
    pieces = [data[start : start + MIB] for start in range(0, len(data), MIB)]
    answers = at_once(servers, 6, lambda server, _: put(server, iter(pieces), headers=SECRET).status_code)
    assert set(answers) <= {201, 507}
    assert held(servers[0]) == answers.count(201) * 20 * MIB


def test_of_many_patches_of_unknown_length_as_many_are_stored_as_fit(servers: list[Server]) -> None:
    data, uploads = (
        content(20 * MIB),
        [begin(server, None) for server, _ in zip(cycle(servers), range(6), strict=False)],
    )
    answers = at_once(servers, 6, lambda _, number: uploads[number].patch(0, data).status_code)
    assert (answers.count(204), answers.count(507)) == (3, 3)
    stored = [upload for upload, status in zip(uploads, answers, strict=True) if status == 204]
    for upload in stored:
        assert upload.patch(len(data), b"", {"Upload-Length": str(len(data))}).status_code == 204
    assert [fetched(upload.shown.download_url) for upload in stored] == [sha256(data)] * 3


def test_a_session_becomes_one_link_however_many_ask_at_once(servers: list[Server]) -> None:
    with requests.Session() as browser:
        page = browser.post(f"{servers[0].url}/live", allow_redirects=False, timeout=SECONDS).headers["Location"]
        cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in browser.cookies)
    form = {"manifest": json.dumps([{"path": "a.bin", "size": MIB, "type": ""}]), "password": "secret"}

    def fall_back(server: Server, _: int) -> int:
        url = f"{server.url}{page}/link"
        headers = {"Cookie": cookies}
        return requests.post(url, form, headers=headers, allow_redirects=False, timeout=8 * SECONDS).status_code

    statuses = at_once(servers, 8, fall_back)
    assert (statuses.count(303), statuses.count(409)) == (1, 7)
    assert held(servers[0]) == MIB


def test_a_part_is_joined_once(servers: list[Server]) -> None:
    part = begin_part(servers[0], content(MIB))
    twice = create(servers[0], {"Upload-Concat": f"final;{part.path} {part.path}"})
    assert (twice.status_code, "twice" in twice.text) == (400, True)
    joined = at_once(servers, 8, lambda server, _: create(server, {"Upload-Concat": f"final;{part.path}"}))
    made = [answer for answer in joined if answer.status_code == 201]
    assert len(made) == 1
    assert {answer.status_code for answer in joined} <= {201, 404, 409}
    assert fetched(shared(made[0]).download_url) == sha256(content(MIB))
    assert held(servers[0]) == MIB


def test_parts_that_fit_only_alone_stay_when_they_cannot_be_joined(servers: list[Server]) -> None:
    parts = [begin_part(servers[0], content(20 * MIB, seed)) for seed in range(2)]
    final = {"Upload-Concat": f"final;{parts[0].path} {parts[1].path}"}
    assert create(servers[-1], final).status_code == 507
    assert [part.offset() for part in parts] == [20 * MIB] * 2
    assert held(servers[0]) == 40 * MIB
    for part in parts:
        assert requests.delete(part.url, headers=TUS, timeout=SECONDS).status_code == 204


def test_the_room_of_a_refused_upload_is_free_for_the_next(servers: list[Server]) -> None:
    upload: Tus = begin(servers[0], 50 * MIB)
    assert put(servers[-1], content(20 * MIB)).status_code == 507
    upload.shown.delete()
    assert put(servers[-1], content(20 * MIB)).status_code == 201
