"""An upload's address lets people write. Whoever sees what a server keeps gets no such address, and none is logged."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
import requests

from packetpost import tokens
from tests.support.bytes_server import SECONDS
from tests.support.http import Tus, begin, begin_part, content, create, expect, fetched, sha256, shared
from tests.support.pages_steps import manifest
from tests.support.redis_process import RedisServer
from tests.support.s3_process import S3Server
from tests.support.server_process import Server

DATA = content(1000)
Kept = Callable[[], bytes]


@pytest.fixture(scope="module", params=["one machine", "Redis and S3"])
def post(request: pytest.FixtureRequest, serve: Callable[..., Server]) -> tuple[Server, Kept]:
    """A server, and a look at everything that it keeps: each name and byte of its database, files, store and log."""
    if request.param == "one machine":
        server = serve()
        return server, lambda: _all_of(server.data_dir, server.log)
    rclone: S3Server = request.getfixturevalue("rclone")
    redis: RedisServer = request.getfixturevalue("redis_for_all")
    server = serve(**rclone.environ_below("upload-tokens"), REDIS_URL=redis.url)
    return server, lambda: _all_of(server.data_dir, server.log, rclone.folder, redis.folder)


def _all_of(*places: Path) -> bytes:
    paths = [path for place in places for path in (place, *place.rglob("*"))]
    return b"\n".join(part for path in paths for part in (str(path).encode(), _content(path)))


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes() if path.is_file() else b""
    except FileNotFoundError:  # a part of the database that just went
        return b""


def uploads_on(card_url: str, owner: requests.Session, server: Server) -> list[Tus]:
    """The uploads of a card, as it tells their addresses at this look."""
    card = expect(200, owner.get(card_url, headers={"Accept": "application/json"}, timeout=SECONDS)).json()
    return [Tus(server.url + file["upload_url"], None) for file in card["files"]]


def test_what_a_server_keeps_and_logs_lets_nobody_write_to_an_upload(post: tuple[Server, Kept]) -> None:
    server, kept = post
    with requests.Session() as owner:
        made = owner.post(f"{server.url}/links", manifest(1000, 1000), timeout=SECONDS)
        uploads = uploads_on(made.url, owner, server)
    uploads += [begin(server, 1000), begin(server, 1000, {"Upload-Concat": "partial"})]
    for upload in uploads:
        upload.patch(0, DATA[:5])
        upload.patch(7, b"wrong offset")
    everything = kept()
    assert [upload.id for upload in uploads if upload.id.encode() in everything] == []
    hashes = [tokens.hash_token(upload.id).encode() for upload in uploads]
    assert all(one in everything for one in hashes), "the search does not see what is kept"


def test_the_name_under_which_bytes_are_kept_is_no_address(post: tuple[Server, Kept]) -> None:
    upload = begin(post[0], len(DATA))
    name = Tus(f"{post[0].url}/api/files/{tokens.hash_token(upload.id)}", None)
    assert (name.head().status_code, name.patch(0, DATA).status_code) == (404, 404)


def test_a_card_that_is_opened_again_tells_the_same_addresses(post: tuple[Server, Kept]) -> None:
    server = post[0]
    with requests.Session() as owner:
        made = owner.post(f"{server.url}/links", manifest(1000, 1000), timeout=SECONDS)
        first, again = uploads_on(made.url, owner, server), uploads_on(made.url, owner, server)
        assert (first, len({upload.id for upload in first})) == (again, 2)
        for upload in again:
            expect(204, upload.patch(0, DATA))
    assert fetched(made.url.replace("/l/", "/api/download/").replace("/owner", "/1/x")) == sha256(DATA)


def test_a_joined_upload_has_an_address_of_its_own(post: tuple[Server, Kept]) -> None:
    server = post[0]
    parts = [begin_part(server, DATA[:400]), begin_part(server, DATA[400:])]
    answer = expect(201, create(server, {"Upload-Concat": "final;" + " ".join(part.url for part in parts)}))
    whole = Tus(answer.headers["Location"], shared(answer))
    assert (whole.offset(), [part.head().status_code for part in parts]) == (len(DATA), [404, 404])


def test_an_upload_kept_by_its_old_address_is_still_downloaded_and_no_longer_written(
    serve: Callable[..., Server],
) -> None:
    server = serve()
    kept_until_now = begin(server, len(DATA))
    expect(204, kept_until_now.patch(0, DATA))
    server.stop()
    old = "o" * 22  # until 0.2.0 the address' end itself was the name
    _rename(server, tokens.hash_token(kept_until_now.id), old)
    server.start()
    assert fetched(kept_until_now.shown.download_url) == sha256(DATA)
    assert Tus(f"{server.url}/api/files/{old}", None).head().status_code == 404


def _rename(server: Server, before: str, after: str) -> None:
    with closing(sqlite3.connect(server.data_dir / "packetpost.sqlite")) as database, database:
        database.execute("UPDATE uploads SET id = ? WHERE id = ?", (after, before))
    folder = server.data_dir / "files" / after[:2]
    folder.mkdir()
    (server.data_dir / "files" / before[:2] / before).rename(folder / after)
