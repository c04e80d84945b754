"""A page's socket that is dead and does not say so is replaced, and nothing that was said over it is lost."""

from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.e2e.support.hostile import Hostile, Message
from tests.e2e.support.live_steps import Pages, accept_all, code_of, come, send_live
from tests.e2e.support.steps import file_of, sha

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
