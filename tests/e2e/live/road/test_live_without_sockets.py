"""Live where no WebSocket can be opened: signals go over HTTP, and everything else is as ever."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.support.gate import Gate
from tests.e2e.support.live_steps import (
    Pages,
    accept_all,
    code_of,
    come,
    receive,
    send_live,
    status,
    without_webrtc,
)
from tests.e2e.support.steps import MIB, file_of, sha
from tests.support.server_process import Server, wait_until

pytestmark = pytest.mark.browser

BOTH = pytest.mark.parametrize("who", ["sender", "receiver", "both"])
# What some filters make of a handshake: refused at once, or never answered.
_REFUSED = """window.WebSocket = class {
  constructor() { setTimeout(() => this.onclose?.({ code: 1006, reason: '' })) }
  close() {}
}"""
_COUNTED = f"window.tried = 0; {_REFUSED}".replace("setTimeout", "window.tried += 1; setTimeout")
_NEVER_ANSWERED = "window.WebSocket = class { constructor() { this.readyState = 0 } close() {} }"


def without_sockets(page: Page, how: str = _REFUSED) -> None:
    page.add_init_script(how)


def sides(page: Page, receiver: Page, who: str) -> list[Page]:
    return {"sender": [page], "receiver": [receiver], "both": [page, receiver]}[who]


@BOTH
def test_bytes_go_straight_from_browser_to_browser(
    page: Page, far: Pages, server: Server, tmp_path: Path, who: str
) -> None:
    file, receiver = file_of(tmp_path, "film.bin", 5 * MIB), far()
    for side in sides(page, receiver, who):
        without_sockets(side)
    assert receive(receiver, send_live(page, server, file)) == {"film.bin": sha(file)}
    status(page, "completed")
    expect(receiver.get_by_test_id("path")).to_have_text("direct")


def test_without_webrtc_too_everything_goes_over_http(page: Page, far: Pages, server: Server, tmp_path: Path) -> None:
    file, receiver = file_of(tmp_path, "film.bin", 5 * MIB), far()
    for side in (page, receiver):
        without_sockets(side)
        without_webrtc(side)
    assert receive(receiver, send_live(page, server, file)) == {"film.bin": sha(file)}
    status(page, "completed")
    expect(receiver.get_by_test_id("path")).to_have_text("through the server")


def test_a_handshake_that_is_never_answered_is_not_waited_for(
    page: Page, far: Pages, server: Server, tmp_path: Path
) -> None:
    file, receiver = file_of(tmp_path, "a.bin", MIB), far()
    without_sockets(receiver, _NEVER_ANSWERED)
    assert receive(receiver, send_live(page, server, file)) == {"a.bin": sha(file)}
    status(page, "completed")


def test_a_code_that_was_typed_opens_it(page: Page, far: Pages, server: Server, tmp_path: Path) -> None:
    file, receiver = file_of(tmp_path, "a.bin", MIB), far()
    for side in (page, receiver):
        without_sockets(side)
    address = send_live(page, server, file)
    come(receiver, server, "code", address, code_of(page))
    assert accept_all(receiver) == {"a.bin": sha(file)}


def test_a_proxy_that_breaks_websockets_off_is_passed_by(
    page: Page, far: Pages, server: Server, gate: Gate, tmp_path: Path
) -> None:
    file, receiver, gate.sockets = file_of(tmp_path, "a.bin", MIB), far(), False
    address = send_live(page, server, file)
    assert receive(receiver, address.replace(server.url, gate.url)) == {"a.bin": sha(file)}
    assert any("/signals" in asked.path for asked in gate.asked)


@pytest.mark.slow
def test_answers_follow_each_other_and_nothing_is_lost_between_them(
    page: Page, far: Pages, server: Server, gate: Gate, tmp_path: Path
) -> None:
    file, receiver, gate.sockets = file_of(tmp_path, "a.bin", MIB), far(), False
    receiver.goto(send_live(page, server, file).replace(server.url, gate.url))
    expect(receiver.get_by_test_id("accept")).to_be_visible()

    def answers() -> int:
        return sum(asked.method == "POST" and "/signals" in asked.path for asked in gate.asked)

    wait_until(lambda: answers() >= 3, 60, "no further answer was asked for")
    receiver.get_by_test_id("path").wait_for()
    assert accept_all(receiver) == {"a.bin": sha(file)}
    assert answers() <= 4


def test_who_closes_the_page_is_gone_at_once(page: Page, far: Pages, server: Server, tmp_path: Path) -> None:
    file, receiver = file_of(tmp_path, "a.bin", MIB), far()
    without_sockets(receiver)
    receiver.goto(send_live(page, server, file))
    expect(receiver.get_by_test_id("accept")).to_be_visible()
    status(page, "connected")
    receiver.goto("about:blank")
    expect(page.get_by_test_id("status")).to_contain_text("They are gone for now")


def test_who_is_cut_off_does_not_take_it_for_a_network_without_sockets(
    page: Page, server: Server, tmp_path: Path
) -> None:
    send_live(page, server, file_of(tmp_path, "film.bin", MIB))
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.context.set_offline(True)
    page.evaluate(f"(() => {{ {_COUNTED}; dispatchEvent(new Event('online')) }})()")  # the socket is given up
    wait_until(lambda: page.evaluate("tried") >= 3, 30, "no socket was tried again")
    assert [url for url in asked if "signals" in url] == []
