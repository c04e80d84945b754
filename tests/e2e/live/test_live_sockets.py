"""Sockets that are dead and do not say so are replaced, and what was decided meanwhile is looked at again."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from tests.e2e.support.hostile import Hostile, Message
from tests.e2e.support.live_steps import Pages, accept_all, code_of, come, hold_candidates, send_live, status
from tests.e2e.support.steps import file_of, sha
from tests.support.server_process import Server

pytestmark = pytest.mark.browser


class DeadLine:
    """From the first message of that kind on, nothing passes, until a page has opened another socket."""

    def __init__(self, hostile: Hostile, kind: str) -> None:
        self._kind, self._dead, self.died = kind, False, False
        hostile.change, hostile.tell = self._change, lambda _seat, message: [] if self._dead else [message]

    def _change(self, message: Message) -> Message | None:
        if message["type"] == "hello":
            self._dead = False
        elif message["type"] == self._kind and not self.died:
            self._dead = self.died = True
        return None if self._dead else message


@pytest.mark.parametrize(
    ("way", "kind"), [("address", "offer"), ("address", "answer"), ("code", "key"), ("address", "ice-candidate")]
)
def test_what_was_said_into_a_dead_socket_is_said_again(
    page: Page, far: Pages, hostile: Hostile, tmp_path: Path, way: str, kind: str
) -> None:
    file, receiver = file_of(tmp_path, "film.bin", 100_000), far()
    address = send_live(page, hostile, file)
    line = DeadLine(hostile, kind)
    come(receiver, hostile, way, address, code_of(page))
    assert accept_all(receiver) == {file.name: sha(file)}
    assert line.died


def test_a_link_that_the_server_has_not_made_yet_is_withdrawn_when_live_is_back(
    page: Page, far: Pages, roadless: Server, tmp_path: Path
) -> None:
    file, receiver = file_of(tmp_path, "film.bin", 100_000), far()
    page.clock.install()
    asked: list[Route] = []
    page.route("**/live/*/link", lambda route: asked.append(route))
    held = [hold_candidates(side) for side in (page, receiver)]
    receiver.goto(send_live(page, roadless, file))
    expect(page.get_by_test_id("status")).to_contain_text("They are here")
    page.clock.fast_forward(13_000)
    status(page, "fallback")
    with page.expect_event("requestfailed", lambda request: request.url.endswith("/link")):
        for one in held:
            one.release()
    assert accept_all(receiver) == {file.name: sha(file)}
    status(page, "completed")
    assert len(asked) == 1
    expect(page.get_by_test_id("link-url")).not_to_be_visible()
