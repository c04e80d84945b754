"""A full disk, told by the name that the rules know."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from packetpost.errors import NoSpace


@contextmanager
def no_space() -> Iterator[None]:
    """Raises NoSpace for the OSError of a full disk or quota."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise NoSpace from error
        raise
