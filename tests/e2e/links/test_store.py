"""People whose files lie in an S3 store that receivers reach themselves."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.e2e.support.steps import MIB, choose, fetch, file_of, finished, get_link, plainly, saved, sha
from tests.support.s3_process import S3Server
from tests.support.server_process import Server, wait_until

pytestmark = pytest.mark.browser


def test_a_receiver_gets_a_file_from_the_store_under_its_name(
    page: Page, other: Page, serve: Callable[..., Server], moto: S3Server, tmp_path: Path
) -> None:
    server = serve(PACKETPOST_S3_REDIRECT="on", **moto.environ_below("people"))
    film = file_of(tmp_path, "film für alle.bin", 12 * MIB)
    page.goto(server.url)
    choose(page, film)
    plainly(page)  # sealed files are opened by the page, and come through us
    link = get_link(page)
    finished(page)
    wait_until(lambda: 12 * MIB in moto.objects("people/").values(), 15, "the pieces did not become one object")
    other.goto(link)
    download = fetch(other, other.get_by_test_id("download"))
    assert download.url.startswith(moto.url)
    assert download.suggested_filename == film.name
    assert sha(saved(download)) == sha(film)
