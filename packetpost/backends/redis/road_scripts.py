"""Whole steps in Lua: where a road's answer is open. ARGV: session, seat, process; `KEEP`: seconds."""

# Still here; unless another process has the page's next answer by now.
KEEP = """
local name = key('road', ARGV[1], ARGV[2])
local found = call('GET', name)
if not found or found == ARGV[3] then call('SET', name, ARGV[3], 'EX', ARGV[4]) end
"""

LEAVE = """
local name = key('road', ARGV[1], ARGV[2])
if call('GET', name) == ARGV[3] then call('DEL', name) end
"""
