"""What a server learns of a sealed transfer: no name, byte, secret, password. What it does to one is noticed."""

import base64
import json
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Download, Page, expect

from tests.e2e.support.between import Between
from tests.e2e.support.sealed_steps import seal_link
from tests.e2e.support.steps import choose, fetch, finished, get_link, protect, row, saved, sha
from tests.support.seal_client import OWN_RECORD, RECORD, SEALED_RECORD, Codec, unbase64url
from tests.support.server_process import Server

pytestmark = pytest.mark.browser

NAME = "quarterly-figures-of-the-whale"
WORDS = b"the whale swims at midnight. "
PASSWORD = "correct horse battery staple"


@pytest.fixture
def between(server: Server) -> Iterator[Between]:
    between = Between(server.port)
    yield between
    between.close()


@pytest.fixture(scope="module")
def codec() -> Iterator[Codec]:
    codec = Codec()
    yield codec
    codec.close()


def stored(server: Server) -> bytes:
    """Everything on the server's disk: files, database, log."""
    files = [path for path in server.data_dir.rglob("*") if path.is_file()]
    return server.log.read_bytes() + b"".join(bytes(path) + path.read_bytes() for path in files)


def test_neither_name_nor_content_nor_secret_nor_password_reaches_the_server(
    page: Page, other: Page, between: Between, server: Server, tmp_path: Path
) -> None:
    file = tmp_path / f"{NAME}.txt"
    file.write_bytes(WORDS * 20_000)
    page.goto(between.url)
    choose(page, file)
    protect(page, PASSWORD)
    link = get_link(page)
    finished(page)
    other.goto(link)
    other.get_by_test_id("password").fill(PASSWORD)
    other.get_by_test_id("unlock").click()
    assert sha(saved(fetch(other, other.get_by_test_id("download")))) == sha(file)
    expect(page.get_by_test_id("card-state")).to_contain_text("Downloaded 1 time")

    secret = link.split("#")[1]
    known = b"".join(heard.everything() for heard in between.heard) + stored(server)
    assert len(known) > len(WORDS) * 20_000  # it did go through here
    for hidden in (NAME.encode(), WORDS, secret.encode(), unbase64url(secret), PASSWORD.encode()):
        for form in (hidden, base64.b64encode(hidden).rstrip(b"="), hidden.hex().encode()):
            assert form not in known, hidden


def test_a_page_that_asks_again_and_again_does_not_tell_its_address(page: Page, between: Between, codec: Codec) -> None:
    link = seal_link(codec, between.url, {"letter.bin": b""}, stored=False)
    with page.expect_response(lambda answer: answer.request.headers.get("hx-request") == "true"):
        page.goto(link)
    assert not [heard for heard in between.heard if link.split("#")[1].encode() in heard.everything()]


@pytest.mark.parametrize("who", ["sender", "receiver"])
def test_the_secret_is_kept_by_its_tab_alone(page: Page, other: Page, server: Server, tmp_path: Path, who: str) -> None:
    file = tmp_path / "letter.bin"
    file.write_bytes(b"x")
    page.goto(server.url)
    choose(page, file)
    link = get_link(page)
    finished(page)
    other.goto(link)
    expect(row(other, "letter.bin")).to_be_visible()
    asked, secret = page if who == "sender" else other, link.split("#")[1]
    assert secret not in asked.evaluate(
        "JSON.stringify([localStorage, history.state, document.cookie, document.referrer])"
    )
    held = asked.evaluate("Object.entries(sessionStorage)")
    assert [name for name, value in held if secret in value] == [f"packetpost:keys:{link.split('/l/')[1][:22]}"]


def swap(files: dict[str, bytes]) -> Callable[[str, bytes], bytes]:
    """Give for each sealed file the other one."""
    return lambda path, body: files.get(path, body)


def flip(at: int) -> Callable[[str, bytes], bytes]:
    def change(path: str, body: bytes) -> bytes:
        if not path.startswith("/api/download/"):
            return body
        return body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :]

    return change


def cut(count: int) -> Callable[[str, bytes], bytes]:
    return lambda path, body: body[:-count] if path.startswith("/api/download/") else body


def spoil(how: Callable[[bytes], bytes]) -> Callable[[str, bytes], bytes]:
    return lambda path, body: how(body) if path.startswith("/api/download/") else body


def record(number: int) -> slice:
    return slice(number * OWN_RECORD, (number + 1) * OWN_RECORD)


TAMPERED = {
    "a flipped bit": flip(3 * OWN_RECORD - 1),
    "a flipped bit in its header": flip(3),
    "a flipped bit in a later record's header": flip(2 * OWN_RECORD + 3),
    "its last record cut off": cut(38 + 9),
    "a whole record cut out": spoil(lambda body: body[record(0)] + body[2 * OWN_RECORD :]),
    "two records changed over": spoil(lambda body: body[record(1)] + body[record(0)] + body[2 * OWN_RECORD :]),
    "a byte more": spoil(lambda body: body + b"x"),
}
# What release 0.2 sealed: a header, then its records.
TAMPERED_OLD = {
    "a flipped bit": flip(3 * SEALED_RECORD),
    "a flipped bit in its header": flip(3),
    "its last record cut off": cut(17 + 9),
    "a whole record cut out": spoil(lambda body: body[: 21 + SEALED_RECORD] + body[21 + 2 * SEALED_RECORD :]),
    "two records changed over": spoil(
        lambda body: (
            body[:21]
            + body[21 + SEALED_RECORD : 21 + 2 * SEALED_RECORD]
            + body[21 : 21 + SEALED_RECORD]
            + body[21 + 2 * SEALED_RECORD :]
        )
    ),
    "a byte more": spoil(lambda body: body + b"x"),
}
HARM = [(what, False) for what in TAMPERED] + [(what, True) for what in TAMPERED_OLD]


@pytest.mark.parametrize(("what", "old"), HARM)
def test_a_tampered_file_is_refused_and_named_and_leaves_nothing_whole(
    page: Page, between: Between, codec: Codec, what: str, old: bool
) -> None:
    downloads: list[Download] = []
    page.on("download", lambda download: downloads.append(download))
    page.goto(seal_link(codec, between.url, {"letter.bin": os.urandom(4 * RECORD + 9)}, old=old))
    between.change = (TAMPERED_OLD if old else TAMPERED)[what]
    page.get_by_test_id("download").click()
    expect(page.get_by_test_id("alert")).to_contain_text("letter.bin was refused and nothing of it was kept")
    expect(row(page, "letter.bin")).to_have_attribute("data-state", "failed")
    assert all(download.failure() for download in downloads)


def test_swapped_files_are_refused_each(page: Page, between: Between, codec: Codec) -> None:
    page.goto(seal_link(codec, between.url, {"one.bin": os.urandom(1000), "two.bin": os.urandom(1000)}))
    bodies: dict[str, bytes] = {}
    stored = json.loads(page.get_by_test_id("parcel").get_attribute("data-stored-files") or "")
    urls = [file["url"] for file in stored]
    for url, other_url in zip(urls, reversed(urls), strict=True):
        bodies[url] = page.request.get(between.url + other_url).body()
    between.change = swap(bodies)
    for name in ("one.bin", "two.bin"):
        row(page, name).get_by_test_id("download").click()
        expect(page.get_by_text(f"{name} was refused and nothing of it was kept")).to_be_visible()


def test_a_tampered_file_spoils_the_zip_of_all(page: Page, between: Between, codec: Codec) -> None:
    downloads: list[Download] = []
    page.on("download", lambda download: downloads.append(download))
    page.goto(seal_link(codec, between.url, {"one.bin": os.urandom(1000), "two.bin": os.urandom(1000)}))
    between.change = flip(500)
    page.get_by_test_id("download-all").click()
    expect(page.get_by_test_id("alert")).to_contain_text("was refused and nothing of it was kept")
    assert all(download.failure() for download in downloads)


def test_changed_names_open_nothing(page: Page, between: Between, codec: Codec) -> None:
    link = seal_link(codec, between.url, {"letter.bin": b"x"})
    between.change = lambda path, body: re.sub(
        rb'data-sealed="(.{60})(.)',
        lambda found: b'data-sealed="' + found[1] + (b"A" if found[2] != b"A" else b"B"),
        body,
    )
    page.goto(link)
    expect(page.get_by_test_id("open-why")).to_contain_text("does not open these files")


@pytest.mark.parametrize(("old", "head", "step"), [(False, 0, OWN_RECORD), (True, 21, SEALED_RECORD)])
def test_a_dropped_connection_goes_on_at_a_record_and_fetches_no_opened_one_twice(
    page: Page, between: Between, codec: Codec, old: bool, head: int, step: int
) -> None:
    content = os.urandom(5 * RECORD + 9)
    page.goto(seal_link(codec, between.url, {"letter.bin": content}, old=old))
    between.cuts = [head + 2 * step + 70_000, 0, step + 5]
    with page.expect_download() as waiting:
        page.get_by_test_id("download").click()
        for opened in (2, 2, 3):
            expect(row(page, "letter.bin").locator("progress")).to_have_js_property("value", opened * RECORD)
            between.cut()
    download = waiting.value
    assert sha(saved(download)) == sha(content)
    expect(row(page, "letter.bin")).to_have_attribute("data-state", "saved")
    asked = [(heard.headers.get("Range"), bool(heard.headers.get("If-Range"))) for heard in between.downloads()]
    resumed, later = f"bytes={head + 2 * step}-", f"bytes={head + 3 * step}-"
    assert asked == [(None, False), (resumed, True), (resumed, True), (later, True)]
