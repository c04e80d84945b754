"""Events are typed: a mistyped name, or a detail of another type, fails the type check."""

import subprocess
from pathlib import Path

import pytest

from tests.support.server_process import ROOT

_OPTIONS = ["--noEmit", "--allowJs", "--checkJs", "--strict", "--target", "es2022", "--module", "es2022"]
_CLASS = """
import {{ Emitter }} from '{emitter}'
/** @extends {{Emitter<{{ open: void, moved: number }}>}} */
class Door extends Emitter {{}}
const door = new Door()
"""


def complaints(folder: Path, line: str) -> str:
    """What the type check says of one line about a door that opens and moves by a number; '' where it is right."""
    script = folder / "door.js"
    script.write_text(_CLASS.format(emitter=ROOT / "static/js/lib/emitter.js") + line + "\n")
    command = [str(ROOT / "tests/node_modules/.bin/tsc"), *_OPTIONS, "--moduleResolution", "bundler", str(script)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60).stdout


@pytest.mark.parametrize(
    "line",
    ["door.emit('open')", "door.emit('moved', 3)", "door.listen({ open: () => 1, moved: (by) => by.toFixed() })"],
)
def test_events_as_they_are_declared_are_right(tmp_path: Path, line: str) -> None:
    assert complaints(tmp_path, line) == ""


@pytest.mark.parametrize(
    "line",
    [
        "door.emit('opened')",
        "door.emit('open', 3)",
        "door.emit('moved')",
        "door.emit('moved', 'far')",
        "door.listen({ opened: () => 1 })",
        "door.listen({ moved: (by) => by.trim() })",
    ],
)
def test_other_events_fail_the_type_check(tmp_path: Path, line: str) -> None:
    assert "error TS" in complaints(tmp_path, line)


def test_nobody_builds_events_by_hand() -> None:
    """But for the emitter, and for what travels through the page."""
    modules = sorted((ROOT / "static/js").rglob("*.js"))
    building = {
        path.relative_to(ROOT / "static/js").as_posix() for path in modules if "new CustomEvent" in path.read_text()
    }
    assert building == {"lib/dom.js", "lib/emitter.js"}
