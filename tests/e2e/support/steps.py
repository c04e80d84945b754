"""What people do and see, as steps that several tests share."""

import hashlib
import os
import zipfile
from pathlib import Path

from playwright.sync_api import Dialog, Download, FilePayload, Locator, Page, expect

MIB = 1024**2


def payload(name: str, content: bytes, mime: str = "application/octet-stream") -> FilePayload:
    return {"name": name, "mimeType": mime, "buffer": content}


def file_of(folder: Path, name: str, size: int) -> Path:
    """A file of random bytes; its folders are made."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(os.urandom(size))
    return path


def sealed_size(size: int) -> int:
    """Of a file's sealed bytes: what travels and is stored of it."""
    return size + 38 * max(1, -(-size // (256 * 1024)))


def plainly(page: Page) -> None:
    """Choose to send without end-to-end encryption."""
    page.get_by_test_id("plain").check()


def sha(content: bytes | Path) -> str:
    if isinstance(content, Path):
        with content.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    return hashlib.sha256(content).hexdigest()


def shas_in(archive: Path) -> dict[str, str]:
    """What lies in a zip: paths and digests."""
    with zipfile.ZipFile(archive) as opened:
        return {name: sha(opened.read(name)) for name in opened.namelist()}


def choose(page: Page, *files: Path) -> None:
    page.get_by_test_id("file-input").set_input_files(list(files))


def rows(page: Page) -> Locator:
    return page.get_by_test_id("file-row")


def row(page: Page, name: str) -> Locator:
    return page.locator(f'[data-testid="file-row"][data-name="{name}"]')


def get_link(page: Page) -> str:
    """Press the button; the link that the card shows."""
    page.get_by_test_id("create-link").click()
    return link_of(page)


def link_of(page: Page) -> str:
    address = page.get_by_test_id("link-url")
    expect(address).to_be_visible()
    return address.input_value()


def finished(page: Page, timeout: float = 15_000) -> None:
    expect(page.get_by_test_id("status")).to_have_attribute("data-state", "completed", timeout=timeout)


def send(page: Page, url: str, *files: Path) -> str:
    """From the open page to a finished upload; the link."""
    page.goto(url)
    choose(page, *files)
    link = get_link(page)
    finished(page)
    return link


def fetch(page: Page, button: Locator) -> Download:
    with page.expect_download() as waiting:
        button.click()
    download = waiting.value
    assert download.failure() is None
    return download


def saved(download: Download) -> Path:
    return Path(download.path())


def option(page: Page, label: str, value: str) -> None:
    page.get_by_text("Options", exact=False).first.click()
    page.get_by_label(label).select_option(value)


def protect(page: Page, password: str) -> None:
    page.get_by_text("Options", exact=False).first.click()
    page.get_by_label("Password").fill(password)


def accept_questions(page: Page) -> list[str]:
    """Say yes to every dialog from now on; the list fills with what was asked."""
    asked: list[str] = []

    def accept(dialog: Dialog) -> None:
        asked.append(f"{dialog.type}: {dialog.message}")
        dialog.accept()

    page.on("dialog", accept)
    return asked


def slow_down(page: Page, rate: int) -> None:
    """Let the page send at most `rate` bytes a second."""
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    limits = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": rate}
    session.send("Network.emulateNetworkConditions", limits)
