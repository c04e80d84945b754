"""Handing over the secret by code: the browser's own, beside one in Python, and with somebody in between."""

import hashlib
import itertools
import os
from collections.abc import Iterator
from typing import Any

import jellyfish
import pytest

from tests.support.handshake_client import Half, share, unwrap, wrap
from tests.support.seal_client import Codec, Refused, base64url, unbase64url

CODE, SECRET = "K7QF-3MZP", base64url(bytes(range(32)))


@pytest.fixture(scope="module")
def node() -> Iterator[Codec]:
    node = Codec("handshake.mjs")
    yield node
    node.close()


def words(node: Codec, numbers: bytes) -> Any:
    return node.call("words", numbers=list(numbers))


def test_two_browsers_agree_on_the_secret_and_the_words(node: Codec) -> None:
    asking = node.call("ask", code=CODE)
    sharing = node.call("share", code=CODE, commit=node.call("commit", id=asking))
    shared = node.call("shared", id=sharing)
    assert node.call("isAnswer", id=asking, value=shared)
    given = node.call("give", id=sharing, value=node.call("reveal", id=asking, value=shared), secret=SECRET)
    opened = node.call("open", id=asking, value=given["value"])
    assert opened == {"secret": SECRET, "words": given["words"]}
    assert len(opened["words"]) == 4


def test_the_receivers_side_agrees_with_python(node: Codec) -> None:
    asking, half = node.call("ask", code=CODE), Half()
    reveal = node.call("reveal", id=asking, value=share(half, node.call("commit", id=asking)))
    value, numbers = wrap(half, reveal, CODE, SECRET)
    assert node.call("open", id=asking, value=value) == {"secret": SECRET, "words": words(node, numbers)}


def test_the_senders_side_agrees_with_python(node: Codec) -> None:
    half = Half()
    sharing = node.call("share", code=CODE, commit=base64url(half.commit))
    given = node.call("give", id=sharing, value=base64url(half.said), secret=SECRET)
    opened, numbers = unwrap(half, node.call("shared", id=sharing), given["value"], CODE)
    assert (opened, words(node, numbers)) == (SECRET, given["words"])


def test_somebody_in_between_ends_in_other_words_on_the_two_pages(node: Codec) -> None:
    to_sender, to_receiver = Half(), Half()
    sharing = node.call("share", code=CODE, commit=base64url(to_sender.commit))
    given = node.call("give", id=sharing, value=base64url(to_sender.said), secret=SECRET)
    stolen, _ = unwrap(to_sender, node.call("shared", id=sharing), given["value"], CODE)
    asking = node.call("ask", code=CODE)
    reveal = node.call("reveal", id=asking, value=share(to_receiver, node.call("commit", id=asking)))
    opened = node.call("open", id=asking, value=wrap(to_receiver, reveal, CODE, stolen)[0])
    assert opened["words"] != given["words"]


@pytest.mark.parametrize("harm", ["another", "changed", "short", "no point", "not base64url"])
def test_a_reveal_that_was_not_committed_to_gets_no_secret(node: Codec, harm: str) -> None:
    half = Half()
    sharing = node.call("share", code=CODE, commit=base64url(half.commit))
    revealed = {
        "another": base64url(Half().said),
        "changed": base64url(half.said[:-1] + bytes([half.said[-1] ^ 1])),
        "short": base64url(half.said[:-1]),
        "no point": base64url(bytes(81)),
        "not base64url": "!",
    }[harm]
    with pytest.raises(Refused, match="HandshakeBroken"):
        node.call("give", id=sharing, value=revealed, secret=SECRET)


def test_a_point_off_the_curve_gets_no_secret_although_committed_to(node: Codec) -> None:
    half = Half()
    off = bytes([4]) + os.urandom(64) + half.nonce
    sharing = node.call("share", code=CODE, commit=base64url(hashlib.sha256(off).digest()))
    with pytest.raises(Refused, match="HandshakeBroken"):
        node.call("give", id=sharing, value=base64url(off), secret=SECRET)


def test_the_senders_own_share_reflected_gets_no_secret(node: Codec) -> None:
    sharing = node.call("share", code=CODE, commit=base64url(Half().commit))
    ours = unbase64url(node.call("shared", id=sharing))[32:]
    with pytest.raises(Refused, match="HandshakeBroken"):
        node.call("give", id=sharing, value=base64url(ours), secret=SECRET)


def test_the_receivers_own_key_reflected_is_refused(node: Codec) -> None:
    asking = node.call("ask", code=CODE)
    commit = node.call("commit", id=asking)
    revealed = node.call("reveal", id=asking, value=share(Half(), commit))
    reflected = base64url(unbase64url(commit) + unbase64url(revealed))
    with pytest.raises(Refused, match="HandshakeBroken"):
        node.call("reveal", id=asking, value=reflected)


def test_a_second_share_after_the_reveal_is_refused(node: Codec) -> None:
    asking = node.call("ask", code=CODE)
    commit = node.call("commit", id=asking)
    first, second = share(Half(), commit), share(Half(), commit)
    assert node.call("took", id=asking, value=first) == "none"
    node.call("reveal", id=asking, value=first)
    assert node.call("took", id=asking, value=first) == "this"
    assert node.call("took", id=asking, value=second) == "another"
    with pytest.raises(Refused, match="HandshakeBroken"):
        node.call("reveal", id=asking, value=second)


def test_answers_to_an_earlier_page_are_told_apart(node: Codec) -> None:
    earlier, now = (node.call("ask", code=CODE) for _ in range(2))
    stale = share(Half(), node.call("commit", id=earlier))
    assert not node.call("isAnswer", id=now, value=stale)


@pytest.mark.parametrize("what", ["secret", "code", "nonce"])
def test_a_secret_that_was_not_wrapped_for_us_is_refused(node: Codec, what: str) -> None:
    asking, half = node.call("ask", code=CODE), Half()
    reveal = node.call("reveal", id=asking, value=share(half, node.call("commit", id=asking)))
    value, _ = wrap(half, reveal, "AAAA-BBBB" if what == "code" else CODE, SECRET)
    harmed = bytearray(unbase64url(value))
    harmed[-1 if what == "secret" else 33] ^= 0 if what == "code" else 1
    with pytest.raises(Refused, match="HandshakeBroken"):
        node.call("open", id=asking, value=base64url(bytes(harmed)))


def test_there_are_256_words_and_no_two_sound_or_look_alike(node: Codec) -> None:
    every = words(node, bytes(range(256)))
    assert len(set(every)) == 256
    assert len({jellyfish.metaphone(word) for word in every}) == 256
    assert [pair for pair in itertools.combinations(every, 2) if jellyfish.levenshtein_distance(*pair) < 3] == []
