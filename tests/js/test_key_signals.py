"""The secret by code over signals: with pages that reload, mailboxes that repeat, and whoever has no code."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from packetpost.codes import ALPHABET
from packetpost.sessions import MOST_RECEIVERS
from tests.support.seal_client import Codec

SCRIPTS = Path(__file__).parents[2] / "static" / "js"


@pytest.fixture(scope="module")
def story() -> Iterator[Any]:
    """Plays one of `clients/key-signals.mjs`, and tells what came of it."""
    node = Codec("key-signals.mjs")
    yield node.call
    node.close()


@pytest.mark.parametrize("name", ["meets", "comesFirst", "hearsEverythingTwice", "senderReloadsInTheMiddle"])
def test_who_typed_the_code_gets_the_secret_once_and_nobody_is_blamed(story: Any, name: str) -> None:
    end = story(name)
    assert (end["same"], end["got"], end["wrong"], end["secrets"]) == (True, "keys", 0, 1)


def test_the_keys_are_there_after_one_round_trip_and_the_secret_comes_with_the_answer(story: Any) -> None:
    """By address a receiver waits for nothing before its offer; by code for one share."""
    assert story("meets")["signals"] == [["hello", "confirm"], ["share", "secret"]]


def test_a_sender_that_sends_plain_says_so_to_who_typed_its_short_code(story: Any) -> None:
    assert story("plain")["got"] is None


def test_who_typed_a_whole_code_is_never_told_plain(story: Any) -> None:
    assert story("plainAlthoughWhole")["got"] == "WrongCode"


def test_a_wrong_code_is_counted_and_gets_nothing(story: Any) -> None:
    end = story("wrong")
    assert (end["got"], end["wrong"], end["secrets"]) == ("WrongCode", 1, 0)


def test_the_first_half_alone_gets_nothing_and_is_no_guess(story: Any) -> None:
    end = story("onlyTheFirstHalf")
    assert (end["got"], end["wrong"], end["secrets"]) == ("WrongCode", 0, 0)


def test_a_dead_code_gets_nothing_even_when_it_is_right(story: Any) -> None:
    assert story("rightAfterThreeWrongOnes")["secrets"] == 0


@pytest.mark.parametrize("name", ["phantomSeat", "moreSeatsThanReceivers"])
def test_a_seat_that_the_page_did_not_see_join_is_not_answered(story: Any, name: str) -> None:
    end = story(name)
    assert (end["said"], end["secrets"]) == (0, 0)


def test_that_an_earlier_try_was_wrong_says_nothing_of_this_one(story: Any) -> None:
    """A sender's page that comes back answers what its mailbox kept: a try without a second half, before this one."""
    end = story("earlierTryIsAnsweredFirst")
    assert (end["same"], end["got"], end["wrong"], end["secrets"]) == (True, "keys", 0, 1)


def test_a_seat_is_given_the_secret_once(story: Any) -> None:
    end = story("asksAgain")
    assert (end["got"], end["secrets"]) == ("WrongCode", 1)


def test_a_seat_whose_page_went_may_type_the_code_again(story: Any) -> None:
    end = story("asksAgainFromAnotherPage")
    assert (end["got"], end["wrong"], end["secrets"]) == ("keys", 0, 2)


def test_all_guesses_are_fewer_than_two_to_the_seventh() -> None:
    """At the sender three for each of its codes, and at each receiver's page what it allows: of 2^25 below 2^-18."""
    wrong, made, guesses = (
        constant("live/connect/give-keys.js", "MOST_WRONG"),
        constant("session/sender/sender-code.js", "MOST_CODES"),
        constant("session/receiver/receiver-keys.js", "MOST_GUESSES"),
    )
    assert wrong * made + guesses * MOST_RECEIVERS == 111
    assert 111 / len(ALPHABET) ** constant("crypto/code/typed-code.js", "HALF") < 2**-18


def constant(module: str, name: str) -> int:
    """What a page's module says."""
    found = re.search(rf"const {name} = (\d+)", (SCRIPTS / module).read_text())
    assert found
    return int(found[1])
