"""Names of received files, where no system could hold them side by side."""

from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.e2e.live.test_live_saving import PICKERS, picked, save_into
from tests.e2e.support.live_steps import Pages, open_live
from tests.e2e.support.steps import file_of, sha
from tests.support.server_process import Server

pytestmark = pytest.mark.browser


def test_in_the_picked_folder_each_has_a_name_of_its_own(
    page: Page, far: Pages, server: Server, tmp_path: Path
) -> None:
    names = {"CON": "CON_", "trail.": "trail_", "a:b": "a_b", "a?b": "a_b (2)"}
    files = {f"x/{kept}": file_of(tmp_path, f"x/{name}", 10) for name, kept in names.items()}
    single, receiver = file_of(tmp_path / "elsewhere", "x", 10), far()
    receiver.add_init_script(PICKERS)
    page.goto(server.url)
    page.get_by_test_id("file-input").set_input_files(single)
    page.get_by_test_id("folder-input").set_input_files(tmp_path / "x")
    receiver.goto(open_live(page))
    save_into(receiver)
    found = picked(receiver)
    assert found.pop("x") == sha(single)
    assert sorted(found.values()) == sorted(sha(file) for file in files.values())
    assert sorted(found) == sorted(path.replace("x/", "x (2)/") for path in files)
