"""Two people behind any two routers, with nothing but this server: live all the same, and nothing of it on its disk."""

from collections.abc import Callable, Iterator
from itertools import combinations_with_replacement
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.e2e.conftest import CHROMIUM, FLAGS
from tests.e2e.support.live_steps import accept, open_live, saving, shas, status
from tests.e2e.support.nat_lab import KINDS, Kind, Lab, lab, missing
from tests.e2e.support.steps import MIB, choose, file_of, sha
from tests.support.server_process import Server

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.skipif(bool(missing()), reason=missing())]

UDP: set[Kind] = {"public", "port-preserving", "random-port"}
Person = Callable[[str, Kind], Page]


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with lab(tmp_path_factory.mktemp("lab")) as made:
        yield made


@pytest.fixture(scope="module")
def at(network: Lab, launch: Callable[..., Browser]) -> Callable[[str, Kind], Browser]:
    """The browser of the one or the other person behind a router of that kind; it seals as it would over https."""
    started: dict[str, Browser] = {}

    def browser(who: str, kind: Kind) -> Browser:
        person = f"{who}{KINDS.index(kind)}"
        if person not in started:
            flags = [*FLAGS, f"--unsafely-treat-insecure-origin-as-secure={network.bare.url}"]
            started[person] = launch(network.chromium(person, kind, CHROMIUM), flags)
        return started[person]

    return browser


@pytest.fixture
def person(visit: Callable[..., BrowserContext], at: Callable[[str, Kind], Browser]) -> Person:
    return lambda who, kind: visit(at(who, kind)).new_page()


def stored(server: Server) -> dict[str, int]:
    """The files of the data folder that hold bytes of people, with their sizes."""
    files = (path for path in Path(server.data_dir).rglob("*") if path.is_file() and "sqlite" not in path.name)
    return {str(path): path.stat().st_size for path in files}


def begin(page: Page, receiver: Page, server: Server, file: Path) -> None:
    """The file is offered; the receiver's page shows it."""
    page.goto(server.url)
    choose(page, file)
    receiver.goto(open_live(page))


@pytest.mark.parametrize(("one", "other"), list(combinations_with_replacement(KINDS, 2)))
def test_the_file_arrives_live_behind_any_two_routers(
    network: Lab, person: Person, tmp_path: Path, one: Kind, other: Kind
) -> None:
    file, before = file_of(tmp_path, "film.bin", 2 * MIB), stored(network.bare)
    page, receiver = person("a", one), person("b", other)
    begin(page, receiver, network.bare, file)
    with saving(receiver) as downloads:
        accept(receiver)
        status(receiver, "completed")
    assert shas(downloads) == {"film.bin": sha(file)}
    assert stored(network.bare) == before
    if not {one, other} <= UDP or "public" not in {one, other}:
        expect(receiver.get_by_test_id("path")).to_have_text("through the server")
