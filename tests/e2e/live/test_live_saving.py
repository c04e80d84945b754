"""Where received files go: each on its own, into a picked folder, or as one zip."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.support.live_steps import Pages, accept, one_zip, open_live, saving, send_live, status, without_streams
from tests.e2e.support.steps import MIB, file_of, row, sha, shas_in
from tests.support.server_process import Server

pytestmark = pytest.mark.browser

# The dialog alone is replaced: what it gives is a real folder, of the browser's private storage.
PICKERS = """
const create = { create: true }
const inside = async () => (await navigator.storage.getDirectory()).getDirectoryHandle('picked', create)
globalThis.showDirectoryPicker = inside
globalThis.showSaveFilePicker = async ({ suggestedName }) => (await inside()).getFileHandle(suggestedName, create)
"""
_PICKED = """async () => {
  const found = {}
  const walk = async (folder, path) => {
    for await (const [name, handle] of folder) {
      if (handle.kind === 'directory') { await walk(handle, `${path}${name}/`); continue }
      const digest = await crypto.subtle.digest('SHA-256', await (await handle.getFile()).arrayBuffer())
      found[path + name] = Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('')
    }
  }
  await walk(await showDirectoryPicker(), '')
  return found
}"""


def picked(page: Page) -> dict[str, str]:
    """What lies in the picked folder: paths and digests."""
    found: dict[str, str] = page.evaluate(_PICKED)
    return found


def save_into(page: Page) -> None:
    page.get_by_test_id("accept-into").click()
    status(page, "completed")


@pytest.fixture
def album(tmp_path: Path) -> dict[str, Path]:
    paths = ["album/cover.jpg", "album/day 1/a.jpg", "album/day 2/a.jpg", "album/day 2/empty", "album/день/ß.txt"]
    return {path: file_of(tmp_path, path, 0 if path.endswith("empty") else 50_000) for path in paths}


def send_folder(page: Page, server: Server, folder: Path) -> str:
    page.goto(server.url)
    page.get_by_test_id("folder-input").set_input_files(folder)
    return open_live(page)


def test_a_folder_keeps_its_tree_in_the_folder_that_is_picked(
    page: Page, far: Pages, server: Server, tmp_path: Path, album: dict[str, Path]
) -> None:
    receiver = far()
    receiver.add_init_script(PICKERS)
    receiver.goto(send_folder(page, server, tmp_path / "album"))
    save_into(receiver)
    assert picked(receiver) == {path: sha(file) for path, file in album.items()}


def test_names_that_are_taken_in_the_picked_folder_get_a_number(
    page: Page, far: Pages, server: Server, tmp_path: Path
) -> None:
    files = [file_of(tmp_path / folder, "a.txt", 10) for folder in ("one", "two")]
    receiver = far()
    receiver.add_init_script(PICKERS)
    page.goto(server.url)
    for file in files:
        page.get_by_test_id("file-input").set_input_files(file)
    receiver.goto(open_live(page))
    save_into(receiver)
    assert picked(receiver) == {"a.txt": sha(files[0]), "a (2).txt": sha(files[1])}


def test_one_file_goes_where_the_person_says(page: Page, far: Pages, server: Server, tmp_path: Path) -> None:
    file, receiver = file_of(tmp_path, "film.bin", 3 * MIB), far()
    receiver.add_init_script(PICKERS)
    receiver.goto(send_live(page, server, file))
    expect(receiver.get_by_test_id("accept-into")).to_have_text("Save as…")
    save_into(receiver)
    assert picked(receiver) == {"film.bin": sha(file)}


def test_without_a_picked_folder_each_file_of_a_folder_is_saved(
    page: Page, far: Pages, server: Server, tmp_path: Path, album: dict[str, Path]
) -> None:
    receiver = far()
    receiver.goto(send_folder(page, server, tmp_path / "album"))
    with saving(receiver) as downloads:
        accept(receiver)
        status(receiver, "completed")
    assert sorted(sha(Path(download.path())) for download in downloads) == sorted(map(sha, album.values()))


def test_a_folder_keeps_its_tree_in_one_zip(
    page: Page, far: Pages, server: Server, tmp_path: Path, album: dict[str, Path]
) -> None:
    receiver = far()
    receiver.goto(send_folder(page, server, tmp_path / "album"))
    with receiver.expect_download() as begun:
        receiver.get_by_test_id("accept-zip").click()
    assert begun.value.suggested_filename == "album.zip"
    for side in (receiver, page):
        status(side, "completed")
        expect(side.get_by_test_id("verified")).to_be_visible()
    assert shas_in(Path(begun.value.path())) == {path: sha(file) for path, file in album.items()}


def test_only_what_is_wanted_comes_into_the_zip(page: Page, far: Pages, server: Server, tmp_path: Path) -> None:
    files, receiver = [file_of(tmp_path, name, 100_000) for name in ("a.bin", "b.bin", "c.bin")], far()
    receiver.goto(send_live(page, server, *files))
    row(receiver, "b.bin").get_by_role("checkbox").uncheck()
    with one_zip(receiver) as found:
        receiver.get_by_test_id("accept-zip").click()
        status(receiver, "completed")
    assert found == [{"a.bin": sha(files[0]), "c.bin": sha(files[2])}]


def test_a_zip_is_offered_where_it_makes_one_of_several(page: Page, far: Pages, server: Server, tmp_path: Path) -> None:
    receiver = far()
    receiver.goto(send_live(page, server, file_of(tmp_path, "film.bin", 10)))
    expect(receiver.get_by_test_id("accept")).to_be_visible()
    expect(receiver.get_by_test_id("accept-zip")).to_be_hidden()


def test_who_cannot_pick_a_folder_is_told_how_to_keep_the_tree(
    page: Page, far: Pages, server: Server, tmp_path: Path, album: dict[str, Path]
) -> None:
    receiver = far()
    receiver.add_init_script("delete globalThis.showDirectoryPicker")
    receiver.goto(send_folder(page, server, tmp_path / "album"))
    expect(receiver.locator("[data-notice]")).to_contain_text("as one zip to keep the folders")


def test_a_browser_that_holds_files_in_memory_says_its_limit_before_it_accepts(
    page: Page, far: Pages, server: Server, tmp_path: Path
) -> None:
    film, receiver = tmp_path / "large.bin", far()
    with film.open("wb") as file:
        file.truncate(300 * MIB)
    without_streams(receiver)
    receiver.add_init_script("delete StorageManager.prototype.getDirectory; delete globalThis.showDirectoryPicker")
    receiver.goto(send_live(page, server, film))
    expect(receiver.locator("[data-notice]")).to_contain_text("can save at most 268.4 MB")
    expect(receiver.get_by_test_id("accept")).to_be_disabled()
