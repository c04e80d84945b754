"""What a typed code costs, and what a page keeps of it."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.support.hostile import Change, Hostile, Message
from tests.e2e.support.live_steps import Pages, accept_all, code_of, come, send_live, status
from tests.e2e.support.steps import file_of, sha
from tests.support.seal_client import base64url

pytestmark = pytest.mark.browser
WAYS = pytest.mark.parametrize("way", ["address", "code"])


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return file_of(tmp_path, "film.bin", 100_000)


@pytest.mark.parametrize("given", ["27QF", "K7Q", "K7QFM", "S7QF"])
def test_no_second_half_is_shown_behind_a_part_that_would_be_sent_whole(
    page: Page, hostile: Hostile, file: Path, given: str
) -> None:
    page.route(
        re.compile(r"/live$"),
        lambda route: route.fulfill(
            response=(answer := route.fetch()),
            body=re.sub(r'data-code="\w+"', f'data-code="{given}"', answer.text()),
        ),
    )
    send_live(page, hostile, file)
    expect(page.get_by_test_id("live-code")).to_have_text(given)


@WAYS
def test_only_who_types_a_code_loads_the_curve(page: Page, far: Pages, hostile: Hostile, file: Path, way: str) -> None:
    receiver, loaded = far(), list[str]()
    for side in (page, receiver):
        side.on("request", lambda asked: loaded.append(asked.url) if "noble-curves" in asked.url else None)
    address = send_live(page, hostile, file)
    come(receiver, hostile, way, address, code_of(page))
    assert accept_all(receiver) == {file.name: sha(file)}
    assert len(loaded) == (2 if way == "code" else 0)


def legs(hostile: Hostile) -> list[str]:
    """Who spoke, in turn, until the receiver could use the sender's answer."""
    end = next(at for at, (seat, one) in enumerate(hostile.heard) if seat == 1 and one["type"] == "answer")
    turns: list[str] = []
    for _, one in hostile.heard[: end + 1]:
        if one["type"] not in ("key", "offer", "answer"):
            continue
        who = "sender" if one["from"] == 0 else "receiver"
        if not turns or turns[-1] != who:
            turns.append(who)
    return turns


def after_the_offer(hostile: Hostile) -> Change:
    """Hold the secret back until the receiver has made its offer, which must not wait for it."""

    def change(message: Message) -> Message:
        if message.get("step") == "secret":
            hostile.until(lambda: any(one["type"] == "offer" for _, one in hostile.heard))
        return message

    return change


@WAYS
def test_a_code_costs_one_round_trip_more_than_the_address(
    page: Page, far: Pages, hostile: Hostile, file: Path, way: str
) -> None:
    hostile.change = after_the_offer(hostile)
    receiver = far()
    address = send_live(page, hostile, file)
    come(receiver, hostile, way, address, code_of(page))
    assert accept_all(receiver) == {file.name: sha(file)}
    assert legs(hostile) == ["receiver", "sender"] * (2 if way == "code" else 1)


def test_what_a_page_keeps_of_a_code_is_gone_once_it_was_tried(
    page: Page, far: Pages, hostile: Hostile, file: Path
) -> None:
    receiver = far()
    send_live(page, hostile, file)
    code = code_of(page)
    come(receiver, hostile, "code", "", code)
    status(receiver, "connected")
    assert code.split("-")[1] not in receiver.evaluate(
        "() => JSON.stringify([{ ...sessionStorage }, { ...localStorage }])"
    )
    assert base64url(code.split("-")[1].encode()) not in receiver.evaluate("() => document.cookie")
