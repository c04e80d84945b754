"""Which processes serve with one Redis now, by heartbeat; what the dead ones left is put right by those that live.

Times come from Redis' own clock, so that machines need not agree on theirs.
"""

import logging
import threading
import time
from collections.abc import Callable

from packetpost import tokens
from packetpost.backends.redis.store import Store
from packetpost.errors import Unavailable

log = logging.getLogger(__name__)

# A process that was not heard of for so long counts as dead. Seconds, as the pause between two heartbeats.
LEASE = 15
_BEAT = 5
# The first one is waited for, but not for long: a Redis that is away keeps nobody from starting.
_KNOWN_WITHIN = 2.0
_BEAT_SCRIPT = """
local now = tonumber(call('TIME')[1])
local new = call('ZADD', key('processes'), now + ARGV[2], ARGV[1])
return {new, call('ZRANGEBYSCORE', key('processes'), '-inf', now)}
"""
# Of several that notice a death, one gets what there is to do. Half-received bodies go with the next sweep of strays.
_BURY = """
if call('ZREM', key('processes'), ARGV[1]) == 0 then return {} end
for _, id in ipairs(call('SMEMBERS', key('bodies', ARGV[1]))) do call('ZADD', key('uploads', 'stray'), 'XX', 0, id) end
local left, own = {}, ARGV[1] .. '/'
for _, place in ipairs(call('SMEMBERS', key('sitting', ARGV[1]))) do
  local session, seat = string.match(place, '^(%S+) (%d+)$')
  local sitting = call('HGET', key('here', session), seat)
  if sitting and string.sub(sitting, 1, #own) == own then
    call('HDEL', key('here', session), seat)
    left[#left + 1] = place
  end
end
call('DEL', key('bodies', ARGV[1]), key('sitting', ARGV[1]))
return left
"""


class Processes:
    """This process among them."""

    def __init__(self, store: Store) -> None:
        self.number = tokens.new_id()
        self._beat_script, self._bury = store.script(_BEAT_SCRIPT), store.script(_BURY)
        self._steady_since: float | None = None
        self._stop, self._started, self._known = threading.Event(), threading.Lock(), threading.Event()
        # What the relay does: `beaten` after every heartbeat, told whether Redis had forgotten this process; `left` for
        # each session and seat that a dead process held.
        self.beaten: Callable[[bool], None] = lambda missing: None
        self.left: Callable[[str, int], None] = lambda session_id, seat: None

    def join(self) -> bool:
        """Take a place until this process ends. False: what other processes left is found by their silence."""
        if self._started.acquire(blocking=False):
            threading.Thread(target=self._run, name="heartbeat", daemon=True).start()
            self._known.wait(_KNOWN_WITHIN)
        return False

    def stop(self) -> None:
        self._stop.set()

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self.beat(time.monotonic())
            except Unavailable:
                self._steady_since = None
            except Exception:  # the next one may succeed; this one is in the log
                log.exception("a heartbeat failed")
            self._stop.wait(_BEAT)

    def beat(self, now: float) -> None:
        """Say that this process lives, and bury those that do not. `now` is in seconds of any steady clock.

        After Redis was away everybody looks dead, so that only who has beaten for a whole lease buries others.
        """
        missing, silent = self._beat_script(self.number, LEASE)
        if self._steady_since is None:
            self._steady_since = now
        self._known.set()
        self.beaten(bool(missing))
        if now - self._steady_since > LEASE:
            for process in silent:
                self._settle(process)

    def _settle(self, process: str) -> None:
        places = self._bury(process)
        if places:
            log.warning("a process died and left %d seats", len(places))
        for place in places:
            session_id, seat = place.split(" ")
            self.left(session_id, int(seat))
