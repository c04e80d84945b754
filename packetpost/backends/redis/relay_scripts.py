"""The whole steps of `relay`, in Lua.

`here:<session>` says which process has a seat's socket, as `process/number/tab`; `sitting:<process>` lists its seats,
as `session seat`; `box:…` holds the last messages of a seat, the newest one being number `n` of `box-state:…`. On
`wake:<process>` is published what concerns its sockets: a word, the session, and what the word needs.
"""

_BOX = """
local function after(session, seat, last)
  local n = tonumber(call('HGET', key('box-state', session, seat), 'n') or 0)
  local kept = call('LLEN', key('box', session, seat))
  local missed = last <= n and math.min(kept, n - last) or kept
  if missed == 0 then return {n, {}} end
  return {n, call('LRANGE', key('box', session, seat), -missed, -1)}
end
"""
_TAB_OF = """
local function tab_of(sitting) return sitting and string.match(sitting, '^[^/]+/[^/]+/(.+)$') end
"""
SIT = (
    _BOX
    + _TAB_OF
    + """
local session, seat, sitting, process = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local before = call('HGET', key('here', session), seat)
if before and before ~= sitting then
  local there = string.match(before, '^[^/]+')
  call('SREM', key('sitting', there), session .. ' ' .. seat)
  if there ~= process then
    local word = tab_of(before) and tab_of(before) == tab_of(sitting) and 'renewed ' or 'replaced '
    call('PUBLISH', key('wake', there), word .. session .. ' ' .. seat .. ' ' .. before)
  end
end
call('HSET', key('here', session), seat, sitting)
call('DEL', key('kept-seat', session, seat))
call('EXPIRE', key('here', session), ARGV[6])
call('SADD', key('sitting', process), session .. ' ' .. seat)
return after(session, seat, tonumber(ARGV[5]))
"""
)
NEWEST = "return tonumber(call('HGET', key('box-state', ARGV[1], ARGV[2]), 'n') or 0)"
AFTER = _BOX + "return after(ARGV[1], ARGV[2], tonumber(ARGV[3]))"
# After Redis forgot this process: its seats are here again, but for those that others have taken.
RETURN = """
local set = call('HSETNX', key('here', ARGV[1]), ARGV[2], ARGV[3])
if set == 0 and call('HGET', key('here', ARGV[1]), ARGV[2]) ~= ARGV[3] then return 0 end
call('EXPIRE', key('here', ARGV[1]), ARGV[4])
call('SADD', key('sitting', string.match(ARGV[3], '^[^/]+')), ARGV[1] .. ' ' .. ARGV[2])
return 1
"""
# 0 where another socket has the seat by now. A Redis that was killed may have forgotten that anybody sat there.
RISE = (
    _TAB_OF
    + """
local sitting = call('HGET', key('here', ARGV[1]), ARGV[2])
if sitting and sitting ~= ARGV[3] then return 0 end
local tab = tab_of(sitting)
if tab and tonumber(ARGV[4]) > 0 then call('SET', key('kept-seat', ARGV[1], ARGV[2]), tab, 'EX', ARGV[4]) end
call('HDEL', key('here', ARGV[1]), ARGV[2])
call('SREM', key('sitting', string.match(ARGV[3], '^[^/]+')), ARGV[1] .. ' ' .. ARGV[2])
return 1
"""
)
SEND = """
local box, state = key('box', ARGV[1], ARGV[2]), key('box-state', ARGV[1], ARGV[2])
local n = call('HINCRBY', state, 'n', 1)
if call('RPUSH', box, ARGV[3]) == 1 then call('HSET', state, 'bytes', 0) end
local bytes = call('HINCRBY', state, 'bytes', #ARGV[3])
while call('LLEN', box) > tonumber(ARGV[4]) or bytes > tonumber(ARGV[5]) do
  bytes = call('HINCRBY', state, 'bytes', -#call('LPOP', box))
end
call('EXPIRE', box, ARGV[6])
call('EXPIRE', state, ARGV[7])
local sitting = call('HGET', key('here', ARGV[1]), ARGV[2])
if sitting then
  local text = table.concat({'signal', ARGV[1], ARGV[2], n, ARGV[3]}, ' ')
  call('PUBLISH', key('wake', string.match(sitting, '^[^/]+')), text)
end
"""
_TOLD = """
local function tell(session, text)
  local told, missed = {}, 0
  for _, sitting in ipairs(call('HVALS', key('here', session))) do
    local process = string.match(sitting, '^[^/]+')
    if not told[process] and call('PUBLISH', key('wake', process), text) == 0 then missed = missed + 1 end
    told[process] = true
  end
  return missed
end
"""
# How many processes did not listen.
TELL_ALL = _TOLD + "return tell(ARGV[1], table.concat({'all', ARGV[1], ARGV[2], ARGV[3]}, ' '))"
_LIVES = """
local now = tonumber(call('TIME')[1])
local function lives(sitting)
  local till = call('ZSCORE', key('processes'), string.match(sitting, '^[^/]+'))
  return till and tonumber(till) > now
end
"""
HERE = (
    _LIVES
    + """
local here, seats = {}, call('HGETALL', key('here', ARGV[1]))
for i = 1, #seats, 2 do
  if lives(seats[i + 1]) then here[#here + 1] = tonumber(seats[i]) end
end
return here
"""
)
# Processes of the release before say no tab. A process that died is buried soon, and its browsers come back until then.
TAB = (
    _TAB_OF
    + """
local sitting = call('HGET', key('here', ARGV[1]), ARGV[2])
if not sitting then return call('GET', key('kept-seat', ARGV[1], ARGV[2])) end
return tab_of(sitting) or ''
"""
)
HANG_UP = (
    _TOLD
    + """
tell(ARGV[1], table.concat({'end', ARGV[1], ARGV[2], ARGV[3]}, ' '))
local seats = call('HGETALL', key('here', ARGV[1]))
for i = 1, #seats, 2 do
  call('SREM', key('sitting', string.match(seats[i + 1], '^[^/]+')), ARGV[1] .. ' ' .. seats[i])
end
for seat = 0, tonumber(ARGV[4]) do
  call('DEL', key('box', ARGV[1], seat), key('box-state', ARGV[1], seat), key('kept-seat', ARGV[1], seat))
end
call('DEL', key('here', ARGV[1]))
"""
)
