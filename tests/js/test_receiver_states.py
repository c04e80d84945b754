"""What a receiver's page comes to, event by event, and what it shows then."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.seal_client import Codec

STATES = [
    "waiting",
    "offered",
    "receiving",
    "done",
    "incomplete",
    "cancelled",
    "stopped",
    "tampered",
    "cannot-decrypt",
    "link",
]
EVENTS = [
    "offer",
    "accept",
    "finish",
    "fail",
    "cancel-here",
    "cancel-there",
    "retry",
    "link",
    "tampered",
    "cannot-decrypt",
]
NOW = {"over": False, "here": True, "open": True, "progress": None}


@pytest.fixture(scope="module")
def node() -> Iterator[Codec]:
    node = Codec("receiver-states.mjs")
    yield node
    node.close()


@pytest.mark.parametrize(
    ("events", "state"),
    [
        ([], "waiting"),
        (["offer"], "offered"),
        (["offer", "accept"], "receiving"),
        (["offer", "accept", "finish"], "done"),
        (["offer", "accept", "fail"], "incomplete"),
        (["offer", "accept", "fail", "accept", "finish"], "done"),
        (["offer", "accept", "cancel-here"], "stopped"),
        (["offer", "accept", "cancel-there"], "cancelled"),
        (["offer", "accept", "cancel-there", "retry", "offer"], "offered"),
        (["tampered"], "tampered"),
        (["cannot-decrypt"], "cannot-decrypt"),
        (["offer", "accept", "link"], "link"),
    ],
)
def test_each_story_ends_where_it_should(node: Codec, events: list[str], state: str) -> None:
    assert node.call("after", events=events) == state


@pytest.mark.parametrize("event", EVENTS)
def test_a_page_that_became_a_link_is_one_for_good(node: Codec, event: str) -> None:
    assert node.call("after", events=[event], **{"from": "link"}) == "link"


def test_what_is_saved_does_not_become_a_link(node: Codec) -> None:
    assert node.call("after", events=["link"], **{"from": "done"}) == "done"


@pytest.mark.parametrize("event", ["tampered", "cannot-decrypt"])
@pytest.mark.parametrize("state", [state for state in STATES if state != "waiting"])
def test_who_had_a_way_goes_on_when_somebody_meddles(node: Codec, event: str, state: str) -> None:
    assert node.call("after", events=[event], **{"from": state}) == state


@pytest.mark.parametrize("state", STATES)
def test_nothing_is_tried_again_in_a_session_that_is_over(node: Codec, state: str) -> None:
    assert node.call("shown", state=state, over=True)["retry"] is False


@pytest.mark.parametrize("state", STATES)
def test_only_what_is_offered_or_moves_can_be_cancelled(node: Codec, state: str) -> None:
    assert node.call("shown", state=state, over=False)["cancel"] is (state in ("offered", "receiving"))


@pytest.mark.parametrize("state", STATES)
def test_a_session_that_is_over_ends_all_but_bytes_and_what_is_saved(node: Codec, state: str) -> None:
    said: list[Any] = node.call("summary", state=state, now={**NOW, "over": True})
    assert (said == ["failed", "This session is over"]) is (state not in ("receiving", "done"))


@pytest.mark.parametrize("state", ["waiting", "offered", "receiving"])
def test_where_there_is_neither_a_way_nor_a_link_it_is_said_and_may_be_tried_again(node: Codec, state: str) -> None:
    now = {**NOW, "open": False, "stuck": True}
    assert node.call("summary", state=state, now=now) == ["failed", "No connection, and no link"]
    assert node.call("shown", state=state, over=False, stuck=True)["retry"] is True
    assert node.call("shown", state=state, over=True, stuck=True)["retry"] is False


@pytest.mark.parametrize("state", ["done", "cancelled", "tampered"])
def test_what_has_ended_otherwise_stays_so_where_there_is_no_link(node: Codec, state: str) -> None:
    stuck = node.call("summary", state=state, now={**NOW, "open": False, "stuck": True})
    assert stuck == node.call("summary", state=state, now=NOW)


def test_bytes_that_have_all_come_are_being_checked(node: Codec) -> None:
    progress = {"done": 5, "total": 5, "perFile": []}
    assert node.call("summary", state="receiving", now={**NOW, "progress": progress})[0] == "verifying"
    assert node.call("summary", state="receiving", now={**NOW, "open": False})[0] == "connecting"
