"""The vendored scripts are byte for byte what static/vendor/README.md says they are."""

import base64
import hashlib
import re
import subprocess
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
VENDOR = Path(__file__).parents[2] / "static" / "vendor"
ROWS = dict(re.findall(r"^\| `([\w./-]+)` .*`sha384-([\w+/=]+)` \|$", (VENDOR / "README.md").read_text(), re.MULTILINE))


def test_every_vendored_script_is_listed() -> None:
    assert set(ROWS) == {path.relative_to(VENDOR).as_posix() for path in VENDOR.rglob("*.*js")}


@pytest.mark.parametrize("name", sorted(ROWS))
def test_a_vendored_script_is_unmodified(name: str) -> None:
    digest = hashlib.sha384((VENDOR / name).read_bytes()).digest()
    assert base64.b64encode(digest).decode() == ROWS[name]


def test_the_curve_is_what_its_command_makes_of_the_unmodified_packages() -> None:
    readme = (VENDOR / "README.md").read_text()
    command = re.search(r"^(node_modules/.bin/esbuild .*)$", readme, re.MULTILINE)
    assert command
    made = subprocess.run(command[1].split(), cwd=TESTS, capture_output=True, check=True).stdout
    assert made == (VENDOR / "noble-curves" / "ristretto255.js").read_bytes()
