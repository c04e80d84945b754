"""How fast roads may carry: so many bytes a second of all together, and so many of one session."""

import threading
import time

# Sessions that were paced are forgotten when there are so many of them and their time has come.
_MOST_REMEMBERED = 4096


class Pace:
    """Whoever asks waits for its turn, in the order of asking; each road asks for one stretch at a time.

    So roads that have bytes share evenly, whatever their number.
    """

    def __init__(self, rate: int, session_rate: int) -> None:
        """Both in bytes a second, 0 for as many as can be."""
        self._rate, self._session_rate = rate, session_rate
        self._lock = threading.Lock()
        self._free_at = 0.0
        self._session_free_at: dict[str, float] = {}

    def wait(self, session_id: str, count: int) -> None:
        """Until `count` bytes more may go."""
        if not self._rate and not self._session_rate:
            return
        pause = self._reserve(session_id, count, time.monotonic())
        if pause > 0:
            time.sleep(pause)

    def _reserve(self, session_id: str, count: int, now: float) -> float:
        """For how long to wait."""
        with self._lock:
            begin = now
            if self._session_rate:
                self._forget(now)
                begin = max(now, self._session_free_at.get(session_id, now))
                self._session_free_at[session_id] = begin + count / self._session_rate
            if self._rate:
                begin = max(begin, self._free_at)
                self._free_at = max(now, self._free_at) + count / self._rate
            return begin - now

    def _forget(self, now: float) -> None:
        if len(self._session_free_at) > _MOST_REMEMBERED:
            self._session_free_at = {name: at for name, at in self._session_free_at.items() if at > now}
