"""Waits for a store that is away, where giving up at once would throw away what a transfer has done already."""

import time
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from packetpost.errors import Unavailable

P = ParamSpec("P")
T = TypeVar("T")

# A store that restarts is back within a few seconds. Seconds, both.
PATIENCE = 30.0
_PAUSE = 0.25


def until_available(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Call it, and again while it raises Unavailable, which it then does after `PATIENCE`.

    What is called may happen twice: the store may have gone after it did what it was asked for.
    """
    gives_up = time.monotonic() + PATIENCE
    while True:
        try:
            return function(*args, **kwargs)
        except Unavailable:
            if time.monotonic() > gives_up:
                raise
            time.sleep(_PAUSE)
