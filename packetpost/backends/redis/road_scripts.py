"""Whole steps in Lua: where a road's answer is open. ARGV: session, sender, receiver, process; `KEEP`: seconds."""

# Still here; unless another process has the page's next answer by now.
KEEP = """
local name = key('road', ARGV[1], ARGV[2], ARGV[3])
local found = call('GET', name)
if not found or found == ARGV[4] then call('SET', name, ARGV[4], 'EX', ARGV[5]) end
"""

LEAVE = """
local name = key('road', ARGV[1], ARGV[2], ARGV[3])
if call('GET', name) == ARGV[4] then call('DEL', name) end
"""
