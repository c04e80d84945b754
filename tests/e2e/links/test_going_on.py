"""What interrupts an upload and how it goes on: no stored byte is sent twice."""

import re
from pathlib import Path

import pytest
import requests
from playwright.sync_api import Dialog, Page, expect

from tests.e2e.support.gate import Gate
from tests.e2e.support.steps import (
    MIB,
    accept_questions,
    choose,
    fetch,
    file_of,
    finished,
    get_link,
    link_of,
    row,
    rows,
    saved,
    sealed_size,
    sha,
)
from tests.support.server_process import Server, wait_until

pytestmark = pytest.mark.browser

# Bytes of the film on the wire.
FILM = sealed_size(24 * MIB)


@pytest.fixture
def film(tmp_path: Path) -> Path:
    return file_of(tmp_path, "film.bin", 24 * MIB)


def begin(page: Page, gate: Gate, film: Path, passed: int = 5 * MIB) -> str:
    """Upload until `passed` bytes have gone through the gate, which holds back the rest; the link."""
    gate.hold_after(passed)
    page.goto(gate.url)
    choose(page, film)
    link = get_link(page)
    gate.wait_until_held()
    return link


def stored(gate: Gate, server: Server) -> int:
    """What HEAD says of the upload, asked directly."""
    head = requests.head(server.url + gate.uploads()[0].path, headers={"Tus-Resumable": "1.0.0"}, timeout=5)
    return int(head.headers["Upload-Offset"])


def wait_until_stored(gate: Gate, server: Server, count: int) -> None:
    wait_until(lambda: stored(gate, server) == count, 10, "the server has not stored what passed")


def interrupted(gate: Gate, server: Server) -> int:
    """Let through what the browser sent before it broke off; how many bytes that were, all of them stored."""
    first = gate.uploads()[0]
    wait_until(first.broken_off, 10, "the browser has not broken off its request")
    gate.release()
    wait_until(lambda: first.over, 10, "what it sent before has not passed")
    wait_until_stored(gate, server, first.body_bytes)
    assert 5 * MIB <= first.body_bytes < FILM
    return first.body_bytes


def arrives(other: Page, link: str, film: Path) -> bool:
    other.goto(link)
    return sha(saved(fetch(other, other.get_by_test_id("download")))) == sha(film)


def test_pause_stops_the_bytes_and_go_on_sends_only_the_rest(
    page: Page, other: Page, server: Server, gate: Gate, film: Path
) -> None:
    link = begin(page, gate, film)
    page.get_by_test_id("pause").click()
    expect(page.get_by_test_id("status")).to_have_text("Paused")
    expect(row(page, "film.bin")).to_contain_text("paused")
    interrupted(gate, server)
    page.get_by_role("button", name="Go on").click()
    finished(page)
    assert sum(asked.body_bytes for asked in gate.uploads()) == FILM
    assert arrives(other, link, film)


def test_after_a_reload_the_same_file_goes_on_and_no_stored_byte_is_sent_twice(
    page: Page, other: Page, server: Server, gate: Gate, film: Path
) -> None:
    accept_questions(page)
    link = begin(page, gate, film)
    page.reload()
    before, seen = interrupted(gate, server), len(gate.asked)
    expect(page.get_by_test_id("status")).to_have_text("Not all files have arrived yet")
    choose(page, film)
    finished(page)
    assert gate.uploads(seen)[0].headers["upload-offset"] == str(before)
    assert sum(asked.body_bytes for asked in gate.uploads()) == FILM
    assert arrives(other, link, film)


def test_the_same_files_on_the_home_page_go_on_with_their_link(
    page: Page, server: Server, gate: Gate, film: Path
) -> None:
    accept_questions(page)
    link = begin(page, gate, film)
    page.goto(gate.url)
    interrupted(gate, server)
    expect(page.get_by_text("You have an unfinished upload (1 file, 25.2 MB).")).to_be_visible()
    choose(page, film)
    assert get_link(page) == link
    finished(page)
    assert sum(asked.body_bytes for asked in gate.uploads()) == FILM
    assert sum(asked.path == "/links" for asked in gate.asked) == 1


def test_the_note_on_the_home_page_leads_back_to_the_card(page: Page, gate: Gate, film: Path) -> None:
    accept_questions(page)
    link = begin(page, gate, film)
    page.goto(gate.url)
    page.get_by_test_id("go-on").click()
    assert link_of(page) == link
    gate.release()


def test_another_tab_takes_the_copied_link_and_goes_on(
    page: Page, other: Page, server: Server, gate: Gate, film: Path
) -> None:
    accept_questions(page)
    link = begin(page, gate, film)
    address = page.url
    page.close()
    before = interrupted(gate, server)
    tab = page.context.new_page()
    tab.goto(address)
    expect(tab.get_by_test_id("open-why")).to_contain_text("The link as you copied it has")
    expect(tab.get_by_test_id("link-url")).to_be_hidden()
    tab.get_by_test_id("secret").fill(link)
    tab.get_by_test_id("open").click()
    assert link_of(tab) == link
    expect(row(tab, "film.bin")).to_be_visible()
    seen = len(gate.asked)
    choose(tab, film)
    finished(tab)
    assert gate.uploads(seen)[0].headers["upload-offset"] == str(before)
    assert arrives(other, link, film)


def test_another_file_is_refused_where_an_upload_should_go_on(
    page: Page, gate: Gate, film: Path, tmp_path: Path
) -> None:
    accept_questions(page)
    begin(page, gate, film)
    page.reload()
    choose(page, file_of(tmp_path, "other.bin", 10))
    expect(page.get_by_test_id("alert")).to_contain_text("None of those files belongs to this link.")
    gate.release()


def test_a_file_that_changed_meanwhile_is_not_glued_to_its_old_part(
    page: Page, gate: Gate, film: Path, tmp_path: Path
) -> None:
    accept_questions(page)
    begin(page, gate, film)
    page.reload()
    film.write_bytes(bytes(24 * MIB))
    choose(page, film)
    expect(row(page, "film.bin")).to_contain_text("This file was changed since the upload began")
    gate.release()


def test_a_server_killed_in_mid_upload_and_started_again_gets_the_rest(
    page: Page, other: Page, server: Server, gate: Gate, film: Path
) -> None:
    link = begin(page, gate, film)
    wait_until_stored(gate, server, 5 * MIB)
    server.kill()
    expect(page.get_by_test_id("status")).to_have_text("Connection lost. Trying again…")
    seen = len(gate.asked)
    gate.release()
    server.start()
    assert stored(gate, server) >= 5 * MIB
    finished(page, timeout=30_000)
    again = gate.uploads(seen)
    assert int(again[0].headers["upload-offset"]) >= 5 * MIB
    assert int(again[0].headers["upload-offset"]) + sum(asked.body_bytes for asked in again) == FILM
    assert arrives(other, link, film)


def test_a_lost_network_is_noticed_and_the_upload_goes_on_by_itself(
    page: Page, other: Page, server: Server, gate: Gate, film: Path
) -> None:
    link = begin(page, gate, film)
    wait_until_stored(gate, server, 5 * MIB)
    page.context.set_offline(True)
    gate.cut()
    expect(page.get_by_test_id("status")).to_have_text("Connection lost. Trying again…")
    expect(row(page, "film.bin")).to_contain_text("trying again")
    gate.mend()
    page.context.set_offline(False)
    finished(page)
    assert arrives(other, link, film)


def test_a_finished_upload_is_forgotten(page: Page, server: Server, tmp_path: Path) -> None:
    page.goto(server.url)
    choose(page, file_of(tmp_path, "letter.bin", 10))
    get_link(page)
    finished(page)
    page.goto(server.url)
    expect(page.get_by_role("heading", name="Send files")).to_be_visible()
    expect(page.get_by_test_id("go-on")).to_have_count(0)


def test_closing_the_tab_asks_first_while_bytes_move(page: Page, gate: Gate, film: Path) -> None:
    begin(page, gate, film)
    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    page.on("dialog", stay)
    with page.expect_event("dialog"):
        page.close(run_before_unload=True)
    assert asked == ["beforeunload"]
    gate.release()
    finished(page)
    page.close(run_before_unload=True)
    assert asked == ["beforeunload"]


def test_cancelling_before_anything_is_complete_deletes_the_link(
    page: Page, other: Page, gate: Gate, film: Path
) -> None:
    asked = accept_questions(page)
    link = begin(page, gate, film)
    page.get_by_test_id("cancel").click()
    expect(page.get_by_role("heading", name="The link is deleted")).to_be_visible()
    assert asked == ["confirm: Delete this link and its files?"]
    other.goto(link)
    expect(other.get_by_test_id("alert")).to_contain_text("Nothing can be downloaded here.")


def test_cancelling_keeps_what_is_complete(page: Page, other: Page, gate: Gate, film: Path, tmp_path: Path) -> None:
    accept_questions(page)
    gate.hold_after(5 * MIB, above=10)
    page.goto(gate.url)
    choose(page, file_of(tmp_path, "letter.bin", 10), film)
    link = get_link(page)
    gate.wait_until_held()
    expect(row(page, "letter.bin")).to_contain_text("stored")
    page.get_by_test_id("cancel").click()
    expect(rows(page)).to_have_count(1)
    finished(page)
    gate.release()
    other.goto(link)
    expect(rows(other)).to_have_count(1)
    expect(row(other, "letter.bin").get_by_test_id("download")).to_be_visible()


def test_one_file_is_taken_out_while_the_others_go_on(page: Page, gate: Gate, film: Path, tmp_path: Path) -> None:
    gate.hold_after(5 * MIB)
    page.goto(gate.url)
    choose(page, film, file_of(tmp_path, "second.bin", 9 * MIB))
    get_link(page)
    gate.wait_until_held()
    row(page, "film.bin").get_by_test_id("cancel-file").click()
    expect(rows(page)).to_have_count(1)
    gate.release()
    finished(page)
    expect(page.get_by_test_id("bytes")).to_have_text(re.compile(r"^9\.4 MB of 9\.4 MB$"))
