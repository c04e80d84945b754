"""Imports point down only, and files stay small enough to read."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "packetpost"
# The floors of packetpost/README.md; a package stands for every module in it.
FLOORS = {
    "errors": 0,
    "settings": 0,
    "logs": 0,
    "models": 1,
    "protocols": 1,
    "tokens": 1,
    "tus": 1,
    "names": 1,
    "ranges": 1,
    "threads": 1,
    "retry": 1,
    "codes": 1,
    "signaling": 1,
    "ice_servers": 1,
    "readiness": 3,
    "backends": 2,
    "links": 3,
    "uploads": 3,
    "downloads": 3,
    "sessions": 3,
    "sweeper": 3,
    "web": 4,
    "": 5,
}
MODULES = sorted(PACKAGE.rglob("*.py"))
LONGEST = 300


def room_of(module: str) -> str:
    """`packetpost.web.links.pages` is in the room `web`; the package itself is ''."""
    return [*module.split("."), ""][1]


def imports_of(path: Path) -> set[str]:
    """The modules of this package that a file imports, wherever in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module == "packetpost":
            found |= {f"packetpost.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return {name for name in found if name.split(".")[0] == "packetpost"}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_module_imports_only_from_its_own_floor_or_below(path: Path) -> None:
    own = FLOORS[
        ""
        if path.parent == PACKAGE and path.stem == "__init__"
        else path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    ]
    assert {name: FLOORS[room_of(name)] for name in imports_of(path) if FLOORS[room_of(name)] > own} == {}


def test_flask_lives_in_the_web_room_only() -> None:
    below = [path for path in MODULES if PACKAGE / "web" not in path.parents and path != PACKAGE / "__init__.py"]
    assert [path.name for path in below if "import flask" in path.read_text() or "from flask" in path.read_text()] == []


def test_settings_errors_and_logs_need_the_standard_library_only() -> None:
    for name in ("settings", "errors", "logs"):
        assert imports_of(PACKAGE / f"{name}.py") <= {"packetpost.errors"}


SOURCES = [
    *MODULES,
    *(ROOT / "static/js").rglob("*.js"),
    *(ROOT / "tests").rglob("*.py"),
    *(ROOT / "templates").rglob("*.html"),
]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_is_short_enough_to_read(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= LONGEST
