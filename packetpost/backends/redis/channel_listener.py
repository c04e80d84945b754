"""Hears what is published on one channel of Redis, on a thread of its own, and begins again after every gap.

What is published while nobody listens is lost: who must not miss it keeps it elsewhere, and looks there at `begun`.
"""

import logging
import threading
from collections.abc import Callable

from packetpost.backends.redis.store import Listener, Store
from packetpost.errors import Unavailable

log = logging.getLogger(__name__)

# Seconds: between two looks whether to stop, between two tries to listen, and until the first one must have worked.
_LOOK, _PAUSE, _LISTENING_WITHIN = 1.0, 0.5, 5.0


class ChannelListener:
    """One channel. `start` it as often as you like."""

    def __init__(
        self,
        store: Store,
        channel: tuple[str, str],
        hear: Callable[[str], None],
        begun: Callable[[], object] = lambda: None,
    ) -> None:
        """`hear` gets each text; `begun` is called whenever listening begins, and whatever was said before is lost."""
        self._store, self._channel, self._hear, self._begun = store, channel, hear, begun
        self._started, self._listening, self._stopped = threading.Lock(), threading.Event(), threading.Event()

    def start(self) -> None:
        """Begin with the first call, and wait until it listens. Raises Unavailable where that cannot be."""
        if self._started.acquire(blocking=False):
            threading.Thread(target=self._listen, name=self._channel[0], daemon=True).start()
        if not self._listening.wait(_LISTENING_WITHIN):
            raise Unavailable

    def stop(self) -> None:
        self._stopped.set()

    def _listen(self) -> None:
        while not self._stopped.is_set():
            try:
                with self._store.subscribed(*self._channel) as listener:
                    self._hear_all(listener)
            except Unavailable:
                log.warning("nobody hears what Redis publishes for %s", self._channel[0])
            except Exception:  # the next try may succeed; this one is in the log
                log.exception("the listener of %s stopped", self._channel[0])
            self._listening.clear()
            self._stopped.wait(_PAUSE)

    def _hear_all(self, listener: Listener) -> None:
        while not self._stopped.is_set():
            heard = listener.get_message(timeout=_LOOK)
            if heard and heard["type"] == "subscribe":
                self._listening.set()
                self._begun()
            elif heard:
                self._hear(heard["data"])
