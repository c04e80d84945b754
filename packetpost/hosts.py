"""Names of hosts as they stand in addresses: which can be, and what they are. Pure."""

import re
from ipaddress import IPv6Address

from packetpost.inputs import whole_number

# Names of containers and of machines at home hold `_`, which no domain does and every browser takes. RFC 1035 2.3.4:
# 253 characters, of which no label has more than 63, or none.
_LABEL = "[a-z0-9_][a-z0-9_-]{0,62}"
_HOST = re.compile(
    rf"((?=[^:]{{1,253}}(?::|$)){_LABEL}(?:\.{_LABEL})*\.?|\[[0-9a-f:.]{{2,45}}\])(?::([0-9]{{1,5}}))?", re.ASCII
)


def parse_host(text: str) -> tuple[str, int] | None:
    """(name, port) of `name`, `name:port` or `[IPv6]:port`; port 0 where none is said. None for what no host can be."""
    found = _HOST.fullmatch(text.lower())
    port = whole_number(found[2] or "0", 65535) if found else None
    return (found[1], port) if found and port is not None and _can_be(found[1]) else None


def _can_be(name: str) -> bool:
    """Whether what stands in brackets, if anything does, is an address of IPv6."""
    try:
        return not name.startswith("[") or bool(IPv6Address(name.strip("[]")))
    except ValueError:
        return False
