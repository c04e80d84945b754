"""A server hears a part of a sealed file twice, and in between the file changed while its size and time stayed."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.support.between import Between
from tests.e2e.support.steps import accept_questions, choose, fetch, finished, get_link, row, saved, sha
from tests.support.seal_client import OWN_RECORD, RECORD
from tests.support.server_process import Server, wait_until

pytestmark = pytest.mark.browser

BEFORE = os.urandom(2 * RECORD + 1000)
AFTER = BEFORE[:RECORD] + os.urandom(RECORD) + BEFORE[2 * RECORD :]


@pytest.fixture
def between(server: Server) -> Iterator[Between]:
    between = Between(server.port)
    yield between
    between.close()


@pytest.fixture
def film(tmp_path: Path) -> Path:
    path = tmp_path / "film.bin"
    path.write_bytes(BEFORE)
    return path


def change(film: Path) -> None:
    """Other bytes, of the same size and under the same time."""
    times = film.stat()
    film.write_bytes(AFTER)
    os.utime(film, ns=(times.st_atime_ns, times.st_mtime_ns))


def record(sealed: bytes, number: int) -> bytes:
    return sealed[number * OWN_RECORD : (number + 1) * OWN_RECORD]


def test_a_page_that_tries_again_notices_and_sends_nothing_of_it(page: Page, between: Between, film: Path) -> None:
    page.goto(between.url)
    choose(page, film)
    # The browser itself asks once more where a connection breaks that it had used before, with the same bytes.
    between.broken = [lambda: change(film), *[lambda: None] * 1000]
    get_link(page)
    expect(row(page, "film.bin")).to_contain_text("This file was changed since the upload began")
    choose(page, film)
    expect(row(page, "film.bin")).to_contain_text("This file was changed since the upload began")
    assert len(set(between.uploads())) == 1


def test_a_page_that_was_reloaded_seals_what_changed_under_other_keys(
    page: Page, other: Page, between: Between, film: Path
) -> None:
    accept_questions(page)
    page.goto(between.url)
    choose(page, film)
    between.broken = [lambda: None] * 1000
    link = get_link(page)
    wait_until(between.uploads, 20, "the page sends nothing")
    page.reload()
    between.broken = []
    change(film)
    choose(page, film)
    finished(page)
    before, after = between.uploads()[0], between.uploads()[-1]
    assert [record(before, number) == record(after, number) for number in range(3)] == [True, False, True]
    one, two = record(before, 1), record(after, 1)
    assert one[:16] != two[:16]
    ciphers = int.from_bytes(one[21:-17]) ^ int.from_bytes(two[21:-17])
    texts = int.from_bytes(BEFORE[RECORD : 2 * RECORD]) ^ int.from_bytes(AFTER[RECORD : 2 * RECORD])
    assert ciphers != texts
    other.goto(link)
    assert sha(saved(fetch(other, other.get_by_test_id("download")))) == sha(AFTER)
