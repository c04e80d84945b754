"""What is held of the room, in Redis: the `RoomRecords` Protocol, and the steps in Lua that `links` is built on.

`promised` and `kept` are the sums, `holders` those of each holder; an upload has its own beside its facts (`held`,
`kept`, `holder`). `uploads:waiting` are links, and uploads without one, by the time of their last progress.
"""

from packetpost.backends.redis.rows import pack, unpack
from packetpost.backends.redis.store import Store, key
from packetpost.errors import NoSpace, NotFound, ShareTaken
from packetpost.models import LEAST_RATE, Bounds, Upload
from packetpost.tus_errors import PartTaken

_BATCH = 500

# A step that is refused answers the name of the refusal before it has written anything but what lapsed.
ROOM = f"""
local function change_room(holder, held, kept)
  if held ~= 0 then call('INCRBY', key('promised'), string.format('%.0f', held)) end
  if kept ~= 0 then call('INCRBY', key('kept'), string.format('%.0f', kept)) end
  if holder and holder ~= '' and held ~= 0 then
    if call('HINCRBY', key('holders'), holder, string.format('%.0f', held)) <= 0 then
      call('HDEL', key('holders'), holder)
    end
  end
end
local function hold_exactly(id, held, kept)
  local name = key('upload', id)
  local before, kept_before, holder, size = unpack(call('HMGET', name, 'held', 'kept', 'holder', 'size'))
  held = math.max(held, kept)
  -- An older version counted nothing but the size.
  change_room(holder, held - tonumber(before or size or 0), kept - tonumber(kept_before or 0))
  call('HSET', name, 'held', string.format('%.0f', held), 'kept', string.format('%.0f', kept))
  call('SREM', key('uploads', 'unseen'), id)
end
local function lapse_upload(id)
  local held, kept = unpack(call('HMGET', key('upload', id), 'held', 'kept'))
  if held and tonumber(held) > tonumber(kept) then
    hold_exactly(id, tonumber(kept), tonumber(kept))
    call('SADD', key('uploads', 'unseen'), id)
  end
end
local function lapse(idle_since)
  for _, id in ipairs(call('ZRANGEBYSCORE', key('uploads', 'waiting'), '-inf', '(' .. idle_since)) do
    lapse_upload(id)
    for _, upload in ipairs(call('ZRANGE', key('link-uploads', id), 0, -1)) do lapse_upload(upload) end
    call('ZREM', key('uploads', 'waiting'), id)
  end
end
local function left(bounds, holder)
  local of_all = tonumber(bounds.total) - tonumber(call('GET', key('promised')) or 0)
  if not holder or holder == '' then return of_all, math.max(of_all, 0) end
  return of_all, tonumber(bounds.share) - tonumber(call('HGET', key('holders'), holder) or 0)
end
-- How many bytes the holder may still hold; nil and the refusal where these are fewer than wanted.
local function free_room(bounds, holder, wanted)
  local of_all, of_share = left(bounds, holder)
  if wanted <= 0 then return math.max(0, math.min(of_all, of_share)) end
  if math.min(of_all, of_share) < wanted then
    lapse(bounds.idle_since)
    of_all, of_share = left(bounds, holder)
  end
  if of_all < wanted then return nil, 'no-space' end
  if of_share < wanted then return nil, 'share-taken' end
  return math.min(of_all, of_share)
end
local function moved(id, count, now, anew)
  if anew then return call('ZADD', key('uploads', 'waiting'), now, id) end
  local at = call('ZSCORE', key('uploads', 'waiting'), id)
  if at and count > 0 then
    call('ZADD', key('uploads', 'waiting'), math.min(tonumber(now), tonumber(at) + count / {LEAST_RATE}), id)
  end
end
"""
_HOLD = """
local id, kept, need, wish = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local bounds = cjson.decode(ARGV[5])
local name = key('upload', id)
local link, held, was, holder, size = unpack(call('HMGET', name, 'link_id', 'held', 'kept', 'holder', 'size'))
if not link then return 'not-found' end
held, was = tonumber(held or size or 0), tonumber(was or 0)
local granted = math.max(held, wish)
if granted > held then
  local free, refused = free_room(bounds, holder, need - held)
  if refused then return refused end
  granted = math.min(wish, held + free)
end
hold_exactly(id, granted, math.max(kept, was))
moved(link ~= '' and link or id, kept - was, bounds.now, granted > held)
return string.format('%.0f', granted)
"""
_SETTLE = """
local id, size, bounds = ARGV[1], tonumber(ARGV[2]), cjson.decode(ARGV[3])
local name = key('upload', id)
local link, settled, held, kept, holder = unpack(call('HMGET', name, 'link_id', 'size', 'held', 'kept', 'holder'))
if not link then return 'not-found' end
if settled then return tonumber(settled) == size and 'settled' or 'other' end
held, kept = tonumber(held or 0), tonumber(kept or 0)
if size > held then
  local _, refused = free_room(bounds, holder, size - held)
  if refused then return refused end
end
hold_exactly(id, math.max(size, kept), kept)
call('HSET', name, 'size', ARGV[2])
moved(link ~= '' and link or id, 0, bounds.now, size > held)
return 'settled'
"""
_NOTE = """
local id, kept, now = ARGV[1], tonumber(ARGV[2]), ARGV[3]
local name = key('upload', id)
local link, size, held, was = unpack(call('HMGET', name, 'link_id', 'size', 'held', 'kept'))
if not link then return end
held, was = tonumber(held or size or 0), tonumber(was or 0)
if ARGV[4] ~= '' then size = ARGV[4] end
local whole = size and held >= tonumber(size)
hold_exactly(id, whole and math.max(kept, tonumber(size)) or kept, kept)
if ARGV[4] ~= '' then call('HSET', name, 'size', size) end
moved(link ~= '' and link or id, kept - was, now, false)
"""
_LAPSE = "lapse(ARGV[1])"


class RedisRoom:
    """The part of the `Records` Protocol that is about room."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._hold, self._settle_size = store.script(ROOM + _HOLD), store.script(ROOM + _SETTLE)
        self._note, self._lapse = store.script(ROOM + _NOTE), store.script(ROOM + _LAPSE)

    def hold(self, upload_id: str, kept: int, need: int, wish: int, bounds: Bounds) -> int:
        return int(taken(self._hold(upload_id, kept, need, wish, pack(bounds))))

    def settle_size(self, upload_id: str, size: int, bounds: Bounds) -> bool:
        return taken(self._settle_size(upload_id, size, pack(bounds))) == "settled"

    def note(self, upload_id: str, kept: int, now: float, size: int | None = None) -> None:
        self._note(upload_id, kept, repr(now), "" if size is None else size)

    def lapse(self, idle_since: float) -> None:
        self._lapse(repr(idle_since))

    def lapsed(self) -> list[Upload]:
        ids = self._store.call("SRANDMEMBER", key("uploads", "unseen"), _BATCH)
        hashes = self._store.calls([("HGETALL", key("upload", one)) for one in ids])
        return [upload for upload in (unpack(Upload, stored) for stored in hashes) if upload]

    def promised_bytes(self) -> int:
        return int(self._store.call("GET", key("promised")) or 0)

    def kept_bytes(self) -> int:
        return int(self._store.call("GET", key("kept")) or 0)


def taken(answer: str) -> str:
    """What a step answered. Raises NoSpace, ShareTaken, PartTaken or NotFound where it was refused."""
    if answer == "no-space":
        raise NoSpace
    if answer == "share-taken":
        raise ShareTaken
    if answer == "part-taken":
        raise PartTaken
    if answer == "not-found":
        raise NotFound
    return answer
