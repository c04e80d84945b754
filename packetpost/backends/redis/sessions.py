"""Live sessions and their seats in Redis. Each session is in one of three indexes by state, by the time of its end."""

from collections.abc import Callable

from packetpost.backends.redis.rows import pack, unpack
from packetpost.backends.redis.store import Store, key
from packetpost.models import Seat, Session, SessionState

_WRITE = """
local function write_session(session, ends)
  write(key('session', session.id), session)
  call('HINCRBY', key('session', session.id), 'revision', 1)
  local state = session.closed == '1' and 'closed' or session.joined == '1' and 'joined' or 'created'
  for _, one in ipairs({'created', 'joined', 'closed'}) do
    if one == state then call('ZADD', key('sessions', one), ends, session.id)
    else call('ZREM', key('sessions', one), session.id) end
  end
end
"""
_ADD = """
local session = cjson.decode(ARGV[1])
if call('SETNX', key('code', session.code), session.id) == 0 then return 0 end
write_session(session, ARGV[2])
call('HSET', key('seats', session.id), ARGV[3], ARGV[4])
return 1
"""
_SWAP = """
local session = cjson.decode(ARGV[1])
if call('HGET', key('session', session.id), 'revision') ~= ARGV[3] then return 0 end
write_session(session, ARGV[2])
return 1
"""
_TAKE_SEAT = """
local name, seats = key('session', ARGV[1]), key('seats', ARGV[1])
for number = 1, tonumber(call('HGET', name, 'max_receivers') or 0) do
  if call('HSETNX', seats, number, ARGV[2]) == 1 then
    call('HSET', name, 'joined', '1')
    call('HINCRBY', name, 'revision', 1)
    local ends = call('ZSCORE', key('sessions', 'created'), ARGV[1])
    if ends then
      call('ZREM', key('sessions', 'created'), ARGV[1])
      call('ZADD', key('sessions', 'joined'), ends, ARGV[1])
    end
    return number
  end
end
return 0
"""
_FORGET = """
local gone = 0
for _, state in ipairs({'created', 'joined', 'closed'}) do
  for _, id in ipairs(call('ZRANGEBYSCORE', key('sessions', state), '-inf', '(' .. ARGV[1], 'LIMIT', 0, 500)) do
    local code = call('HGET', key('session', id), 'code')
    call('DEL', key('session', id), key('seats', id), key('code', code))
    call('ZREM', key('sessions', state), id)
    gone = gone + 1
  end
end
return gone
"""


class RedisSessions:
    """The `SessionRecords` Protocol."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._add, self._swap = store.script(_WRITE + _ADD), store.script(_WRITE + _SWAP)
        self._take_seat, self._forget = store.script(_TAKE_SEAT), store.script(_FORGET)

    def add_session(self, session: Session, sender: Seat) -> bool:
        return bool(self._add(pack(session), _ends(session), sender.number, sender.token_hash))

    def session(self, session_id: str) -> Session | None:
        return unpack(Session, self._store.call("HGETALL", key("session", session_id)))

    def session_by_code(self, code: str) -> Session | None:
        session_id = self._store.call("GET", key("code", code))
        return self.session(session_id) if session_id else None

    def seats(self, session_id: str) -> list[Seat]:
        taken = self._store.call("HGETALL", key("seats", session_id))
        return sorted((Seat(session_id, int(number), token) for number, token in taken.items()), key=_number)

    def take_seat(self, session_id: str, token_hash: str) -> Seat | None:
        number = self._take_seat(session_id, token_hash)
        return Seat(session_id, number, token_hash) if number else None

    def leave_seat(self, session_id: str, number: int) -> None:
        self._store.call("HDEL", key("seats", session_id), number)

    def change_session(self, session_id: str, change: Callable[[Session], Session]) -> Session | None:
        while True:
            stored = self._store.call("HGETALL", key("session", session_id))
            before = unpack(Session, stored)
            if before is None:
                return None
            after = change(before)
            if self._swap(pack(after), _ends(after), stored["revision"]):
                return after

    def count_sessions(self, now: float) -> dict[SessionState, int]:
        spans = [("-inf", repr(now)), (f"({now!r}", "+inf")]
        of_state = [("ZCOUNT", key("sessions", state), *span) for state in ("created", "joined") for span in spans]
        counts = self._store.calls([*of_state, ("ZCARD", key("sessions", "closed"))])
        old_created, created, old_joined, joined, closed = counts
        return {"created": created, "joined": joined, "closed": closed, "expired": old_created + old_joined}

    def forget_sessions(self, before: float) -> int:
        gone = 0
        while some := self._forget(repr(before)):
            gone += some
        return gone


def _ends(session: Session) -> str:
    return repr(float(session.ends_at))


def _number(seat: Seat) -> int:
    return seat.number
