"""Runs what would block the event loop (scrypt, unlink, big reads) in gevent's thread pool.

Where there is no gevent (the Flask development server, unit tests), the caller's thread does the work.
"""

from collections.abc import Callable
from typing import ParamSpec, TypeVar, cast

import gevent
from gevent import monkey

P = ParamSpec("P")
T = TypeVar("T")


def cooperative() -> bool:
    """True where sockets and threads are gevent's, as in the gunicorn worker that we deploy."""
    return bool(monkey.is_module_patched("socket"))


def run(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Call it without holding up other requests, and return or raise what it does.

    Killed meanwhile, it still waits for the call to end: the caller's `finally` may close a file that the thread uses.
    """
    if not cooperative():
        return function(*args, **kwargs)
    job = gevent.get_hub().threadpool.spawn(function, *args, **kwargs)
    try:
        job.get()
    except BaseException:
        job.wait()
        raise
    return cast(T, job.value)


def later(function: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> None:
    """Call it soon, without waiting; what it raises goes to the error log. Without gevent it is called at once."""
    if cooperative():
        gevent.spawn(function, *args, **kwargs)
    else:
        function(*args, **kwargs)
