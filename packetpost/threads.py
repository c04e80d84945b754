"""Runs what would block the event loop (scrypt, unlink, big reads) in gevent's thread pool.

Where there is no gevent (the Flask development server, unit tests), the caller's thread does the work.
"""

import concurrent.futures
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from typing import Generic, ParamSpec, TypeVar, cast

import gevent
import gevent.threadpool
from gevent import monkey

P = ParamSpec("P")
T = TypeVar("T")
S = TypeVar("S")


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


class Job(Generic[T]):
    """A call that a crew makes."""

    def __init__(self, outcome: "Future[tuple[T | None, BaseException | None]]") -> None:
        self._outcome = outcome

    def done(self) -> bool:
        return self._outcome.done()

    def ended(self, seconds: float) -> bool:
        """Wait for so long at most; whether it has ended, however."""
        try:
            self._outcome.result(seconds)
        except TimeoutError:
            return False
        return True

    def wait(self) -> None:
        """Until it has ended, however."""
        self._outcome.result()

    def result(self) -> T:
        """What the call returns or raises."""
        value, error = self._outcome.result()
        if error:
            raise error
        return cast(T, value)


class Crew:
    """Threads for one kind of work that waits, such as calls over a network: it never takes the common pool's.

    Jobs must not wait for other jobs of their crew.
    """

    def __init__(self, size: int) -> None:
        pool = gevent.threadpool.ThreadPoolExecutor if cooperative() else concurrent.futures.ThreadPoolExecutor
        self._pool: concurrent.futures.Executor = pool(size)
        self._half = max(1, size // 2)

    def start(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Job[T]:
        """Have it called as soon as a thread is free."""

        def caught() -> tuple[T | None, BaseException | None]:
            try:
                return function(*args, **kwargs), None
            except BaseException as error:  # gevent would print it as nobody's, whoever waits for it
                return None, error

        return Job(self._pool.submit(caught))

    def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call it, and return or raise what it does. Killed meanwhile, it still waits for the call to end."""
        job = self.start(function, *args, **kwargs)
        try:
            return job.result()
        except BaseException:
            job.wait()
            raise

    def map(self, function: Callable[[S], T], items: Iterable[S]) -> list[T]:
        """Call it for each item, half the crew at once, and return what they give. After one that fails none begins."""
        jobs: deque[Job[T]] = deque()
        results = []
        try:
            for item in items:
                jobs.append(self.start(function, item))
                if len(jobs) >= self._half:
                    results.append(jobs.popleft().result())
            while jobs:
                results.append(jobs.popleft().result())
        finally:
            for job in jobs:
                job.wait()
        return results
