"""Three receivers by the road, one of them frozen: the others end meanwhile, and it goes on when it thaws."""

import contextlib
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.e2e.support.live_steps import Pages, accept, moved, open_live, saving, shas, status, without_webrtc
from tests.e2e.support.processes import frozen
from tests.e2e.support.steps import MIB, choose, file_of, sha
from tests.support.server_process import Server

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_two_receivers_end_while_the_third_is_frozen_and_it_goes_on_when_it_thaws(
    page: Page,
    far: Pages,
    visit: Callable[..., BrowserContext],
    launch: Callable[..., Browser],
    server: Server,
    tmp_path: Path,
) -> None:
    film, icy = file_of(tmp_path, "film.bin", 60 * MIB), launch()
    receivers = [visit(icy).new_page(), far(), far()]
    for side in (page, *receivers):
        without_webrtc(side)
    page.goto(server.url)
    choose(page, film)
    address = open_live(page, receivers=4)
    people = page.get_by_test_id("person")
    with contextlib.ExitStack() as stack:
        downloads = []
        for receiver in receivers:
            receiver.goto(address)
            status(receiver, "connected")
        for receiver in receivers:
            downloads.append(stack.enter_context(saving(receiver)))
            accept(receiver)
        for receiver in receivers:
            moved(receiver, MIB)
        with frozen(icy):
            for receiver in receivers[1:]:
                status(receiver, "completed")
            expect(people.nth(0)).to_contain_text("went away; it goes on when they come back", timeout=60_000)
            expect(people.nth(1)).to_contain_text("has everything, verified")
            expect(people.nth(2)).to_contain_text("has everything, verified")
            expect(page.get_by_test_id("status")).to_have_text(
                "Everything arrived at 2 of 3 receivers. The rest went away before it was done"
            )
        status(receivers[0], "completed")
        expect(page.get_by_test_id("status")).to_have_text("Everything arrived")
    assert [shas(each) for each in downloads] == [{"film.bin": sha(film)}] * 3
