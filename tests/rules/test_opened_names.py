"""Names that only browsers see are cleaned and kept apart there, as the server does with those it sees."""

from collections.abc import Iterator

import pytest

from packetpost.unpacked_names import keep_apart
from tests.support.seal_client import Codec


@pytest.fixture(scope="module")
def codec() -> Iterator[Codec]:
    codec = Codec()
    yield codec
    codec.close()


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("album/a.jpg", "album/a.jpg"),
        ("invoice\u202efdp.exe", "invoicefdp.exe"),
        ("a\nb\u2028c\x00.txt", "abc.txt"),
        ("\u202e/ ../x", "x"),
        ("\u202e", "file"),
        ("\U0001f469\u200d\U0001f680.png", "\U0001f469\u200d\U0001f680.png"),
    ],
)
def test_a_name_cannot_disguise_itself(codec: Codec, path: str, shown: str) -> None:
    assert codec.call("cleanOpened", path=path) == shown


@pytest.mark.parametrize(
    "paths",
    [
        ["a.txt", "a.txt", "A.TXT"],
        ["x/a.tar.gz", "x/a.tar.gz", "y/a.tar.gz"],
        ["a.txt", "a (2).txt", "a.txt"],
        [".profile", ".profile", "no ending", "no ending"],
    ],
)
def test_equal_paths_are_kept_apart_as_the_server_does(codec: Codec, paths: list[str]) -> None:
    assert codec.call("keepApart", paths=paths) == keep_apart(paths)
