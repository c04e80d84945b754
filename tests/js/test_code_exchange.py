"""The secret by code: the browser's two sides, each beside one in Python, and with somebody in between."""

import hashlib
import random
from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest

from packetpost.codes import ALPHABET
from tests.support import cpace
from tests.support.code_client import Answerer, Asker, derived, share_of
from tests.support.seal_client import Codec, Refused, base64url, unbase64url

TYPED: dict[str, Any] = {"session": "K7QF", "seat": 1, "half": "3MZPA"}
SECRET = base64url(bytes(range(32)))


@pytest.fixture(scope="module")
def node() -> Iterator[Codec]:
    node = Codec("code-exchange.mjs")
    yield node
    node.close()


def both(node: Codec, **other: Any) -> tuple[int, int]:
    """A receiver's and a sender's side that have heard each other's points; `other` is what the receiver has else."""
    asking = node.call("ask", **{**TYPED, **other})
    return asking, node.call("answer", **TYPED, hello=node.call("hello", id=asking))


def confirmed(node: Codec, asking: int, answering: int) -> Any:
    return node.call("confirm", id=asking, value=node.call("share", id=answering))


def test_who_typed_the_code_gets_the_secret(node: Codec) -> None:
    asking, answering = both(node)
    assert node.call("isAnswer", id=asking, value=node.call("share", id=answering))
    value = node.call("give", id=answering, value=confirmed(node, asking, answering), secret=SECRET)
    assert node.call("open", id=asking, value=value) == SECRET


def test_the_receivers_side_agrees_with_python(node: Codec) -> None:
    asking, sender = node.call("ask", **TYPED), Answerer(share_of(**TYPED))
    confirm = node.call("confirm", id=asking, value=sender.shared(node.call("hello", id=asking)))
    assert sender.knows(confirm)
    assert node.call("open", id=asking, value=sender.give(SECRET)) == SECRET


def test_the_senders_side_agrees_with_python(node: Codec) -> None:
    receiver = Asker(share_of(**TYPED))
    answering = node.call("answer", **TYPED, hello=receiver.hello)
    confirm = receiver.confirm(node.call("share", id=answering))
    assert receiver.open(node.call("give", id=answering, value=confirm, secret=SECRET)) == SECRET


@pytest.mark.parametrize("other", [{"half": "3MZPB"}, {"session": "K7QG"}, {"seat": 2}])
def test_another_code_session_or_seat_gets_nothing(node: Codec, other: dict[str, Any]) -> None:
    asking, answering = both(node, **other)
    with pytest.raises(Refused, match="WrongCode"):
        node.call("give", id=answering, value=confirmed(node, asking, answering), secret=SECRET)


def test_a_try_has_one_guess_even_when_the_second_is_right(node: Codec) -> None:
    asking, answering = both(node)
    right = confirmed(node, asking, answering)
    wrong = base64url(unbase64url(right)[:32] + bytes(32))
    for value in (wrong, right):
        with pytest.raises(Refused, match="WrongCode"):
            node.call("give", id=answering, value=value, secret=SECRET)


def test_the_secret_is_given_once_for_a_try(node: Codec) -> None:
    asking, answering = both(node)
    right = confirmed(node, asking, answering)
    node.call("give", id=answering, value=right, secret=SECRET)
    with pytest.raises(Refused, match="WrongCode"):
        node.call("give", id=answering, value=right, secret=SECRET)


def test_a_confirmation_of_one_try_is_none_of_another(node: Codec) -> None:
    earlier = both(node)
    old = confirmed(node, *earlier)
    _, answering = both(node)
    assert not node.call("isConfirmed", id=answering, value=old)
    with pytest.raises(Refused, match="WrongCode"):
        node.call("give", id=answering, value=old, secret=SECRET)


def test_the_senders_point_reflected_to_it_is_no_answer(node: Codec) -> None:
    asking, answering = both(node)
    point = unbase64url(node.call("share", id=answering))[32:]
    with pytest.raises(Refused, match="WrongCode"):
        node.call("give", id=answering, value=base64url(point + point), secret=SECRET)
    with pytest.raises(Refused, match="WrongCode"):
        node.call("confirm", id=asking, value=base64url(unbase64url(node.call("hello", id=asking)) * 2))


@pytest.mark.parametrize("hello", ["", "!", base64url(bytes(32)), base64url(bytes([1]) * 32), base64url(bytes(33))])
def test_what_is_no_point_is_not_answered(node: Codec, hello: str) -> None:
    with pytest.raises(Refused, match="WrongCode"):
        node.call("answer", **TYPED, hello=hello)


def test_a_second_share_for_one_try_is_refused(node: Codec) -> None:
    asking, answering = both(node)
    confirmed(node, asking, answering)
    with pytest.raises(Refused, match="WrongCode"):
        confirmed(node, asking, answering)


@pytest.mark.parametrize("at", [32, -1])
def test_a_secret_that_was_changed_on_its_way_does_not_open(node: Codec, at: int) -> None:
    asking, answering = both(node)
    value = node.call("give", id=answering, value=confirmed(node, asking, answering), secret=SECRET)
    harmed = bytearray(unbase64url(value))
    harmed[at] ^= 1
    with pytest.raises(Refused, match="WrongCode"):
        node.call("open", id=asking, value=base64url(bytes(harmed)))


def test_a_sender_without_the_code_is_not_believed(node: Codec) -> None:
    asking, sender = node.call("ask", **TYPED), Answerer(share_of("K7QF", 1, "AAAAA"))
    assert not sender.knows(node.call("confirm", id=asking, value=sender.shared(node.call("hello", id=asking))))
    with pytest.raises(Refused, match="WrongCode"):
        node.call("open", id=asking, value=sender.give(SECRET))


@pytest.mark.slow
def test_ten_thousand_guesses_succeed_no_oftener_than_chance(node: Codec) -> None:
    halves = [f"{number:05}" for number in range(100)]
    given = sum(node.call("guesses", tries=1000, halves=halves, secret=SECRET) for _ in range(10))
    assert 50 <= given <= 150  # 100 is chance, and 10 its standard deviation


def exchange(half: str) -> tuple[dict[str, bytes], int]:
    """All that a server has of one exchange, and the receiver's scalar, which it has not."""
    asker, answerer = Asker(share_of("K7QF", 1, half)), Answerer(share_of("K7QF", 1, half))
    shared = answerer.shared(asker.hello)
    confirm = asker.confirm(shared)
    assert answerer.knows(confirm)
    said = {"hello": asker.hello, "share": shared, "confirm": confirm, "secret": answerer.give(SECRET)}
    return {step: unbase64url(value) for step, value in said.items()}, asker.share.scalar


def test_what_a_server_keeps_of_an_exchange_fits_every_code() -> None:
    """A guess gives a generator. To check it takes a scalar of either side, and each code has one for each point.

    So what can be computed from the capture and a guess alone opens nothing, whether the guess is right or not.
    """
    said, scalar = exchange("3MZPA")
    ours, theirs, tag = said["hello"], said["share"][32:], said["confirm"][32:]
    channel = cpace.lengths(b"packetpost/1 receiver", b"1", b"packetpost/1 sender")

    def opens(point: cpace.Point) -> bool:
        start = cpace.lengths(b"CPaceRistretto255_ISK", b"K7QF", cpace.encode(point))
        isk = hashlib.sha512(start + cpace.lengths(ours, b"") + cpace.lengths(theirs, b"")).digest()
        return derived(isk, "code confirm") == tag

    assert opens(cpace.multiply(cpace.decode(theirs), scalar))
    guesses = random.choices(list(product(ALPHABET, repeat=5)), k=8)
    for half in ["3MZPA", *map("".join, guesses)]:
        generator = cpace.generator(half.encode(), channel, b"K7QF")
        # The group's order is a prime: each point but its zero makes all others, so also these two.
        assert cpace.encode(generator) != bytes(32)
        known = [cpace.decode(ours), cpace.decode(theirs), generator]
        assert not any(opens(point) for point in (*known, *(cpace.add(*pair) for pair in product(known, repeat=2))))


@pytest.mark.slow
def test_no_digest_of_any_code_lies_in_what_a_server_keeps() -> None:
    """All 1,048,576 halves with the right first letter: as they are, and as what whoever is careless makes of them."""
    said = b"".join(exchange("3MZPA")[0].values())
    windows = {said[at : at + 16] for at in range(len(said) - 15)}
    for rest in product(ALPHABET, repeat=4):
        half = ("3" + "".join(rest)).encode()
        assert half not in said
        for text in (half, b"K7QF" + half, b"K7QF-" + half):
            assert hashlib.sha256(text).digest()[:16] not in windows
