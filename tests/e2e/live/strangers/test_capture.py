"""All that a server had of a session by code, taken and attacked: nothing of it helps."""

import random
import re
from itertools import product
from pathlib import Path

import pytest
from playwright.sync_api import Page

from packetpost.codes import ALPHABET
from tests.e2e.support.hostile import Hostile
from tests.e2e.support.live_steps import Pages, accept_all, code_of, come, send_live
from tests.e2e.support.steps import file_of, sha
from tests.support.code_attack import fitting, forms_of, memory_of
from tests.support.code_client import Answerer, Asker, derived, share_of
from tests.support.seal_client import base64url, unbase64url
from tests.support.server_process import Server

pytestmark = pytest.mark.browser
NAME = "my very secret film.bin"


def halves_with(half: str) -> list[str]:
    """A few of the whole space, and the one that was typed."""
    return sorted({half, *("".join(random.choices(ALPHABET, k=5)) for _ in range(24))})


@pytest.mark.slow
def test_nothing_that_a_server_had_of_a_session_by_code_yields_it(
    page: Page, far: Pages, roadless: Server, hostile: Hostile, tmp_path: Path
) -> None:
    file, receiver = file_of(tmp_path, NAME, 300_000), far()
    secret = unbase64url(send_live(page, hostile, file).split("#")[1])
    session, half = code_of(page).split("-")
    come(receiver, hostile, "code", "", f"{session}-{half}")
    assert accept_all(receiver) == {NAME: sha(file)}
    memory = memory_of(roadless.pid)
    kept = [path.read_bytes() for path in roadless.data_dir.rglob("*") if path.is_file()]
    capture = b"\n".join([hostile.told, roadless.log.read_bytes(), *kept, memory])
    said = {one["step"]: one["value"] for one in hostile.said if one["type"] == "key"}
    assert said["hello"].encode() in memory  # so it is the memory of who had the exchange
    nonces = {one["nonce"] for one in hostile.said if "nonce" in one}
    labels = ["contents", "manifest", "mark", "fingerprint", "file 0"]
    labels += [f"signals {who} {session} 1 {nonce}" for who, nonce in product(("sender", "receiver"), nonces)]
    content = file.read_bytes()
    for never in [secret, NAME.encode(), content[1000:1032], *(derived(secret, label) for label in labels)]:
        for form in forms_of(never):
            assert form not in capture
    for whole in (f"{session}-{half}", f"{session}{half}", f"{session} {half}"):
        for form in [*forms_of(whole.encode()), *forms_of(whole.lower().encode())]:
            assert form not in capture
    assert not re.search(rb"(?<![\w-])%s(?![\w-])" % half.encode(), capture, re.IGNORECASE)
    texts = [value for one in hostile.said for value in one.values() if isinstance(value, str)]
    values = [unbase64url(text) for text in texts if re.fullmatch(r"[\w-]{43}", text)]
    assert fitting(said, session, 1, halves_with(half), values) == []


def test_the_attack_finds_the_code_where_a_scalar_leaks() -> None:
    asker, answerer = Asker(share_of("K7QF", 1, "3MZPA")), Answerer(share_of("K7QF", 1, "3MZPA"))
    shared = answerer.shared(asker.hello)
    said = {"hello": asker.hello, "share": shared, "confirm": asker.confirm(shared)}
    assert fitting(said, "K7QF", 1, halves_with("3MZPA"), []) == []
    leaked = asker.share.scalar.to_bytes(32, "little")
    assert fitting(said, "K7QF", 1, halves_with("3MZPA"), [leaked]) == ["3MZPA"]


@pytest.mark.parametrize("around", [b"", b"a", b"ab"])
def test_the_search_finds_a_secret_in_every_form(around: bytes) -> None:
    secret = bytes(range(200, 232))
    text = base64url(around + secret + b"more")
    assert any(form in text.encode() for form in forms_of(secret))
    assert any(form in secret.hex().encode() for form in forms_of(secret))
