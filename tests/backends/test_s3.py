"""What S3 does beyond what every store of bytes must: `test_files` has that."""

import hashlib
import http.server
import json
import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from packetpost.backends.s3 import bucket, client
from packetpost.backends.s3.files import S3Files
from packetpost.backends.s3.layout import MIB
from packetpost.errors import NoSpace, NotFound, Problem, SettingsError, Unavailable, UploadLocked
from packetpost.protocols import Files, WriteObserver
from tests.support.bodies import Bytes, Hook, Hooked, whole
from tests.support.bytes_server import SECONDS
from tests.support.http import content, fetch, sha256
from tests.support.s3_process import S3Server
from tests.support.server_process import ROOT, free_port, wait_until

DATA = content(19 * MIB)
SEAMS = ["0-8388608", "8388608-16777216", "16777216-19922944"]


@pytest.fixture
def files(s3_files: S3Files) -> S3Files:
    s3_files.create("key1")
    return s3_files


@pytest.fixture
def other(instances: tuple[S3Files, S3Files]) -> S3Files:
    """The same files at another instance."""
    return instances[1]


@pytest.fixture
def composing(moto: S3Server, tmp_path: Path) -> S3Files:
    """Files on a store that copies objects into parts."""
    files = moto.files(tmp_path, redirect=True)
    files.create("key1")
    return files


def pieces(files: S3Files, key: str = "key1") -> list[str]:
    """The names of a file's objects in the order of their bytes, less the marker."""
    names = [one.name.partition("/")[2] for one in files._bucket.find(f"{key}/")]
    return sorted((name for name in names if name != "begun"), key=lambda name: int(name.partition("-")[0]))


def fill(files: Files, data: bytes = DATA, key: str = "key1") -> None:
    assert files.append(key, files.size(key) or 0, Bytes(data), len(data))


def test_a_long_file_is_pieces_and_a_tail(files: S3Files) -> None:
    fill(files)
    assert pieces(files) == SEAMS
    assert sha256(whole(files)) == sha256(DATA)


def test_a_tail_that_grows_leaves_no_shorter_one(files: S3Files) -> None:
    fill(files, b"hello ")
    fill(files, b"world")
    wait_until(lambda: pieces(files) == ["0-11"], SECONDS, "the shorter tail stays")


def test_what_a_late_writer_stores_takes_nothing_away(files: S3Files) -> None:
    fill(files, b"hello world")
    files._bucket.put("key1/0-5", b"hello")
    assert (files.size("key1"), whole(files)) == (11, b"hello world")


def test_a_piece_behind_a_gap_is_not_stored_and_goes(files: S3Files) -> None:
    files._bucket.put("key1/5-8", b"old")
    assert files.size("key1") == 0
    fill(files, b"hello")
    assert (files.size("key1"), pieces(files)) == (5, ["0-5"])


def test_a_checked_body_of_many_pieces_is_stored_behind_a_tail(files: S3Files) -> None:
    fill(files, DATA[:5])
    digest = hashlib.sha256(DATA[5:]).digest()
    files.append("key1", 5, Bytes(DATA[5:]), len(DATA), ("sha256", digest))
    assert sha256(whole(files)) == sha256(DATA)


def test_another_instance_locks_a_writer_out_that_was_away_too_long(files: S3Files, other: S3Files) -> None:
    class Away(Hook):
        def __call__(self, observer: WriteObserver) -> None:
            wait_until(lambda: appended(other, b"second"), SECONDS, "the lease does not lapse")

    with pytest.raises(UploadLocked):
        files.append("key1", 0, Hooked(b"first", Away()), 5)
    assert whole(files) == b"second"


def appended(files: Files, data: bytes) -> bool:
    """Whether nobody else was writing."""
    try:
        fill(files, data)
    except UploadLocked:
        return False
    return True


def test_removal_by_another_instance_stops_a_writer(files: S3Files, other: S3Files) -> None:
    class Remove(Hook):
        def __call__(self, observer: WriteObserver) -> None:
            other.remove("key1")
            wait_until(lambda: observer.wrote(0), SECONDS, "it writes on")

    with pytest.raises(NotFound):
        files.append("key1", 0, Hooked(b"first", Remove()), 5)
    assert pieces(files) == []


def test_removal_by_another_instance_ends_a_reader(files: S3Files, other: S3Files) -> None:
    fill(files)
    reader = files.open("key1")
    other.remove("key1")
    wait_until(lambda: not reader.read_at(0, MIB), SECONDS, "it reads on")
    assert reader.gone()
    reader.close()


def test_more_objects_than_one_page_of_a_listing(files: S3Files, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bucket, "PAGE", 2)
    keys = [f"key{number}" for number in range(2, 7)]
    files.create(*keys)
    fill(files)
    assert files.size("key1") == len(DATA)
    assert {key for key, _ in files.stored()} == {"key1", *keys}
    files.remove("key1", *keys)
    assert list(files.stored()) == []


def test_a_finished_file_becomes_one_object_that_has_an_address(composing: S3Files) -> None:
    fill(composing)
    reader = composing.open("key1")
    composing.finish("key1")
    assert pieces(composing) == ["0-19922944"]
    assert reader.read_at(9 * MIB, 5) == DATA[9 * MIB : 9 * MIB + 5]  # also who began before
    reader.close()
    answer = fetch(str(composing.address("key1", "attachment", "text/plain")))
    assert sha256(answer.content) == sha256(DATA)
    assert answer.headers["Content-Type"] == "text/plain"


def test_joined_parts_of_odd_sizes_become_one_object(composing: S3Files) -> None:
    composing.create("part1", "part2", "part3")
    fill(composing, DATA[:10], "part1")
    fill(composing, DATA[10 : 9 * MIB], "part2")
    fill(composing, DATA[9 * MIB :], "part3")
    composing.join("key1", ["part1", "part2", "part3"])
    composing.finish("key1")
    composing.remove("part1", "part2", "part3")
    assert pieces(composing) == ["0-19922944"]
    assert sha256(whole(composing)) == sha256(DATA)


def test_a_store_that_copies_no_parts_keeps_the_pieces(rclone: S3Server, tmp_path: Path) -> None:
    files = rclone.files(tmp_path, redirect=True)
    files.create("key1")
    fill(files)
    files.finish("key1")
    assert files.address("key1", "attachment", "text/plain") is None
    assert (pieces(files), rclone.unfinished()) == (SEAMS, [])
    assert sha256(whole(files)) == sha256(DATA)


def test_a_file_that_is_removed_while_it_becomes_one_leaves_nothing(
    composing: S3Files, moto: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    end = composing._bucket.end_parts

    def removed_first(name: str, upload_id: str, etags: list[str]) -> None:
        composing._objects("key1").remove()
        end(name, upload_id, etags)

    monkeypatch.setattr(composing._bucket, "end_parts", removed_first)
    fill(composing)
    composing.finish("key1")
    assert (pieces(composing), moto.unfinished()) == ([], [])


def test_what_was_half_composed_is_aborted(composing: S3Files, moto: S3Server) -> None:
    composing._bucket.begin_parts("key1/0-9")
    composing.tidy(before=0)
    assert moto.unfinished()
    composing.tidy(before=1e12)
    assert moto.unfinished() == []


@pytest.mark.parametrize(
    ("code", "status", "meant"),
    [
        ("NoSuchKey", 404, NotFound),
        ("NoSuchUpload", 404, NotFound),
        ("NoSuchBucket", 404, Unavailable),
        ("AccessDenied", 403, Unavailable),
        ("QuotaExceeded", 403, NoSpace),
        ("XMinioStorageFull", 507, NoSpace),
        ("SlowDown", 503, Unavailable),
        ("InternalError", 500, Unavailable),
    ],
)
def test_the_errors_of_stores_are_told_by_our_names(code: str, status: int, meant: type[Problem]) -> None:
    answer = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    assert type(client.named(ClientError(answer, "PutObject"))) is meant


class _DyingStore(http.server.BaseHTTPRequestHandler):
    """Breaks off in the middle of every object."""

    def do_GET(self) -> None:
        self.send_response(206)
        self.send_header("Content-Length", "100")
        self.end_headers()
        self.wfile.write(bytes(99))

    def log_message(self, *said: object) -> None:
        pass


@pytest.fixture
def dying_store() -> Iterator[str]:
    with http.server.HTTPServer(("127.0.0.1", 0), _DyingStore) as store:
        threading.Thread(target=store.serve_forever).start()
        yield f"http://127.0.0.1:{store.server_port}"
        store.shutdown()


def test_a_store_that_dies_in_the_middle_of_an_object_is_away(
    dying_store: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "a-key-of-ours")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "a-secret-of-ours")
    store = bucket.Bucket(client.BucketPrefix("letters", "", dying_store, path_style=True))
    with pytest.raises(Unavailable):
        store.get("key1/0-100", 0, 100)


@pytest.mark.parametrize(
    ("environ", "sentence"),
    [
        ({"FILES_URL": "s3://nobodys"}, "does not exist"),
        ({"AWS_SECRET_ACCESS_KEY": "a-wrong-secret-of-ours"}, "refuses us"),
        ({"PACKETPOST_S3_ENDPOINT": "http://"}, "cannot be used"),
        ({"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "AWS_EC2_METADATA_DISABLED": "true"}, "no credentials"),
    ],
)
def test_a_bucket_that_cannot_be_used_refuses_to_start(
    rclone: S3Server, tmp_path: Path, environ: dict[str, str], sentence: str
) -> None:
    with pytest.raises(SettingsError, match=sentence):
        rclone.app(tmp_path, **environ)


def test_a_store_that_is_away_at_the_start_is_no_reason_to_refuse(rclone: S3Server, tmp_path: Path) -> None:
    app = rclone.app(tmp_path, PACKETPOST_S3_ENDPOINT=f"http://127.0.0.1:{free_port()}")
    answer = app.test_client().get("/healthz?ready")
    assert (answer.status_code, answer.get_json()["reasons"]) == (503, ["Files cannot be stored."])


def test_a_store_takes_the_lifecycle_rule_of_the_readme(moto: S3Server) -> None:
    readme = (ROOT / "README.md").read_text()
    match = re.search(r"--lifecycle-configuration '(.*?)'", readme, re.DOTALL)
    assert match
    rules = json.loads(match[1])
    moto.client().put_bucket_lifecycle_configuration(Bucket=moto.bucket, LifecycleConfiguration=rules)
    assert moto.client().get_bucket_lifecycle_configuration(Bucket=moto.bucket)["Rules"] == rules["Rules"]
