"""The log: one line an event, as JSON or for a terminal, without secrets, names, ids and full addresses.

Owns how a line looks and what never gets into one; what is worth a line is up to the rooms.
"""

import ipaddress
import json
import logging
import re
import sys
import traceback
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import TextIO

# The request that this greenlet or thread answers now; '' outside of requests.
request_id: ContextVar[str] = ContextVar("request_id", default="")

# In the texts of exceptions and tracebacks: ids of links, uploads and sessions (22 characters), tokens (32), and what
# else looks like random bits, such as the signature of an address.
_MIXED = r"(?=[\w-]*[a-z])(?=[\w-]*[A-Z])(?=[\w-]*\d)[\w-]{22,}|[0-9a-f]{32,}"
_SECRET = re.compile(rf"(?<![\w-])(?:[\w-]{{22}}|[\w-]{{32}}|{_MIXED})(?![\w-])", re.ASCII)
# Lines of gunicorn that go on with a client's address or with what it sent.
_ONLY_THE_START = ("Invalid request from ip", "Error handling request")


def init(kind: str) -> None:
    """Send every logger's lines to stderr, as `json` or as `text`. Called again it only changes the form."""
    root = logging.getLogger()
    for handler in [handler for handler in root.handlers if isinstance(handler, _Stderr)]:
        root.removeHandler(handler)
    handler = _Stderr()
    handler.setFormatter(formatter(kind))
    root.addHandler(handler)
    root.setLevel(logging.INFO)


class _Stderr(logging.StreamHandler[TextIO]):
    """Ours, so that `init` finds it again. Writes to whatever stderr is at the moment."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    @property
    def stream(self) -> TextIO:  # type: ignore[override]
        return sys.stderr


def formatter(kind: str) -> logging.Formatter:
    """How lines of the log look: `json` for programs, anything else for a terminal."""
    return JsonLines() if kind == "json" else TextLines()


def event(
    log: logging.Logger, name: str, level: int = logging.INFO, error: BaseException | None = None, **facts: object
) -> None:
    """Log an event by its name, with facts that JSON takes: none of what the module's docstring forbids.

    With an `error` the line carries its traceback.
    """
    log.log(level, name, exc_info=error, extra={"facts": facts})


def shortened(address: str) -> str:
    """A client's address without the part that tells people apart: the /24 of IPv4, the /48 of IPv6."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return ""
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped:
        parsed = parsed.ipv4_mapped
    return str(ipaddress.ip_network((parsed, 24 if parsed.version == 4 else 48), strict=False))


class JsonLines(logging.Formatter):
    """`{"time", "level", "room", "event" or "message", "request"?, …facts, "traceback"?}`."""

    def format(self, record: logging.LogRecord) -> str:
        facts = getattr(record, "facts", None)
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "event": "log" if facts is None else record.getMessage(),
            "room": record.name.removeprefix("packetpost."),
        }
        if request_id.get():
            line["request"] = request_id.get()
        line.update({"message": _message(record)} if facts is None else facts)
        if record.exc_info:
            line["traceback"] = _traceback(record)
        return json.dumps(line, ensure_ascii=False, default=str)


class TextLines(logging.Formatter):
    """One line for people; a traceback follows on lines of its own."""

    def format(self, record: logging.LogRecord) -> str:
        time = datetime.fromtimestamp(record.created).strftime("%H:%M:%S")
        facts = getattr(record, "facts", None) or {}
        told = "".join(f" {name}={value}" for name, value in facts.items() if value not in ("", None))
        line = f"{time} {record.levelname.lower():7} {_message(record)}{told}"
        return f"{line}\n{_traceback(record)}" if record.exc_info else line


def _message(record: logging.LogRecord) -> str:
    message = record.getMessage()
    for start in _ONLY_THE_START:
        if message.startswith(start):
            return start
    return _SECRET.sub("…", message)


def _traceback(record: logging.LogRecord) -> str:
    assert record.exc_info
    return _SECRET.sub("…", "".join(traceback.format_exception(*record.exc_info)).rstrip())
