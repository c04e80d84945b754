"""A test that fails now and then is mended. At most three, which only a full machine breaks, may be run again."""

import re

from tests.support.server_process import ROOT

MOST = 3
_MARK = re.compile(r"mark\.flaky\b(\([^)]*\))?")
MARKS = [
    (path.relative_to(ROOT).as_posix(), mark.group(1) or "")
    for path in sorted((ROOT / "tests").rglob("*.py"))
    if "node_modules" not in path.parts
    for mark in _MARK.finditer(path.read_text("utf-8"))
]


def test_at_most_three_tests_may_be_run_again() -> None:
    assert len(MARKS) <= MOST, MARKS


def test_each_of_them_says_why() -> None:
    silent = [mark for mark in MARKS if not re.search(r"reason=[\"'].{20,}[\"']", mark[1], re.DOTALL)]
    assert silent == []


def test_no_command_runs_every_failed_test_again() -> None:
    for name in (".ci/run", "Makefile", "pyproject.toml"):
        assert "--reruns" not in (ROOT / name).read_text("utf-8"), name
