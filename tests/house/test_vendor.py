"""The vendored scripts are byte for byte what static/vendor/README.md says they are."""

import base64
import hashlib
import re
from pathlib import Path

import pytest

VENDOR = Path(__file__).parents[2] / "static" / "vendor"
ROWS = dict(re.findall(r"^\| `([\w./-]+)` .*`sha384-([\w+/=]+)` \|$", (VENDOR / "README.md").read_text(), re.MULTILINE))


def test_every_vendored_script_is_listed() -> None:
    assert set(ROWS) == {path.relative_to(VENDOR).as_posix() for path in VENDOR.rglob("*.*js")}


@pytest.mark.parametrize("name", sorted(ROWS))
def test_a_vendored_script_is_unmodified(name: str) -> None:
    digest = hashlib.sha384((VENDOR / name).read_bytes()).digest()
    assert base64.b64encode(digest).decode() == ROWS[name]
