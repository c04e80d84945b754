"""A seat's browser, as the relay sees it, that only listens."""

from typing import Any

from tests.support.server_process import wait_until


class Ear:
    """A `SignalReceiver` that remembers what it was told."""

    def __init__(self) -> None:
        self.heard: list[dict[str, Any]] = []
        self.closed: int | None = None

    def deliver(self, message: dict[str, Any]) -> None:
        self.heard.append(message)

    def close(self, code: int, reason: str) -> None:
        self.closed = code

    def hears(self, *messages: dict[str, Any]) -> None:
        """Wait until it was told exactly these."""
        wait_until(lambda: len(self.heard) >= len(messages), 5, lambda: f"it heard {self.heard}")
        assert self.heard == list(messages)

    def is_closed(self, code: int) -> None:
        wait_until(lambda: self.closed is not None, 5, "it was not closed")
        assert self.closed == code
