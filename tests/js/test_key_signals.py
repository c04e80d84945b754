"""Handing over the key by code: with pages that reload, mailboxes that repeat, and somebody who changes things."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.seal_client import Codec


@pytest.fixture(scope="module")
def story() -> Iterator[Any]:
    """Plays one of `clients/key-signals.mjs`, and tells what came of it."""
    node = Codec("key-signals.mjs")
    yield node.call
    node.close()


@pytest.mark.parametrize("name", ["meets", "comesFirst", "hearsEverythingTwice", "senderReloadsInTheMiddle"])
def test_both_sides_end_with_the_secret_and_the_same_words(story: Any, name: str) -> None:
    end = story(name)
    assert end["same"]
    assert end["words"] == end["shown"]
    assert len(end["words"]) == 4


def test_a_sender_that_sends_plain_says_so(story: Any) -> None:
    assert story("plain") == {"got": None}


def test_a_sender_who_reloads_shows_the_same_words_and_says_nothing_again(story: Any) -> None:
    end = story("senderReloadsAfterwards")
    assert end["words"] == end["shown"]
    assert end["said"] == 0


def test_a_sender_who_reloads_halfway_costs_another_commit(story: Any) -> None:
    assert story("senderReloadsInTheMiddle")["commits"] == 2


def test_a_receiver_without_its_keys_gets_them_again_with_new_words(story: Any) -> None:
    end = story("receiverReloads")
    assert end["same"]
    assert (end["words"], end["broken"]) == (end["shown"], 0)


def test_a_changed_reveal_gets_no_secret_and_is_told(story: Any) -> None:
    assert story("revealIsChanged") == {"got": "nothing", "shown": None, "broken": 1, "secrets": 0}


def test_whoever_tries_for_words_that_fit_is_given_up_after_three_commits(story: Any) -> None:
    assert story("sharesNeverEnd") == {"got": "HandshakeBroken", "commits": 3}
