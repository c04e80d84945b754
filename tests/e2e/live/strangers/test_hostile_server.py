"""A server that plays every part: whatever it says in a seat's name is refused, or seen, and it gets nothing."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.support.hostile import Hostile, Message
from tests.e2e.support.live_steps import Pages, accept_all, code_of, come, send_live, status
from tests.e2e.support.steps import file_of, rows, sha
from tests.support.code_client import Answerer, Asker, share_of

pytestmark = pytest.mark.browser
WAYS = pytest.mark.parametrize("way", ["address", "code"])
GUESS = "AAAAA"
SDP = "v=0\r\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return file_of(tmp_path, "film.bin", 100_000)


def session_of(code: str) -> str:
    return code.split("-")[0]


def steps(messages: list[Message]) -> list[str]:
    """The steps of exchanges that pages said."""
    return [one["step"] for one in messages if one["type"] == "key"]


def key(seat: int, step: str, value: str) -> Message:
    return {"type": "key", "from": seat, "step": step, "value": value}


def hello(code: str, seat: int, half: str = GUESS) -> Message:
    return key(seat, "hello", Asker(share_of(session_of(code), seat, half)).hello)


def guess(hostile: Hostile, code: str) -> None:
    """The server takes the part of a receiver on seat 1 that types another half."""
    before = steps(hostile.said).count("share")
    asker = Asker(share_of(session_of(code), 1, GUESS))
    hostile.inject(0, key(1, "hello", asker.hello))
    hostile.until(lambda: steps(hostile.said).count("share") > before)
    share = [one for one in hostile.said if one.get("step") == "share"][-1]
    hostile.inject(0, key(1, "confirm", asker.confirm(share["value"])))
    hostile.until(lambda: steps(hostile.said)[-1] == "wrong")


def test_a_warning_is_not_hidden_by_what_is_said_later(
    page: Page, far: Pages, hostile: Hostile, file: Path, tmp_path: Path
) -> None:
    """Choosing among the files says what is worth knowing of them, in the same place."""
    receiver = far()
    receiver.goto(send_live(page, hostile, file, file_of(tmp_path, "other.bin", 5)))
    status(receiver, "connected")
    boxes = receiver.locator(".file-row input")
    expect(boxes).to_have_count(2)
    said = [one for seat, one in hostile.heard if seat == 1 and one["type"] == "answer"][-1]
    hostile.inject(1, {**said, "mac": "A" * 43})
    warned = receiver.locator("[data-notice]")
    expect(warned).to_contain_text("Somebody between you changed")
    boxes.first.uncheck()
    expect(receiver.get_by_test_id("accept")).to_be_enabled()
    expect(warned).to_contain_text("Somebody between you changed")


@pytest.mark.parametrize("seat", [9, 2, 0, -1])
def test_a_seat_that_nobody_is_expected_on_gets_no_word(page: Page, hostile: Hostile, file: Path, seat: int) -> None:
    send_live(page, hostile, file)
    for event in ("joined", "present"):
        hostile.inject(0, {"type": event, "seat": seat, "here": True})
    hostile.inject(0, hello("K7QF", seat))
    hostile.inject(0, {"type": "offer", "from": seat, "sdp": SDP, "try": 1})
    # What comes after them is answered, so they have been heard.
    hostile.inject(0, {"type": "joined", "seat": 1})
    hostile.inject(0, hello("K7QF", 1))
    hostile.until(lambda: "share" in steps(hostile.said))
    assert {one["to"] for one in hostile.said if "to" in one} == {1}


def test_a_server_that_sits_down_before_anybody_has_three_guesses_and_is_seen(
    page: Page, far: Pages, hostile: Hostile, file: Path
) -> None:
    send_live(page, hostile, file)
    code, notice = code_of(page), page.locator("[data-notice]")
    hostile.inject(0, {"type": "joined", "seat": 1})
    for _ in range(3):
        guess(hostile, code)
        expect(notice).to_contain_text("Somebody typed a wrong code")
    expect(notice).to_contain_text("three times")
    said = len(hostile.said)
    hostile.inject(0, hello(code, 1, code.split("-")[1]))  # the right one, now that it is dead
    hostile.until(lambda: len(hostile.said) > said and steps(hostile.said)[-1] == "wrong")
    assert "secret" not in steps(hostile.said)
    page.get_by_test_id("new-code").click()
    assert code_of(page) != code
    receiver = far()
    come(receiver, hostile, "code", "", code_of(page))
    assert accept_all(receiver) == {file.name: sha(file)}


def test_codes_are_made_anew_four_times_and_then_the_address_is_asked_for(
    page: Page, hostile: Hostile, file: Path
) -> None:
    send_live(page, hostile, file)
    hostile.inject(0, {"type": "joined", "seat": 1})
    for _ in range(4):
        for _ in range(3):
            guess(hostile, code_of(page))
        page.get_by_test_id("new-code").click()
    for _ in range(3):
        guess(hostile, code_of(page))
    expect(page.locator("[data-notice]")).to_contain_text("Send the whole address instead")
    expect(page.get_by_test_id("new-code")).to_be_hidden()


def test_a_second_exchange_of_a_seat_is_refused_and_its_guess_is_seen(
    page: Page, far: Pages, hostile: Hostile, file: Path
) -> None:
    receiver = far()
    send_live(page, hostile, file)
    code = code_of(page)
    come(receiver, hostile, "code", "", code)
    status(receiver, "connected")
    hostile.inject(0, hello(code, 1))
    hostile.until(lambda: steps(hostile.said)[-1] == "wrong")
    hostile.inject(0, {"type": "present", "seat": 1, "here": False})  # as if its page had gone
    guess(hostile, code)
    expect(page.locator("[data-notice]")).to_contain_text("Somebody typed a wrong code")
    assert steps(hostile.said).count("secret") == 1


def test_a_server_that_plays_the_sender_has_six_guesses_and_is_seen(
    page: Page, far: Pages, hostile: Hostile, file: Path
) -> None:
    receiver = far()
    send_live(page, hostile, file)
    code, met = code_of(page), []
    answerer = Answerer(share_of(session_of(code), 1, GUESS))

    def play(message: Message) -> Message | None:
        if message["type"] != "key":
            return message
        if message["step"] == "hello":
            hostile.inject(1, key(0, "share", answerer.shared(message["value"])))
        elif message["step"] == "confirm":
            met.append(answerer.knows(message["value"]))
            hostile.inject(1, key(0, "wrong", ""))
        return None

    hostile.change = play
    come(receiver, hostile, "code", "", code)
    for _ in range(5):
        receiver.get_by_test_id("half-code").fill(code)
        receiver.get_by_test_id("send-half").click()
    expect(receiver.locator("[data-notice]")).to_contain_text("Ask the sender for the whole address")
    expect(receiver.get_by_test_id("half-code")).to_be_hidden()
    receiver.reload()
    come(receiver, hostile, "code", "", code)
    expect(receiver.locator("[data-notice]")).to_contain_text("Ask the sender for the whole address")
    assert met == [False] * 6


@WAYS
def test_what_is_told_twice_is_taken_once(page: Page, far: Pages, hostile: Hostile, file: Path, way: str) -> None:
    receiver = far()
    address = send_live(page, hostile, file)
    hostile.tell = lambda _seat, message: [message, message] if "from" in message else [message]
    come(receiver, hostile, way, address, code_of(page))
    assert accept_all(receiver) == {file.name: sha(file)}
    assert steps(hostile.said).count("secret") == (way == "code")
    for side in (page, receiver):
        expect(side.locator("[data-notice]")).to_be_hidden()


def refused_and_said(*sides: Page) -> None:
    for side in sides:
        status(side, "failed")
        expect(side.locator("[data-notice]")).to_contain_text("Somebody between you changed the set-up")


@WAYS
@pytest.mark.parametrize("kind", ["answer", "ice-candidate"])
def test_what_comes_back_to_who_said_it_is_refused_and_said(
    page: Page, far: Pages, hostile: Hostile, file: Path, way: str, kind: str
) -> None:
    """The receiver's own offer, as if the sender had said it."""
    receiver = far()
    address = send_live(page, hostile, file)

    def reflect(message: Message) -> Message | None:
        if message["type"] == "offer":
            said = {name: message[name] for name in ("try", "nonce", "count", "mac")}
            what = {"sdp": message["sdp"]} if kind == "answer" else {"candidate": message["sdp"]}
            hostile.inject(1, {"type": kind, "from": 0, **said, **what})
            return None
        return message

    hostile.change = reflect
    come(receiver, hostile, way, address, code_of(page))
    refused_and_said(receiver, page)
    expect(rows(receiver)).to_have_count(0)


@WAYS
def test_a_role_that_was_swapped_is_refused_and_said(
    page: Page, far: Pages, hostile: Hostile, file: Path, way: str
) -> None:
    """The sender's own answer comes to it as the receiver's candidate, in the right try."""
    receiver = far()
    address = send_live(page, hostile, file)

    def swap(message: Message) -> Message | None:
        if message["type"] == "answer":
            said = {name: message[name] for name in ("try", "nonce", "count", "mac")}
            hostile.inject(0, {"type": "ice-candidate", "from": 1, "candidate": message["sdp"], **said})
            return None
        return message

    hostile.change = swap
    come(receiver, hostile, way, address, code_of(page))
    refused_and_said(page, receiver)


@WAYS
def test_the_answer_of_another_session_is_refused_and_said(
    page: Page, far: Pages, visit: Callable[..., Any], hostile: Hostile, file: Path, way: str
) -> None:
    receiver, sender_of_another, of_another = far(), visit().new_page(), far()
    of_another.goto(send_live(sender_of_another, hostile, file))
    status(of_another, "connected")
    taken = next(one for one in hostile.said if one["type"] == "answer")
    address = send_live(page, hostile, file)

    def mix(message: Message) -> Message:
        return {**message, "sdp": taken["sdp"], "mac": taken["mac"]} if message["type"] == "answer" else message

    hostile.change = mix
    come(receiver, hostile, way, address, code_of(page))
    refused_and_said(receiver, page)


def test_a_server_that_takes_all_proofs_away_makes_no_page_less_protected(
    page: Page, far: Pages, hostile: Hostile, file: Path
) -> None:
    """It says `plain` in the sender's place, and hands on nothing that is signed."""
    receiver = far()
    send_live(page, hostile, file)

    def strip(message: Message) -> Message | None:
        if message["type"] == "key":
            if message["step"] == "hello":
                hostile.inject(1, key(0, "plain", message["value"]))
            return None
        return {name: value for name, value in message.items() if name not in ("mac", "nonce", "count")}

    hostile.change = strip
    come(receiver, hostile, "code", "", code_of(page))
    expect(receiver.get_by_test_id("half-code")).to_be_visible()
    expect(receiver.get_by_test_id("protection")).to_be_hidden()
    expect(rows(receiver)).to_have_count(0)
