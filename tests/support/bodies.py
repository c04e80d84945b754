"""Request bodies for tests of what stores them, and what they have become there."""

import os

from packetpost.protocols import Files, WriteObserver


class Bytes:
    """A `Body` of bytes that are at hand; after them `error` is raised, if there is one."""

    def __init__(self, content: bytes, error: BaseException | None = None) -> None:
        self._rest, self._error = content, error

    @property
    def length(self) -> int | None:
        return len(self._rest)

    def read(self, size: int) -> bytes:
        piece, self._rest = self._rest[:size], self._rest[size:]
        return piece

    def copy_to(self, fd: int, limit: int, observer: WriteObserver) -> int:
        count = os.write(fd, self.read(limit))
        observer.wrote(count)
        if self._error:
            raise self._error
        return count


class Hooked(Bytes):
    """A `Body` that runs something in the middle of being copied."""

    def __init__(self, content: bytes, hook: "Hook") -> None:
        super().__init__(content)
        self._hook = hook

    def copy_to(self, fd: int, limit: int, observer: WriteObserver) -> int:
        self._hook(observer)
        return super().copy_to(fd, limit, observer)


class Hook:
    def __call__(self, observer: WriteObserver) -> None: ...


def whole(files: Files, key: str = "key1") -> bytes:
    """All bytes of a file, however many seams it has."""
    stored, read = files.open(key), bytearray()
    try:
        while piece := stored.read_at(len(read), 1 << 20):
            read += piece
    finally:
        stored.close()
    return bytes(read)
