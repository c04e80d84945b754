"""tus 1.0.0 against the real server, verb by verb (https://tus.io/protocols/resumable-upload)."""

import base64
import hashlib
from collections.abc import Callable
from email.utils import parsedate_to_datetime

import pytest
import requests

from tests.support.bytes_server import SECONDS
from tests.support.http import (
    KIB,
    MIB,
    OCTETS,
    TUS,
    Tus,
    begin,
    begin_part,
    content,
    create,
    fetched,
    line,
    sha256,
    shared,
)
from tests.support.server_process import Server

SIZES = [0, 1, 64 * KIB, MIB + 1, 9 * MIB]
DATA = content(1000)
METADATA = f"filename {base64.b64encode(b'report.pdf').decode()},filetype {base64.b64encode(b'image/png').decode()}"


@pytest.fixture
def upload(server: Server) -> Tus:
    """An empty upload of 1,000 bytes."""
    return begin(server, len(DATA))


def checksum(algorithm: str, data: bytes) -> dict[str, str]:
    digest = base64.b64encode(hashlib.new(algorithm, data).digest()).decode()
    return {"Upload-Checksum": f"{algorithm} {digest}"}


def test_options_tells_version_extensions_size_and_checksums(server: Server) -> None:
    answer = requests.options(f"{server.url}/api/files", timeout=SECONDS)
    assert answer.status_code in (200, 204)
    assert answer.headers["Tus-Version"] == "1.0.0"
    assert {"creation", "creation-with-upload", "termination", "checksum", "concatenation"} <= set(
        answer.headers["Tus-Extension"].split(",")
    )
    assert int(answer.headers["Tus-Max-Size"]) == 2 * 1024**3
    assert answer.headers["Tus-Checksum-Algorithm"] == "sha1,sha256"


def test_options_needs_no_version(server: Server) -> None:
    assert requests.options(f"{server.url}/api/files/unknown", timeout=SECONDS).ok


def test_post_tells_the_upload_its_link_and_its_expiry(server: Server) -> None:
    answer = create(server, {"Upload-Length": "5"})
    assert answer.headers["Location"].startswith(f"{server.url}/api/files/")
    assert answer.headers["X-Link"].startswith(f"{server.url}/l/")
    assert answer.headers["X-Url-Delete"].startswith(answer.headers["X-Link"])
    parsedate_to_datetime(answer.headers["Upload-Expires"])
    assert answer.headers["Tus-Resumable"] == "1.0.0"
    assert answer.content == b""


def test_post_without_a_length_is_400(server: Server) -> None:
    assert create(server, {}).status_code == 400


@pytest.mark.parametrize("length", ["-1", "1.5", "x", "1e3", "+5", "", "9" * 19])
def test_post_with_a_length_that_is_no_number_is_400(server: Server, length: str) -> None:
    assert create(server, {"Upload-Length": length}).status_code == 400


def test_post_with_the_first_bytes_stores_them(server: Server) -> None:
    answer = create(server, {**OCTETS, "Upload-Length": "1000"}, DATA[:600])
    assert (answer.status_code, answer.headers["Upload-Offset"]) == (201, "600")
    upload = Tus(answer.headers["Location"], shared(answer))
    upload.patch(600, DATA[600:])
    assert fetched(upload.shown.download_url) == sha256(DATA)


def test_post_with_more_bytes_than_announced_is_413(server: Server) -> None:
    assert create(server, {**OCTETS, "Upload-Length": "10"}, DATA).status_code == 413


def test_a_deferred_length_is_told_and_then_settled(server: Server) -> None:
    upload = begin(server, None)
    assert upload.head().headers["Upload-Defer-Length"] == "1"
    upload.patch(0, DATA[:100])
    upload.patch(100, DATA[100:], {"Upload-Length": "1000"})
    answer = upload.head()
    assert (answer.headers["Upload-Length"], answer.headers["Upload-Offset"]) == ("1000", "1000")
    assert "Upload-Defer-Length" not in answer.headers


def test_a_settled_length_does_not_change(upload: Tus) -> None:
    assert upload.patch(0, DATA[:10], {"Upload-Length": "500"}).status_code == 400


def test_head_tells_offset_length_and_metadata_and_is_not_kept(server: Server) -> None:
    answer = begin(server, 1000, {"Upload-Metadata": METADATA}).head()
    assert answer.headers["Upload-Offset"] == "0"
    assert answer.headers["Upload-Length"] == "1000"
    assert answer.headers["Upload-Metadata"] == METADATA
    assert "no-store" in answer.headers["Cache-Control"]


def test_the_name_and_type_in_the_metadata_are_the_downloads(server: Server) -> None:
    upload = begin(server, 0, {"Upload-Metadata": METADATA})
    answer = requests.get(upload.shown.download_url, timeout=SECONDS)
    assert answer.headers["Content-Disposition"] == 'attachment; filename="report.pdf"'
    assert answer.headers["Content-Type"] == "image/png"


@pytest.mark.parametrize("size", SIZES)
def test_patch_stores_a_whole_body(server: Server, size: int) -> None:
    data, upload = content(size), begin(server, size)
    answer = upload.patch(0, data)
    assert (answer.status_code, answer.headers["Upload-Offset"], answer.content) == (204, str(size), b"")
    assert fetched(upload.shown.download_url) == sha256(data)


@pytest.mark.parametrize("size", SIZES)
def test_patch_stores_a_chunked_body(server: Server, size: int) -> None:
    data, upload = content(size), begin(server, size)
    pieces = (data[start : start + 100_000] for start in range(0, size, 100_000))
    assert upload.patch(0, pieces).headers["Upload-Offset"] == str(size)
    assert fetched(upload.shown.download_url) == sha256(data)


@pytest.mark.parametrize("offset", [0, 399, 401, 1000, 10**17])
def test_patch_at_a_wrong_offset_is_409_and_stores_nothing(upload: Tus, offset: int) -> None:
    upload.patch(0, DATA[:400])
    assert upload.patch(offset, DATA[:10]).status_code == 409
    assert upload.offset() == 400


def test_patch_without_an_offset_is_400(upload: Tus) -> None:
    assert requests.patch(upload.url, DATA, headers=OCTETS, timeout=SECONDS).status_code == 400


def test_patch_of_another_type_is_415_and_stores_nothing(upload: Tus) -> None:
    assert upload.patch(0, DATA, {"Content-Type": "application/octet-stream"}).status_code == 415
    assert upload.offset() == 0


@pytest.mark.parametrize("version", ["", "0.2.2", "2.0.0"])
def test_another_version_is_412_and_ours_is_told(upload: Tus, version: str) -> None:
    answer = upload.patch(0, DATA, {"Tus-Resumable": version})
    assert (answer.status_code, answer.headers["Tus-Version"]) == (412, "1.0.0")
    assert upload.offset() == 0


def test_patch_past_the_end_is_413_and_stores_nothing(upload: Tus) -> None:
    assert upload.patch(0, DATA + b"!").status_code == 413
    assert upload.offset() == 0


def test_a_chunked_patch_past_the_end_is_cut_off_there(upload: Tus) -> None:
    assert upload.patch(0, iter([DATA, b"!"])).status_code == 413
    assert fetched(upload.shown.download_url) == sha256(DATA)


@pytest.mark.parametrize("algorithm", ["sha1", "sha256"])
def test_a_right_checksum_is_stored(upload: Tus, algorithm: str) -> None:
    assert upload.patch(0, DATA, checksum(algorithm, DATA)).status_code == 204
    assert fetched(upload.shown.download_url) == sha256(DATA)


@pytest.mark.parametrize("algorithm", ["sha1", "sha256"])
def test_a_wrong_checksum_is_460_and_stores_nothing(upload: Tus, algorithm: str) -> None:
    upload.patch(0, DATA[:300])
    assert upload.patch(300, DATA[300:], checksum(algorithm, b"other")).status_code == 460
    assert upload.offset() == 300


@pytest.mark.parametrize("value", ["md5 1B2M2Y8AsgTpgAmY7PhCfg==", "sha1 ???", "sha1 AAAA", "sha1"])
def test_a_checksum_that_cannot_be_is_400(upload: Tus, value: str) -> None:
    assert upload.patch(0, DATA, {"Upload-Checksum": value}).status_code == 400


@pytest.mark.parametrize("verb", ["HEAD", "PATCH", "DELETE"])
def test_an_unknown_upload_is_404(server: Server, verb: str) -> None:
    headers = {**OCTETS, "Upload-Offset": "0"}
    answer = requests.request(verb, f"{server.url}/api/files/unknown", headers=headers, timeout=SECONDS)
    assert answer.status_code == 404


def test_an_upload_of_a_deleted_link_is_404(upload: Tus) -> None:
    upload.shown.delete()
    assert upload.patch(0, DATA).status_code == 404
    assert upload.head().status_code == 404


def test_delete_ends_the_upload_and_its_link(upload: Tus) -> None:
    assert requests.delete(upload.url, headers=TUS, timeout=SECONDS).status_code == 204
    assert upload.head().status_code == 404
    assert requests.get(upload.shown.url, timeout=SECONDS).status_code == 404


def test_joined_parts_are_one_file(server: Server) -> None:
    data = content(300 * KIB)
    parts = [begin_part(server, data[start : start + 100 * KIB]) for start in range(0, len(data), 100 * KIB)]
    final = {"Upload-Concat": f"final;{' '.join(part.url for part in parts)}", "Upload-Metadata": METADATA}
    assert fetched(shared(create(server, final)).download_url) == sha256(data)


def test_what_was_joined_tells_of_what(server: Server) -> None:
    final = {"Upload-Concat": f"final;{begin_part(server, DATA).path} {begin_part(server, DATA).url}"}
    joined = create(server, final)
    head = requests.head(joined.headers["Location"], headers=TUS, timeout=SECONDS).headers
    assert (head["Upload-Concat"], head["Upload-Length"]) == (final["Upload-Concat"], str(2 * len(DATA)))


@pytest.mark.parametrize("more", [b"", b"x"], ids=["nothing", "a byte"])
def test_nothing_is_added_to_what_was_joined(server: Server, more: bytes) -> None:
    final = {"Upload-Concat": f"final;{begin_part(server, DATA).path}"}
    joined = create(server, final).headers["Location"]
    asked = TUS | {"Content-Type": "application/offset+octet-stream", "Upload-Offset": str(len(DATA))}
    assert requests.patch(joined, more, headers=asked, timeout=SECONDS).status_code == 403


def test_a_part_is_told_as_such_and_has_no_link(server: Server) -> None:
    part = begin_part(server, DATA)
    assert part.link is None
    assert part.head().headers["Upload-Concat"] == "partial"


def test_parts_that_are_not_finished_cannot_be_joined(server: Server) -> None:
    part = begin(server, 10, {"Upload-Concat": "partial"})
    assert create(server, {"Upload-Concat": f"final;{part.path}"}).status_code == 400


@pytest.mark.parametrize("concat", ["final;", "final;/api/files/unknown", "half", "final; ../../etc/passwd"])
def test_a_join_that_cannot_be_is_refused(server: Server, concat: str) -> None:
    assert create(server, {"Upload-Concat": concat}).status_code in (400, 404)


def override(upload: Tus, verb: str, body: bytes = b"", offset: int = 0) -> requests.Response:
    headers = {**OCTETS, "X-HTTP-Method-Override": verb, "Upload-Offset": str(offset)}
    return requests.post(upload.url, body, headers=headers, timeout=SECONDS)


@pytest.mark.parametrize(
    ("verb", "status"), [("PATCH", 204), ("HEAD", 200), ("DELETE", 204), ("GET", 404), ("patch", 204), ("Head", 200)]
)
def test_post_stands_for_the_verb_that_it_names(upload: Tus, verb: str, status: int) -> None:
    assert override(upload, verb, DATA if verb.upper() == "PATCH" else b"").status_code == status


@pytest.mark.parametrize("verb", ["patch", "Patch"])
def test_the_verb_itself_may_be_written_in_small_letters(server: Server, upload: Tus, verb: str) -> None:
    """A page's `fetch` sends `patch` as it stands there (https://fetch.spec.whatwg.org/#concept-method-normalize)."""
    with line(server) as bare:
        bare.ask(verb, upload.path, DATA, *(f"{name}: {value}" for name, value in OCTETS.items()), "Upload-Offset: 0")
        assert bare.reply(verb).status == 204
    assert upload.offset() == len(DATA)


@pytest.mark.parametrize("altered", ["{}/", "{}?a=b", "/{}", " {} "])
def test_parts_are_found_however_their_addresses_are_written(server: Server, altered: str) -> None:
    part = altered.format(begin_part(server, DATA).url)
    assert create(server, {"Upload-Concat": f"final;{part}"}).status_code == 201


def test_an_overridden_patch_stores_its_body(upload: Tus) -> None:
    override(upload, "PATCH", DATA)
    assert fetched(upload.shown.download_url) == sha256(DATA)


def test_no_upload_is_made_beyond_the_largest_link(serve: Callable[..., Server]) -> None:
    small = serve(PACKETPOST_MAX_UPLOAD_BYTES="1000")
    assert create(small, {"Upload-Length": "1001"}).status_code == 413
