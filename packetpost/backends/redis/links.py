"""Links, their uploads and what people reported, in Redis. Indexes answer what is asked: nothing looks at all keys.

`links:keeping` are the links that keep uploads, by expiry, at 0 once ended. An upload that a
request fills is noted under the process that serves it (`bodies:…`), so that it goes with that process.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TypeVar

from packetpost.backends.redis.room import ROOM, RedisRoom, taken
from packetpost.backends.redis.rows import pack, unpack
from packetpost.backends.redis.store import Store, key
from packetpost.models import Bounds, Ended, Link, Report, Upload

T = TypeVar("T")

_UPLOADS = (
    ROOM
    + """
local function take_out(id)
  local link, process = unpack(call('HMGET', key('upload', id), 'link_id', 'process'))
  if not link then return end
  hold_exactly(id, 0, 0)
  call('ZREM', key('uploads', 'waiting'), id)
  call('ZREM', key('uploads', 'stray'), id)
  call('ZREM', key('uploads', 'bodies'), id)
  if process then call('SREM', key('bodies', process), id) end
  if link ~= '' then
    call('ZREM', key('link-uploads', link), id)
    if call('ZCARD', key('link-uploads', link)) == 0 then call('ZREM', key('links', 'keeping'), link) end
  end
  call('DEL', key('upload', id))
end
local function put_in(upload, holder, process)
  -- One that is kept already goes on holding what it holds.
  local held, kept, of = unpack(call('HMGET', key('upload', upload.id), 'held', 'kept', 'holder'))
  upload.held, upload.kept, upload.holder = held or upload.held, kept or upload.kept, of or holder
  take_out(upload.id)
  change_room(upload.holder, tonumber(upload.held), tonumber(upload.kept))
  if upload.link_id ~= '' then
    local expires, ended = unpack(call('HMGET', key('link', upload.link_id), 'expires_at', 'ended'))
    call('ZADD', key('link-uploads', upload.link_id), upload.position, upload.id)
    if expires then call('ZADD', key('links', 'keeping'), ended == '' and expires or 0, upload.link_id) end
  else
    call('ZADD', key('uploads', 'stray'), upload.expires_at, upload.id)
    if upload.partial == '0' then
      call('ZADD', key('uploads', 'bodies'), upload.created_at, upload.id)
      call('SADD', key('bodies', process), upload.id)
      upload.process = process
    end
  end
  write(key('upload', upload.id), upload)
end
"""
)
_ADD_LINK = """
local link, uploads = cjson.decode(ARGV[1]), cjson.decode(ARGV[2])
local bounds = ARGV[4] ~= '' and cjson.decode(ARGV[4]) or nil
link.holder, link.held = bounds and bounds.holder or '', #link.sealed
if bounds then
  local wanted = link.held
  for _, upload in ipairs(uploads) do
    if call('EXISTS', key('upload', upload.id)) == 0 then wanted = wanted + tonumber(upload.held) end
  end
  local _, refused = free_room(bounds, link.holder, wanted)
  if refused then return refused end
end
change_room(link.holder, link.held, 0)
write(key('link', link.id), link)
call('ZADD', key('links', 'by-creation'), link.created_at, link.id)
call('ZADD', key('links', 'by-expiry'), link.expires_at, link.id)
if link.ended == '' then
  call('ZADD', key('links', 'open'), link.expires_at, link.id)
  if link.max_downloads and tonumber(link.downloads) >= tonumber(link.max_downloads) then
    call('SADD', key('links', 'used-up'), link.id)
  end
end
for _, upload in ipairs(uploads) do put_in(upload, link.holder, ARGV[3]) end
moved(link.id, 0, link.created_at, true)
return 'added'
"""
_ADD_UPLOAD = """
local upload, bounds = cjson.decode(ARGV[1]), ARGV[3] ~= '' and cjson.decode(ARGV[3]) or nil
if bounds then
  local _, refused = free_room(bounds, bounds.holder, tonumber(upload.held))
  if refused then return refused end
end
put_in(upload, bounds and bounds.holder or '', ARGV[2])
moved(upload.link_id ~= '' and upload.link_id or upload.id, 0, upload.created_at, true)
return 'added'
"""
_CLAIM_PARTS = """
local whole, bounds, parts = cjson.decode(ARGV[1]), cjson.decode(ARGV[3]), cjson.decode(ARGV[4])
for _, part in ipairs(parts) do
  local name = key('upload', part)
  local partial, taken_by = unpack(call('HMGET', name, 'partial', 'whole'))
  if partial ~= '1' then return 'not-found' end
  if taken_by and call('EXISTS', key('upload', taken_by)) == 1 then return 'part-taken' end
end
local _, refused = free_room(bounds, bounds.holder, tonumber(whole.held))
if refused then return refused end
for _, part in ipairs(parts) do call('HSET', key('upload', part), 'whole', whole.id) end
put_in(whole, bounds.holder, ARGV[2])
moved(whole.id, 0, bounds.now, true)
return 'added'
"""
_REMOVE_UPLOAD = "take_out(ARGV[1])"
_SET_CRC = """
local name = key('upload', ARGV[1])
if call('EXISTS', name) == 1 then call('HSET', name, 'crc', ARGV[2]) end
"""
_END_LINK = """
local name = key('link', ARGV[1])
local ended, sealed, holder, held = unpack(call('HMGET', name, 'ended', 'sealed', 'holder', 'held'))
if ended ~= '' then return 0 end
-- Nobody can read the names any more; the first letter still says that they were sealed.
sealed = string.sub(sealed or '', 1, 1)
if held then change_room(holder, #sealed - tonumber(held), 0) end
call('HSET', name, 'ended', ARGV[2], 'sealed', sealed, 'held', #sealed)
call('ZREM', key('links', 'open'), ARGV[1])
call('SREM', key('links', 'used-up'), ARGV[1])
call('ZADD', key('links', 'keeping'), 'XX', 0, ARGV[1])
return 1
"""
_FORGET = """
local gone = 0
for _, id in ipairs(ARGV) do
  if not call('ZSCORE', key('links', 'keeping'), id) then
    for _, report in ipairs(call('SMEMBERS', key('link-reports', id))) do
      call('DEL', key('report', report))
      call('ZREM', key('reports', 'by-time'), report)
    end
    local holder, held = unpack(call('HMGET', key('link', id), 'holder', 'held'))
    change_room(holder, -tonumber(held or 0), 0)
    call('DEL', key('link', id), key('link-uploads', id), key('link-reports', id))
    call('ZREM', key('uploads', 'waiting'), id)
    for _, index in ipairs({'by-creation', 'by-expiry', 'open'}) do call('ZREM', key('links', index), id) end
    call('SREM', key('links', 'used-up'), id)
    gone = gone + 1
  end
end
return gone
"""
_ADD_REPORT = """
local report = cjson.decode(ARGV[1])
if call('SCARD', key('link-reports', report.link_id)) >= tonumber(ARGV[2]) then return 0 end
write(key('report', report.id), report)
call('SADD', key('link-reports', report.link_id), report.id)
call('ZADD', key('reports', 'by-time'), report.at, report.id)
return 1
"""
# So many keys at once, that Redis answers others in between.
_BATCH = 500


class RedisLinks(RedisRoom):
    """The part of the `Records` Protocol that is about links, uploads and reports."""

    def __init__(self, store: Store, process: str) -> None:
        """`process` is this process's number among those of `Processes`."""
        super().__init__(store)
        self._process = process
        self._add_link = store.script(_UPLOADS + _ADD_LINK)
        self._add_upload = store.script(_UPLOADS + _ADD_UPLOAD)
        self._claim_parts = store.script(_UPLOADS + _CLAIM_PARTS)
        self._remove_upload = store.script(_UPLOADS + _REMOVE_UPLOAD)
        self._set_crc = store.script(_SET_CRC)
        self._end_link, self._forget_links = store.script(ROOM + _END_LINK), store.script(ROOM + _FORGET)
        self._add_report = store.script(_ADD_REPORT)

    def add_link(self, link: Link, uploads: Sequence[Upload], bounds: Bounds | None = None) -> None:
        packed = [_pack(replace(upload, link_id=link.id)) for upload in uploads]
        taken(self._add_link(pack(link), packed, self._process, pack(bounds) if bounds else ""))

    def link(self, link_id: str) -> Link | None:
        return unpack(Link, self._store.call("HGETALL", key("link", link_id)))

    def links(self, most: int) -> list[Link]:
        return self._all(Link, "link", self._store.call("ZREVRANGE", key("links", "by-creation"), 0, most - 1))

    def count_links(self, now: float) -> int:
        count: int = self._store.call("ZCOUNT", key("links", "open"), f"({now!r}", "+inf")
        return count

    def uploads_of(self, link_id: str) -> list[Upload]:
        return self._all(Upload, "upload", self._store.call("ZRANGE", key("link-uploads", link_id), 0, -1))

    def add_upload(self, upload: Upload, bounds: Bounds | None = None) -> None:
        taken(self._add_upload(_pack(upload), self._process, pack(bounds) if bounds else ""))

    def claim_parts(self, part_ids: Sequence[str], whole: Upload, bounds: Bounds) -> None:
        taken(self._claim_parts(_pack(whole), self._process, pack(bounds), json.dumps(list(part_ids))))

    def upload(self, upload_id: str) -> Upload | None:
        return unpack(Upload, self._store.call("HGETALL", key("upload", upload_id)))

    def remove_upload(self, upload_id: str) -> None:
        self._remove_upload(upload_id)

    def set_crc(self, upload_id: str, crc: int) -> None:
        self._set_crc(upload_id, crc)

    def end_link(self, link_id: str, reason: Ended) -> bool:
        return bool(self._end_link(link_id, reason))

    def links_to_free(self, now: float) -> list[Link]:
        return self._all(Link, "link", self._up_to("links", "keeping", f"{now!r}"))

    def stray_uploads(self, now: float) -> list[Upload]:
        return self._all(Upload, "upload", self._up_to("uploads", "stray", f"{now!r}"))

    def unfinished_bodies(self, before: float) -> list[Upload]:
        return self._all(Upload, "upload", self._up_to("uploads", "bodies", f"({before!r}"))

    def known_uploads(self, upload_ids: Sequence[str]) -> set[str]:
        known = self._store.calls([("EXISTS", key("upload", upload_id)) for upload_id in upload_ids])
        return {upload_id for upload_id, there in zip(upload_ids, known, strict=True) if there}

    def add_report(self, report: Report, most: int) -> bool:
        return bool(self._add_report(pack(report), most))

    def reports(self) -> list[Report]:
        return self._all(Report, "report", self._store.call("ZREVRANGE", key("reports", "by-time"), 0, -1))

    def _forget_old_links(self, before: float) -> int:
        """Those that expired before then and keep no upload; how many."""
        old = self._up_to("links", "by-expiry", f"({before!r}")
        return sum(self._forget_links(*batch) for batch in _batches(old))

    def _up_to(self, facts: str, index: str, score: str) -> list[str]:
        found: list[str] = self._store.call("ZRANGEBYSCORE", key(facts, index), "-inf", score)
        return found

    def _all(self, kind: type[T], name: str, ids: Sequence[str]) -> list[T]:
        """The facts of these ids, but for those that went meanwhile."""
        found: list[T] = []
        for batch in _batches(ids):
            hashes = self._store.calls([("HGETALL", key(name, one)) for one in batch])
            found += [fact for fact in (unpack(kind, stored) for stored in hashes) if fact]
        return found


def _pack(upload: Upload) -> dict[str, str]:
    return {**pack(upload), "held": str(max(upload.size or 0, upload.least)), "kept": str(upload.least)}


def _batches(ids: Sequence[str]) -> Iterable[Sequence[str]]:
    return (ids[start : start + _BATCH] for start in range(0, len(ids), _BATCH))
