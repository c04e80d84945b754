"""The maps tell the truth: every file has its row, and every row its file."""

import re

from tests.support.server_process import ROOT

JS = ROOT / "static" / "js"
SERVER = ROOT / "packetpost"


def rows(text: str) -> set[str]:
    """The files that the tables of a map name, each with the room that its heading names."""
    found, room = set(), ""
    for line in text.splitlines():
        if heading := re.match(r"### (.+)", line):
            room = "" if heading[1] == "the top" else f"{heading[1]}/"
        elif row := re.match(r"\| `([\w.-]+\.\w+)` \|", line):
            found.add(room + row[1])
    return found


def test_every_file_of_the_browser_half_has_its_row() -> None:
    files = {path.relative_to(JS).as_posix() for path in JS.rglob("*.*") if path.suffix in (".js", ".ts")}
    assert rows((JS / "README.md").read_text("utf-8")) == files


def test_every_module_of_the_server_has_its_row() -> None:
    modules = {path.relative_to(SERVER).as_posix() for path in SERVER.rglob("*.py")}
    rooms = {name for name in modules if name.endswith("/__init__.py")}
    assert rows((SERVER / "README.md").read_text("utf-8")) == modules - rooms


def test_rows_are_read_with_their_rooms() -> None:
    assert rows(
        "### lib\n\n| file | owns |\n|---|---|\n| `dom.js` | the page |\n\n### the top\n| `main.js` | all |\n"
    ) == {
        "lib/dom.js",
        "main.js",
    }
