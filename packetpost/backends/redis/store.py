"""One Redis: bounded connections, a time-out on every call, its failures as our own errors, its keys under one prefix.

What is kept there is the business of the other `redis_*` files. One server or one with replicas, not a cluster: scripts
touch several keys at once.
"""

import json
import logging
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from redis import BlockingConnectionPool, ConnectionPool, Redis
from redis.backoff import NoBackoff
from redis.client import PubSub
from redis.exceptions import (
    AuthenticationError,
    ConnectionError,
    OutOfMemoryError,
    ReadOnlyError,
    ResponseError,
    TimeoutError,
)
from redis.retry import Retry

from packetpost.errors import NoSpace, SettingsError, Unavailable

log = logging.getLogger(__name__)

# The layout of the keys. A change that older versions would misread takes a new number, and steps that lead to it.
VERSION = 1
PREFIX = "packetpost:"
# More calls at once wait for a connection. The library's default is 100 and then an error.
_MOST_CONNECTIONS = 16
# Connecting, one call, and waiting for a connection may take so long each, in seconds.
_TIMEOUT = 2.0
# Over TCP the kernel notices a peer that vanished without a word after so long: milliseconds, seconds.
_KEEPALIVE = {
    "socket_keepalive": True,
    "socket_keepalive_options": {
        getattr(socket, "TCP_USER_TIMEOUT", 18): 10_000,
        getattr(socket, "TCP_KEEPIDLE", 4): 5,
        getattr(socket, "TCP_KEEPINTVL", 5): 5,
    },
}
# Any: options of several types.
_OPTIONS: dict[str, Any] = {
    "socket_timeout": _TIMEOUT,
    "socket_connect_timeout": _TIMEOUT,
    # A command whose answer was lost may have been carried out, so nothing is sent twice behind our back.
    "retry": Retry(NoBackoff(), 0),
    "protocol": 2,
    "decode_responses": True,
}
# Answers by which a server that lives says that it cannot keep or tell anything now.
_AWAY = ("MISCONF", "LOADING", "MASTERDOWN", "NOREPLICAS", "CLUSTERDOWN", "BUSY ")
_LIBRARY = f"""
local call = redis.call
local function key(...) return '{PREFIX}' .. table.concat({{...}}, ':') end
local function write(name, fact)
  local flat = {{}}
  for field, value in pairs(fact) do flat[#flat + 1] = field; flat[#flat + 1] = value end
  call('HSET', name, unpack(flat))
end
"""

Listener = PubSub
Script = Callable[..., Any]  # what a script returns: a number, a text, or lists of them


class Store:
    """The connection. Raises Unavailable where Redis is away or cannot write, NoSpace where its memory is full."""

    def __init__(self, url: str) -> None:
        """`url` is that of `REDIS_URL`. Connects with the first call; `check` tells earlier what is wrong."""
        options = _OPTIONS if url.startswith("unix:") else {**_OPTIONS, **_KEEPALIVE}
        self.pool = BlockingConnectionPool.from_url(url, max_connections=_MOST_CONNECTIONS, timeout=_TIMEOUT, **options)
        self._client = Redis(connection_pool=self.pool)
        # Bytes on the road neither wait for facts nor hold them up, and are no text.
        raw = {**options, "decode_responses": False}
        self._raw = Redis(
            connection_pool=BlockingConnectionPool.from_url(
                url, max_connections=_MOST_CONNECTIONS, timeout=_TIMEOUT, **raw
            )
        )
        # Whoever listens holds its connection, so these are not of the bounded ones.
        self._listeners = Redis(connection_pool=ConnectionPool.from_url(url, **options))
        self._checked = False

    def check(self) -> None:
        """Raises SettingsError if a newer version wrote here, or the password is wrong.

        A Redis that is away is checked when it is back.
        """
        try:
            self._check()
        except Unavailable as error:
            if isinstance(error.__cause__, AuthenticationError):
                raise SettingsError(
                    "Redis refuses the password of REDIS_URL. Set it as in redis://:password@localhost:6379/0."
                ) from error
            log.warning("Redis cannot be reached yet. Until it is back, most requests are refused with 503.")

    def _check(self) -> None:
        with _ours():
            self._client.set(PREFIX + "version", VERSION, nx=True)
            found = int(self._client.get(PREFIX + "version") or VERSION)
        if found > VERSION:
            raise SettingsError("Redis was written by a newer Packet Post. Run that version, or use another database.")
        self._checked = True

    def call(self, command: str, *arguments: str | float) -> Any:  # as Redis answers it
        """One command; `HGETALL` answers a dict, and so on, as the library reads them."""
        self._once()
        with _ours():
            return self._client.execute_command(command, *arguments)  # type: ignore[no-untyped-call]

    def calls(self, commands: Sequence[tuple[str | float, ...]]) -> list[Any]:  # as Redis answers them
        """Several commands at once, that need not be one step."""
        self._once()
        with _ours(), self._client.pipeline(transaction=False) as pipe:
            for command in commands:
                pipe.execute_command(*command)  # type: ignore[no-untyped-call]
            return pipe.execute()

    def raw_calls(self, *commands: tuple[bytes | str | float, ...]) -> list[Any]:  # as Redis answers them
        """The same for bytes: nothing of the answers is decoded."""
        self._once()
        with _ours(), self._raw.pipeline(transaction=False) as pipe:
            for command in commands:
                pipe.execute_command(*command)  # type: ignore[no-untyped-call]
            return pipe.execute()

    def script(self, text: str) -> Script:
        """A whole step in Lua: to be called with its ARGV. Facts among them are dicts, and come as JSON."""
        registered = self._client.register_script(_LIBRARY + text)

        def run(*arguments: str | float | Mapping[str, str] | Sequence[Mapping[str, str]]) -> Any:
            self._once()
            with _ours():
                return registered(
                    args=[
                        json.dumps(given) if not isinstance(given, str | int | float) else given for given in arguments
                    ]
                )

        return run

    @contextmanager
    def subscribed(self, *channel: str) -> Iterator[Listener]:
        """Listen to a channel, on a connection of its own. Raises Unavailable also while it is used."""
        self._once()
        with _ours(), self._listeners.pubsub() as listener:  # type: ignore[no-untyped-call]
            listener.subscribe(key(*channel))
            yield listener

    def _once(self) -> None:
        if not self._checked:
            self._check()

    def close(self) -> None:
        """End the connections; those of listeners end with their blocks."""
        self.pool.disconnect()
        self._raw.connection_pool.disconnect()


def key(*parts: str | int) -> str:
    """The full name of what is kept; scripts have a function of the same name."""
    return PREFIX + ":".join(map(str, parts))


@contextmanager
def _ours() -> Iterator[None]:
    try:
        yield
    except OutOfMemoryError as error:
        raise NoSpace from error
    except (ConnectionError, TimeoutError, ReadOnlyError) as error:
        raise Unavailable from error
    except ResponseError as error:
        if str(error).startswith(_AWAY):
            raise Unavailable from error
        raise
