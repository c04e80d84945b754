"""The README's way to open a sealed link without a browser: its very lines, against what a browser sealed."""

import os
import re
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.e2e.support.between import Between
from tests.e2e.support.sealed_steps import seal_link
from tests.e2e.support.steps import file_of, send, sha
from tests.support.seal_client import OWN_RECORD, RECORD, Codec
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


@pytest.mark.parametrize("old", [True, False])
def test_what_release_0_2_sealed_is_opened_too(server: Server, script: Path, tmp_path: Path, old: bool) -> None:
    files = {"film ü 北.bin": os.urandom(3 * RECORD + 5), "empty.txt": b""}
    with closing(Codec()) as codec:
        done = run(script, seal_link(codec, server.url, files, old=old), tmp_path / "opened")
    assert done.returncode == 0, done.stderr
    assert {path.name: path.read_bytes() for path in (tmp_path / "opened").iterdir()} == files


def test_what_was_cut_between_two_records_is_not_saved(server: Server, script: Path, tmp_path: Path) -> None:
    between = Between(server.port)
    between.change = lambda path, body: body[:OWN_RECORD] if path.startswith("/api/download/") else body
    with closing(Codec()) as codec:
        link = seal_link(codec, between.url, {"letter.bin": os.urandom(RECORD + 5)})
    done = run(script, link, tmp_path / "opened")
    between.close()
    assert done.returncode != 0
    assert not list((tmp_path / "opened").iterdir())


def test_what_was_changed_on_its_way_is_not_saved(page: Page, server: Server, script: Path, tmp_path: Path) -> None:
    between = Between(server.port)
    between.change = lambda path, body: body[:-1] + b"x" if path.startswith("/api/download/") else body
    link = send(page, server.url, file_of(tmp_path, "letter.bin", 1000)).replace(server.url, between.url)
    done = run(script, link, tmp_path / "opened")
    between.close()
    assert done.returncode != 0
    assert not list((tmp_path / "opened").iterdir())
