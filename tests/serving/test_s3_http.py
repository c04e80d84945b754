"""Packet Post on S3, whole: real server, real store, over HTTP."""

import subprocess
import threading
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import pytest
import requests

from tests.support.bytes_server import SECONDS
from tests.support.certificates import make_certificate
from tests.support.http import (
    MIB,
    begin,
    begin_part,
    content,
    create,
    fetch,
    fetched,
    line,
    put,
    sha256,
    share,
    share_all,
    start_patch,
)
from tests.support.http import shared as shared_link
from tests.support.redis_process import RedisServer
from tests.support.s3_process import S3Server
from tests.support.server_process import Server, wait_until

# Two full pieces of 8 MiB, and a tail.
DATA = content(19 * MIB + 7)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """One that speaks TLS, as those on the internet do, and may be killed."""
    folder = tmp_path_factory.mktemp("store")
    server = S3Server("rclone", folder / "s3", make_certificate(folder / "store.pem")).start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def post(serve: Callable[..., Server], store: S3Server) -> Server:
    return serve(**store.environ)


def test_curl_sends_and_receives(post: Server, tmp_path: Path) -> None:
    source, back = tmp_path / "source.bin", tmp_path / "back.bin"
    source.write_bytes(DATA)
    sent = subprocess.run(["curl", "-sfT", source, post.url + "/"], capture_output=True, text=True, check=True)
    url = sent.stdout.strip().replace("/l/", "/api/download/")
    subprocess.run(["curl", "-sfo", back, url], check=True)
    assert sha256(back.read_bytes()) == sha256(DATA)


@pytest.mark.parametrize("size", [0, 1, 8 * MIB - 1, 8 * MIB, 8 * MIB + 1, 16 * MIB])
def test_every_size_around_a_piece_comes_back(post: Server, size: int) -> None:
    assert fetched(share(post, DATA[:size]).download_url) == sha256(DATA[:size])


def test_a_body_of_unknown_length_comes_back(post: Server) -> None:
    link = shared_link(put(post, iter([DATA[: 9 * MIB], DATA[9 * MIB :]])))
    assert fetched(link.download_url) == sha256(DATA)


def test_ranges_cross_the_seams(post: Server) -> None:
    link, first, last = share(post, DATA), 8 * MIB - 10, 16 * MIB + 10
    answer = fetch(link.download_url, {"Range": f"bytes={first}-{last}"})
    assert (answer.status_code, sha256(answer.content)) == (206, sha256(DATA[first : last + 1]))
    assert fetch(link.download_url, {"Range": "bytes=-5"}).content == DATA[-5:]


def test_small_patches_grow_one_file(post: Server) -> None:
    upload = begin(post, 1000)
    for start in range(0, 1000, 100):
        assert upload.patch(start, DATA[start : start + 100]).headers["Upload-Offset"] == str(start + 100)
    assert fetched(upload.shown.download_url) == sha256(DATA[:1000])


def test_what_arrived_before_a_disconnect_is_kept(post: Server) -> None:
    upload = begin(post, len(DATA))
    with line(post) as connection:
        start_patch(connection, upload, 0, len(DATA), DATA[: 9 * MIB])
        upload.holds(9 * MIB)  # after a second of silence also what fills no piece
        connection.vanish()
    wait_until(lambda: upload.patch(9 * MIB, DATA[9 * MIB :]).status_code == 204, SECONDS, "the lock stays")
    assert fetched(upload.shown.download_url) == sha256(DATA)


def test_parts_are_joined(post: Server) -> None:
    parts = [begin_part(post, DATA[: 10 * MIB]), begin_part(post, DATA[10 * MIB :])]
    made = create(post, {"Upload-Concat": f"final;{parts[0].path} {parts[1].path}"})
    assert fetched(shared_link(made).download_url) == sha256(DATA)


def test_a_wrong_checksum_stores_nothing(post: Server) -> None:
    upload = begin(post, len(DATA))
    wrong = {"Upload-Checksum": "sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0="}
    assert upload.patch(0, DATA, wrong).status_code == 460
    assert upload.offset() == 0


def test_the_zip_holds_every_file(post: Server) -> None:
    link = share_all(post, [("a.bin", DATA), ("b.bin", b"b")])
    with ZipFile(BytesIO(fetch(link.zip_url).content)) as archive:
        assert sha256(archive.read("a.bin")) == sha256(DATA)
        assert archive.read("b.bin") == b"b"


def test_a_download_limit_holds(post: Server) -> None:
    link = share(post, DATA, headers={"X-Downloads": "1"})
    assert fetched(link.download_url) == sha256(DATA)
    wait_until(lambda: fetch(link.download_url).status_code == 404, SECONDS, "a second download was given")


def test_a_download_follows_its_upload(post: Server) -> None:
    upload = begin(post, len(DATA))
    upload.patch(0, DATA[: 9 * MIB])
    answer = requests.get(upload.shown.download_url, stream=True, timeout=SECONDS)
    pieces = answer.iter_content(MIB)
    assert next(pieces) == DATA[:MIB]
    sending = threading.Thread(target=upload.patch, args=(9 * MIB, DATA[9 * MIB :]))
    sending.start()
    assert sha256(DATA[:MIB] + b"".join(pieces)) == sha256(DATA)
    sending.join(SECONDS)


@pytest.fixture(scope="module")
def sweeping(serve: Callable[..., Server], rclone: S3Server) -> Server:
    """One with a prefix of its own."""
    return serve(PACKETPOST_SWEEP_SECONDS="1", **rclone.environ_below("sweeping"))


def test_deletion_breaks_a_running_download_and_leaves_nothing(sweeping: Server, rclone: S3Server) -> None:
    upload = begin(sweeping, len(DATA))
    upload.patch(0, DATA[: 9 * MIB])
    pieces = requests.get(upload.shown.download_url, stream=True, timeout=SECONDS).iter_content(MIB)
    next(pieces)
    upload.shown.delete()
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        list(pieces)
    wait_until(lambda: not rclone.objects("sweeping/"), SECONDS, "objects stay")


def test_what_has_expired_leaves_nothing(sweeping: Server, rclone: S3Server) -> None:
    share(sweeping, DATA, headers={"X-Expiry": "1s"})
    begin(sweeping, 10, {"X-Expiry": "1s"}).patch(0, b"12345")
    wait_until(lambda: not rclone.objects("sweeping/"), SECONDS, "objects stay")


def test_a_killed_instance_loses_nothing_that_it_told(sweeping: Server) -> None:
    upload = begin(sweeping, len(DATA))
    with line(sweeping) as connection:
        start_patch(connection, upload, 0, len(DATA), DATA[: 18 * MIB])
        wait_until(lambda: upload.offset() >= 16 * MIB, SECONDS, "no piece was stored")
        told = upload.offset()
        sweeping.kill()
    sweeping.start()
    offset = upload.offset()
    assert offset >= told
    wait_until(lambda: upload.patch(offset, DATA[offset:]).status_code == 204, SECONDS, "the lock outlives its holder")
    assert fetched(upload.shown.download_url) == sha256(DATA)


@pytest.fixture(scope="module")
def pair(serve: Callable[..., Server], rclone: S3Server, redis_for_all: RedisServer) -> tuple[Server, Server]:
    """Two instances that share records and bucket."""
    environ = rclone.environ_below("pair") | {"REDIS_URL": redis_for_all.url}
    return serve(**environ), serve(**environ)


def test_an_upload_goes_on_at_another_instance(pair: tuple[Server, Server]) -> None:
    first, second = pair
    upload = begin(first, len(DATA))
    there = upload.at(second)
    assert upload.patch(0, DATA[: 9 * MIB]).status_code == 204
    assert there.offset() == 9 * MIB
    assert there.patch(9 * MIB, DATA[9 * MIB :]).status_code == 204
    assert fetched(upload.shown.download_url) == sha256(DATA)


def test_two_instances_let_one_writer_in(pair: tuple[Server, Server]) -> None:
    first, second = pair
    upload = begin(first, len(DATA))
    there = upload.at(second)
    stop = threading.Event()

    def slowly() -> Iterator[bytes]:
        for start in range(0, len(DATA), MIB):
            stop.wait(0.3)
            yield DATA[start : start + MIB]

    def send() -> None:
        while upload.patch(0, slowly()).status_code == 423:  # the other one was just looking
            pass

    sending = threading.Thread(target=send)
    sending.start()
    wait_until(lambda: there.patch(there.offset(), b"").status_code == 423, SECONDS, "both write")
    stop.set()
    sending.join(SECONDS)
    assert fetched(there.shown.download_url) == sha256(DATA)


def test_a_download_follows_an_upload_to_another_instance(pair: tuple[Server, Server]) -> None:
    first, second = pair
    upload = begin(first, len(DATA))
    upload.patch(0, DATA[: 9 * MIB])
    url = upload.shown.download_url.replace(f":{first.port}", f":{second.port}")
    pieces = requests.get(url, stream=True, timeout=SECONDS).iter_content(MIB)
    assert next(pieces) == DATA[:MIB]
    upload.patch(9 * MIB, DATA[9 * MIB :])
    assert sha256(DATA[:MIB] + b"".join(pieces)) == sha256(DATA)


def test_a_store_that_is_away_is_told_and_comes_back(post: Server, store: S3Server) -> None:
    link = share(post, b"bytes")
    store.kill()
    answer = put(post, b"x")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert requests.get(f"{post.url}/healthz?ready", timeout=SECONDS).status_code == 503
    assert requests.get(f"{post.url}/healthz", timeout=SECONDS).status_code == 200
    store.start()
    assert fetched(link.download_url) == sha256(b"bytes")
    assert requests.get(f"{post.url}/healthz?ready", timeout=SECONDS).status_code == 200


def test_running_transfers_wait_for_a_store_that_is_away(post: Server, store: S3Server) -> None:
    upload = begin(post, len(DATA))
    with line(post) as connection:
        start_patch(connection, upload, 0, len(DATA), DATA[: 9 * MIB])
        upload.holds(9 * MIB)
        pieces = requests.get(upload.shown.download_url, stream=True, timeout=SECONDS).iter_content(MIB)
        assert next(pieces) == DATA[:MIB]
        store.kill()
        starting = threading.Thread(target=store.start)
        starting.start()
        connection.send(DATA[9 * MIB :])  # it is not taken before the store is back
        starting.join(SECONDS)
        assert connection.reply("PATCH").status == 204
    assert sha256(DATA[:MIB] + b"".join(pieces)) == sha256(DATA)
