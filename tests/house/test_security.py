"""What SECURITY.md claims: each line under its headings names a test, and each of these tests exists."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "SECURITY.md").read_text()
PROTECTED = TEXT.split("## What is protected, and by what\n")[1].split("\n## ")[0]
CLAIMS = [" ".join(claim.split()) for claim in re.findall(r"^- (.*(?:\n  .*)*)", PROTECTED, re.MULTILINE)]
# By name, since each stands once in a module of ours.
TESTS = {
    name for path in ROOT.glob("tests/**/test_*.py") for name in re.findall(r"^def (test_\w+)", path.read_text(), re.M)
}


@pytest.mark.parametrize("claim", CLAIMS)
def test_a_claim_names_the_test_that_holds_it(claim: str) -> None:
    assert re.search(r"`test_\w+`", claim), "no test holds this"


@pytest.mark.parametrize("name", sorted(set(re.findall(r"`(test_\w+)`", TEXT))))
def test_a_test_that_is_named_exists(name: str) -> None:
    assert name in TESTS


@pytest.mark.parametrize("path", sorted(set(re.findall(r"`(tests/[\w/]+\.py)`", TEXT))))
def test_a_file_of_tests_that_is_named_exists(path: str) -> None:
    assert (ROOT / path).is_file()
