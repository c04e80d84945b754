"""The README's way to open a sealed link without a browser: its very lines, against what a browser sealed."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.e2e.support.between import Between
from tests.e2e.support.steps import file_of, send, sha
from tests.support.seal_client import RECORD
from tests.support.server_process import ROOT, Server

pytestmark = pytest.mark.browser


@pytest.fixture
def script(tmp_path: Path) -> Path:
    section = (ROOT / "README.md").read_text().split("## Open a sealed link without a browser")[1]
    code = re.search(r"```python\n(.*?)```", section, re.DOTALL)
    assert code
    path = tmp_path / "open_link.py"
    path.write_text(code[1])
    return path


def run(script: Path, link: str, folder: Path) -> subprocess.CompletedProcess[str]:
    folder.mkdir()
    return subprocess.run([sys.executable, script, link], cwd=folder, capture_output=True, text=True, timeout=60)


def test_what_a_browser_sealed_is_opened(page: Page, server: Server, script: Path, tmp_path: Path) -> None:
    files = [file_of(tmp_path, name, size) for name, size in (("film ü 北.bin", 3 * RECORD + 5), ("empty.txt", 0))]
    link = send(page, server.url, *files)
    done = run(script, link, tmp_path / "opened")
    assert done.returncode == 0, done.stderr
    assert {path.name: sha(path) for path in (tmp_path / "opened").iterdir()} == {
        path.name: sha(path) for path in files
    }


def test_what_was_changed_on_its_way_is_not_saved(page: Page, server: Server, script: Path, tmp_path: Path) -> None:
    between = Between(server.port)
    between.change = lambda path, body: body[:-1] + b"x" if path.startswith("/api/download/") else body
    link = send(page, server.url, file_of(tmp_path, "letter.bin", 1000)).replace(server.url, between.url)
    done = run(script, link, tmp_path / "opened")
    between.close()
    assert done.returncode != 0
    assert not list((tmp_path / "opened").iterdir())
