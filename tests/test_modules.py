"""What a page's head asks for is what its scripts import."""

import re
from pathlib import Path

import pytest

from packetpost.web.modules import Modules

SCRIPTS = Path(__file__).parent.parent / "static" / "js"


def test_imports_are_found_through_others_and_once(tmp_path: Path) -> None:
    (tmp_path / "a.js").write_text("import { b } from './b.js'\nimport { c,\n  d } from './c.js'\n")
    (tmp_path / "b.js").write_text("/** @typedef {import('./e.js').E} E */\nimport './c.js'\n")
    (tmp_path / "c.js").write_text("import { a } from './a.js'\nconst later = () => import('./e.js')\n")
    (tmp_path / "e.js").write_text("")
    assert Modules(tmp_path).imported("a.js") == ["b.js", "c.js"]


@pytest.mark.parametrize("name", [path.name for path in SCRIPTS.glob("*.js")])
def test_every_import_of_ours_is_seen(name: str) -> None:
    static = re.findall(r"^import\b.*?'\./([^']+)'", (SCRIPTS / name).read_text("utf-8"), re.MULTILINE | re.DOTALL)
    assert set(static) <= set(Modules(SCRIPTS).imported(name))
