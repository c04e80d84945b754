"""The version stands in one place, and what is written about releases and decisions is whole."""

import json
import re

import packetpost
from tests.support.server_process import ROOT


def test_the_newest_release_in_the_changelog_is_the_version() -> None:
    releases = re.findall(r"^## (\S+) \((\d{4}-\d\d-\d\d)\)$", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    assert releases[0][0] == packetpost.__version__
    assert [day for _, day in releases] == sorted((day for _, day in releases), reverse=True)


def test_every_decision_is_in_the_index_by_its_title() -> None:
    folder = ROOT / "docs" / "decisions"
    listed = re.findall(
        r"^\| \[(\d{4})\]\((\S+)\) \| (.+) \|$", (folder / "README.md").read_text("utf-8"), re.MULTILINE
    )
    records = sorted(path for path in folder.glob("*.md") if path.name != "README.md")
    titles = [path.read_text("utf-8").splitlines()[0].removeprefix("# ") for path in records]
    assert listed == [(path.name[:4], path.name, title) for path, title in zip(records, titles, strict=True)]


def test_what_tells_node_of_modules_tells_nothing_else() -> None:
    """`static/package.json` is served like everything in that folder."""
    assert set(json.loads((ROOT / "static/package.json").read_text())) == {"private", "description", "type"}
