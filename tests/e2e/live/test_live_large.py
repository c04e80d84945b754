"""What takes its time: a gigabyte with the receiver's memory flat, and a server that is gone for half a minute."""

import os
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.support.gate import Gate
from tests.e2e.support.live_steps import Pages, accept, address_of, moved, saving, send_live, shas, status
from tests.e2e.support.steps import MIB, choose, sha
from tests.support.server_process import Server

pytestmark = [pytest.mark.browser, pytest.mark.slow]
# On a machine that does other things too.
PATIENCE = 400_000
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


def large_file(folder: Path, size: int) -> Path:
    """Random bytes, written in pieces."""
    path = folder / "film.bin"
    with path.open("wb") as file:
        for _ in range(size // (16 * MIB)):
            file.write(os.urandom(16 * MIB))
    return path


def memory_of_tabs(browser: Browser) -> int:
    """Resident bytes of all the browser's renderer processes."""
    devtools = browser.new_browser_cdp_session()
    processes = devtools.send("SystemInfo.getProcessInfo")["processInfo"]
    devtools.detach()
    tabs = [process["id"] for process in processes if process["type"] == "renderer"]
    return sum(int(Path(f"/proc/{tab}/statm").read_text().split()[1]) * PAGE_BYTES for tab in tabs)


def test_a_gigabyte_arrives_and_the_receivers_memory_stays_flat(
    page: Page, far: Pages, far_browser: Browser, server: Server, tmp_path: Path
) -> None:
    film, receiver = large_file(tmp_path, 1024 * MIB), far()
    receiver.goto(send_live(page, server, film))
    expect(receiver.get_by_test_id("accept")).to_be_visible()
    idle = memory_of_tabs(far_browser)
    with saving(receiver) as downloads:
        accept(receiver)
        moved(receiver, 256 * MIB, PATIENCE)
        early = memory_of_tabs(far_browser)
        moved(receiver, 960 * MIB, PATIENCE)
        late = memory_of_tabs(far_browser)
        expect(receiver.get_by_test_id("status")).to_have_attribute("data-state", "completed", timeout=PATIENCE)
    assert shas(downloads) == {"film.bin": sha(film)}
    assert late - idle < 200 * MIB
    assert late - early < 100 * MIB
    status(page, "completed")


def test_half_a_minute_without_the_server_costs_nothing(page: Page, far: Pages, gate: Gate, tmp_path: Path) -> None:
    film, receiver = large_file(tmp_path, 768 * MIB), far()
    page.goto(gate.url)
    choose(page, film)
    page.get_by_test_id("create-live").click()
    receiver.goto(address_of(page))
    with saving(receiver) as downloads:
        accept(receiver)
        moved(receiver, 16 * MIB)
        gate.cut()
        page.wait_for_function(
            "since => performance.now() - since > 30_000", arg=page.evaluate("performance.now()"), timeout=40_000
        )
        for side in (page, receiver):
            expect(side.get_by_test_id("status")).to_have_attribute("data-state", "transferring")
        gate.mend()
        expect(receiver.get_by_test_id("status")).to_have_attribute("data-state", "completed", timeout=PATIENCE)
    assert shas(downloads) == {"film.bin": sha(film)}
    status(page, "completed")
