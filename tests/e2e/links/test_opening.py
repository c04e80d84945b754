"""Sealed links in the receiver's browser: opened with what stands behind the #, and asked for what is missing."""

import os
import zipfile
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e.support.sealed_steps import seal_link, unlock_at_second_try
from tests.e2e.support.steps import fetch, row, rows, saved, sha
from tests.support.seal_client import RECORD, Codec
from tests.support.server_process import Server

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def codec() -> Iterator[Codec]:
    codec = Codec()
    yield codec
    codec.close()


@pytest.mark.parametrize("size", [0, 1, RECORD - 1, RECORD, RECORD + 1, 5 * RECORD + 9])
def test_a_file_is_opened_whole(page: Page, server: Server, codec: Codec, size: int) -> None:
    content = os.urandom(size)
    page.goto(seal_link(codec, server.url, {"letter.bin": content}))
    download = fetch(page, page.get_by_test_id("download"))
    assert download.suggested_filename == "letter.bin"
    assert sha(saved(download)) == sha(content)
    expect(page.get_by_test_id("protection")).to_have_text("End-to-end encrypted")


def test_all_come_as_one_zip_with_their_tree_and_equal_names_apart(page: Page, server: Server, codec: Codec) -> None:
    files = {"album/a.jpg": os.urandom(RECORD + 5), "album/ç ü 北.txt": b"", "b.bin": os.urandom(3 * RECORD)}
    page.goto(seal_link(codec, server.url, files))
    with zipfile.ZipFile(saved(fetch(page, page.get_by_test_id("download-all")))) as archive:
        assert archive.testzip() is None
        assert {name: sha(archive.read(name)) for name in archive.namelist()} == {
            name: sha(content) for name, content in files.items()
        }


def test_names_in_the_zip_of_all_unpack_on_every_system(page: Page, server: Server, codec: Codec) -> None:
    names = {"a": "a (2)", "a/b": "a/b", "CON": "CON_", "x:y": "x_y", "\u00e9": "\u00e9", "e\u0301": "\u00e9 (2)"}
    page.goto(seal_link(codec, server.url, {name: name.encode() for name in names}))
    with zipfile.ZipFile(saved(fetch(page, page.get_by_test_id("download-all")))) as archive:
        assert {archive.read(name).decode(): name for name in archive.namelist()} == names


def test_the_password_opens_and_is_never_sent(page: Page, server: Server, codec: Codec) -> None:
    content = os.urandom(1000)
    sent: list[str] = []
    page.on("request", lambda request: sent.append(f"{request.url} {request.post_data}"))
    page.goto(seal_link(codec, server.url, {"letter.bin": content}, password="open sesame"))
    unlock_at_second_try(page, "open sesame")
    assert sha(saved(fetch(page, page.get_by_test_id("download")))) == sha(content)
    assert not [line for line in sent if "sesame" in line or "guess" in line]


def test_another_tab_of_an_unlocked_link_asks_for_the_password_again(page: Page, server: Server, codec: Codec) -> None:
    link = seal_link(codec, server.url, {"letter.bin": b"x"}, password="open sesame")
    page.goto(link)
    page.get_by_test_id("password").fill("open sesame")
    page.get_by_test_id("unlock").click()
    expect(rows(page)).to_have_count(1)
    tab = page.context.new_page()
    tab.goto(link)
    expect(tab.get_by_test_id("open-why")).to_contain_text("protected by a password as well")
    tab.get_by_test_id("open-password").fill("open sesame")
    tab.keyboard.press("Enter")
    expect(row(tab, "letter.bin")).to_be_visible()


def test_a_link_that_lost_its_end_asks_for_the_whole_one(page: Page, server: Server, codec: Codec) -> None:
    link = seal_link(codec, server.url, {"letter.bin": b"x"})
    page.goto(link.split("#")[0])
    expect(page.get_by_test_id("open-why")).to_contain_text("This page lacks the end of the link")
    page.get_by_test_id("secret").fill(link[:-1])
    page.get_by_test_id("open").click()
    expect(page.get_by_test_id("open-why")).to_contain_text("That is not the whole link")
    page.get_by_test_id("secret").fill(link)
    page.get_by_test_id("open").click()
    expect(row(page, "letter.bin")).to_be_visible()
    expect(page.get_by_test_id("open-why")).to_be_hidden()


def test_the_secret_of_another_link_opens_nothing_and_says_so(page: Page, server: Server, codec: Codec) -> None:
    link = seal_link(codec, server.url, {"letter.bin": b"x"})
    page.goto(f"{link.split('#')[0]}#{codec.call('newSecret')}")
    expect(page.get_by_test_id("open-why")).to_contain_text("does not open these files")
    expect(rows(page)).to_have_count(0)
    page.goto(link)  # only the end of the address changes: no new page
    expect(row(page, "letter.bin")).to_be_visible()


def test_without_javascript_the_page_says_what_to_do(
    visit: Callable[..., BrowserContext], server: Server, codec: Codec
) -> None:
    page = visit(java_script_enabled=False).new_page()
    page.goto(seal_link(codec, server.url, {"letter.bin": b"x"}))
    # Not looked for on the screen: this browser is only emulated to run no scripts, and does not draw what is for such.
    assert "for that it needs JavaScript" in page.content()


def test_names_cannot_hide_their_ending(page: Page, server: Server, codec: Codec) -> None:
    page.goto(seal_link(codec, server.url, {"invoice\u202efdp.exe": b"x"}))
    expect(row(page, "invoicefdp.exe")).to_be_visible()
    assert fetch(page, page.get_by_test_id("download")).suggested_filename == "invoicefdp.exe"
