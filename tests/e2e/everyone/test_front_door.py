"""The front door: pages ask for little, and nothing on them jumps when their scripts come, however late that is."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import BrowserContext, Page, Request, Route, expect

from tests.e2e.support.live_steps import address_of, status
from tests.e2e.support.steps import choose, file_of, finished, get_link, plainly, rows
from tests.support.server_process import Server

pytestmark = pytest.mark.browser

_MOST_SHIFT = 0.02
_MOST_REQUESTS = 10
_SCREENS = [(360, 740), (1280, 800)]
_WATCH = """(() => {
  window.shifts = []
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) shifts.push(entry)
  }).observe({ type: 'layout-shift', buffered: true })
})()"""
# Two frames later what was painted has been told to the observer.
_PAINTED = """() => new Promise((resolve) => {
  const soon = () => requestAnimationFrame(() => requestAnimationFrame(resolve))
  new PerformanceObserver(soon).observe({ type: 'paint', buffered: true })
})"""
_SHIFT = """() => new Promise((resolve) => {
  const sum = () => resolve(shifts.reduce((all, { value }) => all + value, 0))
  requestAnimationFrame(() => requestAnimationFrame(sum))
})"""


class LateScripts:
    """Keeps a page's scripts back until its first layout has been painted."""

    def __init__(self, page: Page) -> None:
        self._page, self._held, self._painted = page, list[Route](), False
        page.context.add_init_script(_WATCH)
        page.route("**/static/**/*.js", self._hold)

    def open(self, address: str) -> None:
        """Go there, and let the scripts come once something is to be seen."""
        self._page.goto(address, wait_until="commit")
        self._page.evaluate(_PAINTED)
        self._painted = True
        for route in self._held:
            route.continue_()

    def _hold(self, route: Route) -> None:
        if self._painted:
            route.continue_()
        else:
            self._held.append(route)

    def shift(self) -> float:
        """How far everything has moved since, without anybody's doing."""
        moved: float = self._page.evaluate(_SHIFT)
        return moved


@pytest.fixture(params=_SCREENS, ids=lambda screen: f"{screen[0]} px")
def screen(request: pytest.FixtureRequest, visit: Callable[..., BrowserContext]) -> Callable[[], Page]:
    """Make pages of one width, each of a person of their own."""
    width, height = request.param
    return lambda: visit(viewport={"width": width, "height": height}, has_touch=width < 500).new_page()


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    return [file_of(tmp_path, name, 1000) for name in ("holiday.jpg", "notes.txt", "list.ods")]


def test_the_home_page_stands_still(screen: Callable[[], Page], server: Server) -> None:
    page = screen()
    late = LateScripts(page)
    late.open(server.url)
    page.locator("form[data-live]").wait_for()
    assert late.shift() <= _MOST_SHIFT


@pytest.mark.parametrize("sealed", [True, False], ids=["sealed", "plain"])
def test_the_card_and_the_link_page_stand_still(
    screen: Callable[[], Page], server: Server, files: list[Path], sealed: bool
) -> None:
    page, other = screen(), screen()
    page.goto(server.url)
    choose(page, *files)
    if not sealed:
        plainly(page)
    link = get_link(page)
    finished(page)
    card, parcel = LateScripts(page), LateScripts(other)
    card.open(page.url)
    expect(page.get_by_test_id("copy-link")).to_be_visible()
    expect(page.get_by_test_id("qr")).to_be_visible()
    parcel.open(link)
    expect(other.get_by_test_id("download")).to_have_count(len(files))
    assert (card.shift() <= _MOST_SHIFT, parcel.shift() <= _MOST_SHIFT) == (True, True)


def test_both_pages_of_a_live_session_stand_still(
    screen: Callable[[], Page], server: Server, files: list[Path]
) -> None:
    page, other = screen(), screen()
    page.goto(server.url)
    choose(page, *files)
    page.get_by_test_id("create-live").click()
    page.locator("[data-protection]").wait_for()
    receiver = LateScripts(other)
    receiver.open(address_of(page))
    expect(other.get_by_test_id("accept")).to_be_visible()
    assert receiver.shift() <= _MOST_SHIFT
    sender = LateScripts(page)
    sender.open(page.url)
    expect(page.get_by_test_id("protection")).to_be_visible()
    assert sender.shift() <= _MOST_SHIFT


def test_what_a_sealed_link_shows_before_its_names_are_open_gives_way_to_them(
    screen: Callable[[], Page], server: Server, files: list[Path]
) -> None:
    page, other = screen(), screen()
    page.goto(server.url)
    choose(page, *files)
    link = get_link(page)
    finished(page)
    other.goto(link.split("#")[0])
    expect(other.get_by_test_id("secret")).to_be_visible()
    expect(other.get_by_text("File 1")).to_have_count(0)
    other.goto(link)
    other.reload()
    expect(rows(other)).to_have_count(len(files))
    expect(other.get_by_text("File 1")).to_have_count(0)


def _note(urls: list[str], request: Request) -> None:
    """What a page is made of. What pages say to each other by the road is no more of it than by a WebSocket."""
    if "/road" not in urlsplit(request.url).path:
        urls.append(request.url)


def test_no_page_asks_for_more_than_ten_things(screen: Callable[[], Page], server: Server, files: list[Path]) -> None:
    asked: dict[str, list[str]] = {"home": [], "link": [], "live": []}
    page, link_reader, receiver = screen(), screen(), screen()
    page.goto(server.url)
    choose(page, *files)
    link = get_link(page)
    finished(page)
    page.goto(server.url)
    choose(page, *files)
    page.get_by_test_id("create-live").click()
    page.locator("[data-protection]").wait_for()
    home = screen()
    for name, reader, address, seen in (
        ("home", home, server.url, "create-live"),
        ("link", link_reader, link, "download-all"),
        ("live", receiver, address_of(page), "accept"),
    ):
        reader.on("request", partial(_note, asked[name]))
        reader.goto(address)
        expect(reader.get_by_test_id(seen)).to_be_visible()
        if name == "live":
            status(reader, "connected")  # its road has a request open for as long as the page lives
        else:
            reader.wait_for_load_state("networkidle")
    assert {name: urls for name, urls in asked.items() if len(urls) > _MOST_REQUESTS} == {}
