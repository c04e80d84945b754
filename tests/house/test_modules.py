"""What a page's head asks for is what its scripts import."""

import posixpath
import re
from pathlib import Path

import pytest

from packetpost.web.http.script_preload import Modules

SCRIPTS = Path(__file__).parents[2] / "static" / "js"


def test_imports_are_found_through_others_and_once(tmp_path: Path) -> None:
    (tmp_path / "a.js").write_text("import { b } from './b.js'\nimport { c,\n  d } from './c.js'\n")
    (tmp_path / "b.js").write_text("/** @typedef {import('./e.js').E} E */\nimport './c.js'\n")
    (tmp_path / "c.js").write_text("import { a } from './a.js'\nconst later = () => import('./e.js')\n")
    (tmp_path / "e.js").write_text("")
    assert Modules(tmp_path).imported("a.js") == ["b.js", "c.js"]


def test_imports_lead_up_and_down_the_folders(tmp_path: Path) -> None:
    for folder in ("lib", "live/send"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "live/send/a.js").write_text("import { b } from '../../lib/b.js'\nimport { d } from './d.js'\n")
    (tmp_path / "lib/b.js").write_text("import { c } from './c.js'\n")
    (tmp_path / "lib/c.js").write_text("")
    (tmp_path / "live/send/d.js").write_text("")
    assert Modules(tmp_path).imported("live/send/a.js") == ["lib/b.js", "live/send/d.js", "lib/c.js"]


def test_an_import_that_is_not_there_refuses_to_start(tmp_path: Path) -> None:
    (tmp_path / "a.js").write_text("import { b } from './lib/b.js'\n")
    with pytest.raises(LookupError, match=r"a\.js imports lib/b\.js"):
        Modules(tmp_path)


@pytest.mark.parametrize("name", [path.relative_to(SCRIPTS).as_posix() for path in SCRIPTS.rglob("*.js")])
def test_every_import_of_ours_is_seen(name: str) -> None:
    text = (SCRIPTS / name).read_text("utf-8")
    static = re.findall(r"^import\b.*?'(\.\.?/[^']+)'", text, re.MULTILINE | re.DOTALL)
    seen = {posixpath.relpath(path, posixpath.dirname(name) or ".") for path in Modules(SCRIPTS).imported(name)}
    assert {posixpath.normpath(path) for path in static} <= seen
