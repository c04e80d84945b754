"""A hostile server after a sealed session became a link: what it swaps, strips or takes from elsewhere is refused."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests
from playwright.sync_api import Page, Route, expect

from tests.e2e.support.hostile import Hostile, Message
from tests.e2e.support.live_steps import Pages, accept_all, address_of, code_of, come, send_live, status
from tests.e2e.support.steps import choose, file_of, rows, sha
from tests.e2e.support.stripped_pages import without_seal

pytestmark = pytest.mark.browser
WAYS = pytest.mark.parametrize("way", ["address", "code"])
NOTICE = "[data-notice]"


@pytest.fixture
def two(tmp_path: Path) -> tuple[Path, Path]:
    """Of one size, so that nothing but their keys tells their sealed bytes apart."""
    return file_of(tmp_path, "one.bin", 100_000), file_of(tmp_path, "two.bin", 100_000)


def fall_back(page: Page) -> None:
    page.get_by_test_id("use-link").click()
    expect(page.get_by_test_id("link-url")).to_be_visible()


def stopped(page: Page) -> None:
    expect(page.get_by_test_id("stopped")).to_be_visible()
    expect(page.get_by_test_id("download")).to_have_count(0)


def swap_numbers(html: str) -> str:
    """Each file's bytes are those of the other."""
    return re.sub(r"/([01])/([01])\.sealed", lambda at: f"/{1 - int(at[1])}/{1 - int(at[2])}.sealed", html)


@WAYS
def test_files_whose_numbers_the_server_swaps_are_refused_each(
    page: Page, far: Pages, hostile: Hostile, two: tuple[Path, Path], way: str
) -> None:
    receiver = far()
    address = send_live(page, hostile, *two)
    come(receiver, hostile, way, address, code_of(page))
    status(receiver, "connected")
    hostile.rewrite = swap_numbers
    fall_back(page)
    for name in ("one.bin", "two.bin"):
        expect(receiver.get_by_text(f"{name} was refused and nothing of it was kept")).to_be_visible()


@WAYS
@pytest.mark.parametrize("strip", ["the page", "the form"])
def test_a_session_s_link_that_is_not_sealed_is_stopped_on_both_sides(
    page: Page, far: Pages, hostile: Hostile, two: tuple[Path, Path], way: str, strip: str
) -> None:
    receiver = far()
    address = send_live(page, hostile, *two)
    come(receiver, hostile, way, address, code_of(page))
    status(receiver, "connected")
    if strip == "the page":
        hostile.rewrite = without_seal
    else:
        page.route(re.compile(r"/live/.*/link$"), without_field("sealed"))
    page.get_by_test_id("use-link").click()
    for side in (page, receiver):
        stopped(side)
    assert two[0].read_bytes()[1000:1032] not in hostile.told


def without_field(name: str) -> Callable[[Route], None]:
    """What a form says, as if the page had left this out."""

    def pass_on(route: Route) -> None:
        fields = re.sub(rf"(?:^|&){name}=[^&]*", "", route.request.post_data or "")
        assert fields != route.request.post_data
        route.continue_(post_data=fields)

    return pass_on


def plain_link(hostile: Hostile) -> str:
    """The path of a link that somebody else made."""
    made = requests.put(f"{hostile.url}/invoice.exe", data=b"not what was sent", timeout=10)
    return "/l/" + made.text.split("/l/")[1][:22]


def lead_to(hostile: Hostile, link: str) -> None:
    """It says of a session that this is its link: on pages, and to seats."""
    hostile.rewrite = lambda html: re.sub(r'data-fell-back="[^"]*"', f'data-fell-back="{link}"', html)
    hostile.tell = lambda _seat, one: [{**one, "link": link} if one["type"] == "welcome" else one]


@pytest.mark.parametrize("lie", ["where a code leads", "where a session leads"])
def test_who_typed_a_code_is_not_led_to_a_plain_link(
    page: Page, far: Pages, hostile: Hostile, two: tuple[Path, Path], lie: str
) -> None:
    receiver = far()
    link = plain_link(hostile)
    send_live(page, hostile, *two)
    code = code_of(page)
    fall_back(page)
    if lie == "where a code leads":
        receiver.route("**/live?code=*", lambda route: route.fulfill(status=303, headers={"Location": link}))
    else:
        lead_to(hostile, link)
    come(receiver, hostile, "code", "", code)
    stopped(receiver)


def test_who_has_the_address_is_not_led_to_a_plain_link(
    page: Page, far: Pages, hostile: Hostile, two: tuple[Path, Path]
) -> None:
    receiver, link = far(), plain_link(hostile)
    address = send_live(page, hostile, *two)
    fall_back(page)
    lead_to(hostile, link)
    receiver.goto(address)
    stopped(receiver)


def test_a_plain_link_opens_in_a_tab_where_a_code_was_refused(
    page: Page, hostile: Hostile, two: tuple[Path, Path]
) -> None:
    """Nobody is to blame: what was typed there is waited for no more."""
    link = hostile.url + plain_link(hostile)
    come(page, hostile, "code", "", "K7QF-3MZPA")
    expect(page.get_by_test_id("alert")).to_be_visible()
    page.goto(link)
    expect(page.get_by_test_id("download")).to_be_visible()


@WAYS
def test_a_server_that_gives_a_plain_session_for_a_sealed_one_changes_nothing(
    page: Page, far: Pages, hostile: Hostile, two: tuple[Path, Path], way: str
) -> None:
    receiver = far()
    page.route(re.compile(r"/live$"), without_field("sealed"))
    page.goto(hostile.url)
    choose(page, *two)
    page.get_by_test_id("create-live").click()
    address, code = address_of(page), page.get_by_test_id("live-code").inner_text()
    assert re.fullmatch(r"\w{4}-\w{4}-\w{5}", code)
    come(receiver, hostile, way, address, code)
    assert accept_all(receiver) == {file.name: sha(file) for file in two}
    for side in (page, receiver):
        expect(side.get_by_test_id("protection")).to_have_attribute("data-state", "sealed")


@WAYS
@pytest.mark.parametrize("how", ["whole", "in the place of ours"])
def test_the_file_list_of_another_session_is_never_shown(
    page: Page,
    far: Pages,
    visit: Callable[..., Any],
    hostile: Hostile,
    two: tuple[Path, Path],
    way: str,
    how: str,
) -> None:
    """Replayed as it was it is late, which blames nobody; with our try's words it is seen."""
    receiver, sender_of_another, of_another = far(), visit().new_page(), far()
    of_another.goto(send_live(sender_of_another, hostile, two[0]))
    status(of_another, "connected")
    taken = next(one for one in hostile.said if one["type"] == "manifest")
    address = send_live(page, hostile, two[1])

    def mix(message: Message) -> Message:
        if message["type"] != "manifest":
            return message
        return {**taken, "to": 1} if how == "whole" else {**message, "value": taken["value"], "mac": taken["mac"]}

    hostile.change = mix
    come(receiver, hostile, way, address, code_of(page))
    if how == "whole":
        assert accept_all(receiver) == {two[1].name: sha(two[1])}
        expect(receiver.locator(NOTICE)).to_be_hidden()
    else:
        expect(receiver.locator(NOTICE)).to_contain_text("Somebody between you changed")
        expect(rows(receiver).filter(has_text=two[0].name)).to_have_count(0)


@pytest.mark.parametrize("step", ["share", "secret"])
def test_the_exchange_of_another_session_gives_nothing(
    page: Page, far: Pages, visit: Callable[..., Any], hostile: Hostile, two: tuple[Path, Path], step: str
) -> None:
    receiver, sender_of_another, of_another = far(), visit().new_page(), far()
    send_live(sender_of_another, hostile, two[0])
    come(of_another, hostile, "code", "", code_of(sender_of_another))
    status(of_another, "connected")
    taken = next(one for one in hostile.said if one.get("step") == step)
    send_live(page, hostile, two[1])
    code = code_of(page)

    def mix(message: Message) -> Message:
        if message.get("step") == step:
            hostile.inject(1, {**taken, "from": 0})
        return message

    hostile.change = mix
    come(receiver, hostile, "code", "", code)
    assert accept_all(receiver) == {two[1].name: sha(two[1])}
