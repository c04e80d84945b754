"""Reading the headers of tus 1.0.0."""

import pytest

from packetpost import tus
from packetpost.errors import BadRequest, TusVersion, WrongType

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
