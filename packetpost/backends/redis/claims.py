"""Claims, leases and the signing secret in Redis; with `links` they are the whole of `Records`.

A link's claims are in `link-claims:…`, those that hold a download without being counted in `link-held:…`, both by the
time until which they live.
"""

import secrets
from collections.abc import Callable

from packetpost.backends.redis.links import RedisLinks
from packetpost.backends.redis.rows import pack, unpack
from packetpost.backends.redis.store import Store, key
from packetpost.models import Claim, Link

_WRITE_CLAIM = """
local function write_claim(claim)
  write(key('claim', claim.id), claim)
  call('HINCRBY', key('claim', claim.id), 'revision', 1)
  call('ZADD', key('claims', 'by-end'), claim.live_until, claim.id)
  call('ZADD', key('link-claims', claim.link_id), claim.live_until, claim.id)
  call('SADD', key('receiver', claim.link_id, claim.receiver), claim.id)
  local held = key('link-held', claim.link_id)
  if claim.counted == '1' then call('ZREM', held, claim.id) else call('ZADD', held, claim.live_until, claim.id) end
end
"""
_PUT = """
local claim, now = cjson.decode(ARGV[1]), ARGV[2]
local most, counted = unpack(call('HMGET', key('link', claim.link_id), 'max_downloads', 'downloads'))
if not counted then return 0 end
if most and claim.counted == '0' then
  local held = call('ZCOUNT', key('link-held', claim.link_id), '(' .. now, '+inf')
  local own = call('ZSCORE', key('link-held', claim.link_id), claim.id)
  if own and tonumber(own) > tonumber(now) then held = held - 1 end
  if tonumber(counted) + held >= tonumber(most) then return 0 end
end
write_claim(claim)
return 1
"""
# Writes only over the revision that was read, so that a change made meanwhile is never lost.
_SWAP = """
local claim = cjson.decode(ARGV[1])
local revision, counted = unpack(call('HMGET', key('claim', claim.id), 'revision', 'counted'))
if revision ~= ARGV[2] then return 0 end
write_claim(claim)
local link = key('link', claim.link_id)
if claim.counted == '1' and counted ~= '1' and call('EXISTS', link) == 1 then
  local downloads = call('HINCRBY', link, 'downloads', 1)
  local most, ended = unpack(call('HMGET', link, 'max_downloads', 'ended'))
  if most and ended == '' and downloads >= tonumber(most) then call('SADD', key('links', 'used-up'), claim.link_id) end
end
return 1
"""
_FORGET = """
local old = call('ZRANGEBYSCORE', key('claims', 'by-end'), '-inf', '(' .. ARGV[1], 'LIMIT', 0, 500)
for _, id in ipairs(old) do
  local link, receiver = unpack(call('HMGET', key('claim', id), 'link_id', 'receiver'))
  call('ZREM', key('link-claims', link), id)
  call('ZREM', key('link-held', link), id)
  call('SREM', key('receiver', link, receiver), id)
  call('ZREM', key('claims', 'by-end'), id)
  call('DEL', key('claim', id))
end
return #old
"""
_LEASE = """
local name, holder, now = key('lease', ARGV[1]), ARGV[2], tonumber(ARGV[3])
local held_by, till = unpack(call('HMGET', name, 'holder', 'until'))
if held_by and held_by ~= holder and tonumber(till) > now then return 0 end
call('HSET', name, 'holder', holder, 'until', ARGV[4])
call('EXPIRE', name, math.ceil(tonumber(ARGV[4]) - now) + 60)
return 1
"""


class RedisRecords(RedisLinks):
    """The `Records` Protocol."""

    def __init__(self, store: Store, process: str) -> None:
        super().__init__(store, process)
        self._put, self._swap = store.script(_WRITE_CLAIM + _PUT), store.script(_WRITE_CLAIM + _SWAP)
        self._forget_claims, self._lease = store.script(_FORGET), store.script(_LEASE)

    def claims_of(self, link_id: str, receiver: str, now: float) -> list[Claim]:
        return [claim for claim in self._claims(link_id, receiver, now) if claim.live_until > now]

    def fallen_claim(self, link_id: str, receiver: str, now: float) -> Claim | None:
        fallen = [claim for claim in self._claims(link_id, receiver, now) if claim.live_until <= now]
        return max(fallen, key=lambda claim: claim.live_until, default=None)

    def _claims(self, link_id: str, receiver: str, now: float) -> list[Claim]:
        """The receiver's claims that are live or were not counted. The others leave the index, which stays short."""
        name = key("receiver", link_id, receiver)
        claims = self._all(Claim, "claim", sorted(self._store.call("SMEMBERS", name)))
        over = [claim.id for claim in claims if claim.counted and claim.live_until <= now]
        if over:
            self._store.call("SREM", name, *over)
        return [claim for claim in claims if claim.id not in over]

    def put_claim(self, claim: Claim, now: float) -> bool:
        return bool(self._put(pack(claim), repr(now)))

    def change_claim(self, claim_id: str, change: Callable[[Claim], Claim]) -> Claim | None:
        while True:
            stored = self._store.call("HGETALL", key("claim", claim_id))
            before = unpack(Claim, stored)
            if before is None:
                return None
            after = change(before)
            if self._swap(pack(after), stored["revision"]):
                return after

    def used_up_links(self, now: float) -> list[Link]:
        ids = sorted(self._store.call("SMEMBERS", key("links", "used-up")))
        live = self._store.calls([("ZCOUNT", key("link-claims", one), f"({now!r}", "+inf") for one in ids])
        return self._all(Link, "link", [one for one, count in zip(ids, live, strict=True) if not count])

    def forget(self, before: float) -> int:
        gone = self._forget_old_links(before)
        while self._forget_claims(repr(before)):
            pass
        return gone

    def lease(self, name: str, holder: str, now: float, seconds: float) -> bool:
        return bool(self._lease(name, holder, repr(now), repr(now + seconds)))

    def secret(self) -> bytes:
        self._store.call("SETNX", key("secret"), secrets.token_hex(32))
        return bytes.fromhex(self._store.call("GET", key("secret")))

    def ping(self) -> None:
        self._store.call("SET", key("ping"), 1)
