"""Reading the headers of tus 1.0.0."""

import base64

import pytest

from packetpost import tus
from packetpost.errors import BadRequest
from packetpost.tus_errors import TusVersion, WrongType

PATCH = {"Content-Type": tus.CONTENT_TYPE, "Upload-Offset": "5"}


def test_a_creation_is_read() -> None:
    headers = {"Upload-Length": "10", "Upload-Metadata": "filename YS50eHQ=,filetype dGV4dC9wbGFpbg==,flag"}
    ask = tus.parse_creation(headers)
    assert (ask.length, ask.name, ask.type, ask.metadata) == (10, "a.txt", "text/plain", headers["Upload-Metadata"])


def test_a_deferred_length_is_none() -> None:
    assert tus.parse_creation({"Upload-Defer-Length": "1"}).length is None


def test_a_part_and_its_joining_are_told_apart() -> None:
    part = tus.parse_creation({"Upload-Length": "1", "Upload-Concat": "partial"})
    final = tus.parse_creation({"Upload-Concat": "final;/api/files/a http://x/api/files/b"})
    assert (part.partial, part.parts) == (True, ())
    assert (final.partial, final.parts) == (False, ("/api/files/a", "http://x/api/files/b"))


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Upload-Length": "-1"},
        {"Upload-Length": "ten"},
        {"Upload-Length": "9" * 19},
        {"Upload-Length": "1", "Upload-Defer-Length": "1"},
        {"Upload-Defer-Length": "2"},
        {"Upload-Length": "1", "Upload-Concat": "final;"},
        {"Upload-Length": "1", "Upload-Concat": "other"},
        {"Upload-Length": "1", "Upload-Metadata": "filename !!!"},
        {"Upload-Length": "1", "Upload-Metadata": "a" * 9000},
    ],
)
def test_a_creation_that_contradicts_the_protocol_is_refused(headers: dict[str, str]) -> None:
    with pytest.raises(BadRequest):
        tus.parse_creation(headers)


def test_an_append_is_read() -> None:
    ask = tus.parse_append({**PATCH, "Upload-Checksum": "sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0="})
    assert (ask.offset, ask.length, ask.digest and ask.digest[0]) == (5, None, "sha1")


def test_an_append_may_settle_the_length() -> None:
    assert tus.parse_append({**PATCH, "Upload-Length": "9"}).length == 9


def test_an_append_of_another_type_is_refused() -> None:
    with pytest.raises(WrongType):
        tus.parse_append({**PATCH, "Content-Type": "application/octet-stream"})


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": tus.CONTENT_TYPE},
        {**PATCH, "Upload-Offset": "x"},
        {**PATCH, "Upload-Checksum": "md5 AAAA"},
        {**PATCH, "Upload-Checksum": "sha1"},
        {**PATCH, "Upload-Checksum": "sha1 AAAA"},
    ],
)
def test_an_append_that_contradicts_the_protocol_is_refused(headers: dict[str, str]) -> None:
    with pytest.raises(BadRequest):
        tus.parse_append(headers)


@pytest.mark.parametrize("headers", [{}, {"Tus-Resumable": "0.2.2"}])
def test_another_version_is_refused(headers: dict[str, str]) -> None:
    with pytest.raises(TusVersion):
        tus.check_version(headers)


@pytest.mark.parametrize("kind", [f"{tus.CONTENT_TYPE}; charset=UTF-8", f" {tus.CONTENT_TYPE.title()} ;q=1"])
def test_a_type_may_have_parameters(kind: str) -> None:
    assert tus.parse_append({**PATCH, "Content-Type": kind}).offset == 5


@pytest.mark.parametrize("algorithm", ["SHA1", "Sha1", "sha1", "SHA-1", "sha-1"])
@pytest.mark.parametrize("padding", ["", "="])
def test_a_checksum_may_be_written_in_capitals_and_without_padding(algorithm: str, padding: str) -> None:
    ask = tus.parse_append({**PATCH, "Upload-Checksum": f"{algorithm} Kq5sNclPz7QV2+lfQIuc6R7oRu0{padding}"})
    assert ask.digest is not None
    assert (ask.digest[0], len(ask.digest[1])) == ("sha1", 20)


@pytest.mark.parametrize("written", ["YS50eHQ", "YS50eHQ=", "YS50eHQ=="])
def test_metadata_may_lack_their_padding(written: str) -> None:
    assert tus.parse_metadata(f"filename {written}, type dGV4dC9wbGFpbg") == {"filename": "a.txt", "type": "text/plain"}


def metadata(**values: str) -> str:
    return ",".join(f"{name} {base64.b64encode(value.encode()).decode()}" for name, value in values.items())


@pytest.mark.parametrize(
    ("told", "name"),
    [
        ({"filename": "a.txt", "relativePath": "album/a.txt"}, "album/a.txt"),
        ({"filename": "a.txt", "relativePath": "album/"}, "album/a.txt"),
        ({"filename": "a.txt", "relativePath": "null"}, "a.txt"),
        ({"filename": "a.txt", "relativePath": ""}, "a.txt"),
        ({"name": "a.txt", "webkitRelativePath": "x/y/a.txt"}, "x/y/a.txt"),
        ({"filename": "null"}, "null"),
    ],
)
def test_a_file_of_a_folder_tells_its_path(told: dict[str, str], name: str) -> None:
    assert tus.parse_creation({"Upload-Length": "1", "Upload-Metadata": metadata(**told)}).name == name


@pytest.mark.parametrize("concat", ["Partial", " partial "])
def test_a_part_is_a_part_however_it_is_written(concat: str) -> None:
    assert tus.parse_creation({"Upload-Length": "1", "Upload-Concat": concat}).partial
