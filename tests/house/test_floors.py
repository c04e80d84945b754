"""Imports point down only, and files stay small enough to read."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "packetpost"
# The floors of packetpost/README.md; a package stands for every module in it.
FLOORS = {
    "errors": 0,
    "environ": 0,
    "road_errors": 0,
    "tus_errors": 0,
    "inputs": 0,
    "hosts": 0,
    "settings": 0,
    "live_settings": 0,
    "logs": 0,
    "models": 1,
    "protocols": 1,
    "live_protocols": 1,
    "room_records": 1,
    "tokens": 1,
    "tus": 1,
    "names": 1,
    "unpacked_names": 1,
    "ranges": 1,
    "given_bytes": 1,
    "threads": 1,
    "retry": 1,
    "codes": 1,
    "signaling": 1,
    "ice_servers": 1,
    "road": 1,
    "readiness": 3,
    "backends": 2,
    "links": 3,
    "uploads": 3,
    "room": 3,
    "reserved_body": 3,
    "downloads": 3,
    "sessions": 3,
    "sweeper": 3,
    "web": 4,
    "": 5,
}
MODULES = sorted(PACKAGE.rglob("*.py"))
# The rooms of packetpost/web, the lowest first; `server` is the old address of gunicorn's settings.
WEB_FLOORS = ["http", "assets", "serving", "links", "live", "operator", "factory", "server"]
# The rooms of static/js, the lowest first. Rooms of one line know nothing of each other.
JS = ROOT / "static" / "js"
JS_FLOORS = [
    ["lib"],
    ["crypto"],
    ["crypto/code"],
    ["live/lanes"],
    ["live/connect"],
    ["live/road"],
    ["live"],
    ["live/send", "live/receive"],
    ["sinks"],
    ["link", "choose"],
    ["upload", "session"],
    ["session/sender", "session/receiver"],
    ["entries"],
    ["."],
]
JS_MODULES = sorted(JS.rglob("*.js"))
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


def web_room(module: str) -> int:
    """The floor within `web` of `packetpost.web.links.pages`."""
    return WEB_FLOORS.index(module.split(".")[2])


def test_a_web_module_imports_only_from_its_own_room_or_below() -> None:
    above = []
    for path in sorted((PACKAGE / "web").rglob("*.py")):
        own = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        if path == PACKAGE / "web" / "__init__.py":
            continue
        targets = {name for name in imports_of(path) if name.startswith("packetpost.web.")}
        above += [f"{own} → {name}" for name in targets if web_room(name) > web_room(own)]
    assert above == []


def static_imports(module: Path) -> set[Path]:
    """What a module of the browser half imports before it runs."""
    found = re.findall(r"^import\b[^;]*?'(\.{1,2}/[^']+)'$", module.read_text(), re.MULTILINE | re.DOTALL)
    return {(module.parent / name).resolve() for name in found}


def js_room(module: Path) -> str:
    return module.parent.relative_to(JS).as_posix()


def js_floor(room: str) -> int:
    return next(floor for floor, rooms in enumerate(JS_FLOORS) if room in rooms)


@pytest.mark.parametrize("module", JS_MODULES, ids=lambda path: str(path.relative_to(JS)))
def test_a_browser_module_imports_only_from_its_own_room_or_below(module: Path) -> None:
    own = js_room(module)
    rooms = {js_room(target) for target in static_imports(module)} - {own}
    assert [room for room in rooms if js_floor(room) >= js_floor(own)] == []


def test_no_browser_modules_import_each_other_in_a_circle() -> None:
    left = {module: static_imports(module) for module in JS_MODULES}
    while leaves := [module for module, imports in left.items() if not imports & left.keys()]:
        for module in leaves:
            del left[module]
    assert sorted(str(module.relative_to(JS)) for module in left) == []


def test_only_the_entries_load_later() -> None:
    """`import()` of a module of ours; vendored scripts are loaded where they are needed."""
    loading = {path for path in JS_MODULES if re.search(r"(?<!\{)\bimport\('", code_of(path))}
    assert loading == {JS / "entries/load-entries.js"}


def code_of(module: Path) -> str:
    """A module without its comments."""
    return re.sub(r"/\*.*?\*/|^\s*//[^\n]*", "", module.read_text(), flags=re.DOTALL | re.MULTILINE)


def test_only_islands_and_dom_name_the_document() -> None:
    """An island brings elements to life, by `island(…)`; `before-htmx.js` runs before there are modules."""
    naming = {path for path in JS_MODULES if re.search(r"\bdocument\b", code_of(path))}
    islands = {path for path in JS_MODULES if re.search(r"^\s*island\(", code_of(path), re.MULTILINE)}
    assert naming - islands == {JS / "lib/dom.js", JS / "before-htmx.js"}


@pytest.mark.parametrize(
    "module",
    [path for path in JS_MODULES if re.match(r"/\*\*.*?\bPure[.:].*?\*/", path.read_text(), re.DOTALL)],
    ids=lambda path: str(path.relative_to(JS)),
)
def test_a_pure_module_names_no_page_no_network_and_no_clock(module: Path) -> None:
    assert re.findall(r"\b(?:document|fetch|Date\.now|performance)\b", code_of(module)) == []


def test_flask_lives_in_the_web_room_only() -> None:
    below = [path for path in MODULES if PACKAGE / "web" not in path.parents and path != PACKAGE / "__init__.py"]
    assert [path.name for path in below if "import flask" in path.read_text() or "from flask" in path.read_text()] == []


def test_settings_errors_and_logs_need_the_standard_library_only() -> None:
    for name in ("environ", "errors", "logs"):
        assert imports_of(PACKAGE / f"{name}.py") <= {"packetpost.errors"}
    groups = {"packetpost.environ", "packetpost.errors"}
    assert imports_of(PACKAGE / "live_settings.py") == groups
    assert imports_of(PACKAGE / "settings.py") == {*groups, "packetpost.live_settings", "packetpost.hosts"}


SOURCES = [
    *MODULES,
    *JS_MODULES,
    *(ROOT / "tests").rglob("*.py"),
    *(ROOT / "templates").rglob("*.html"),
]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_is_short_enough_to_read(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= LONGEST
