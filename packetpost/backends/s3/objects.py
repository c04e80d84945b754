"""One file's objects in the bucket: what is there, and the marker that says that the file exists.

The marker is written first and deleted first, so that whoever adds to a file finds out when it is deleted meanwhile, in
whatever instance.
"""

from collections.abc import Iterable

from packetpost.backends.s3 import layout
from packetpost.backends.s3.bucket import Bucket, Found
from packetpost.backends.s3.layout import Layout, Piece

_MARKER = "begun"


class Objects:
    """The objects of the file `key`. Every method blocks, as the bucket's do."""

    def __init__(self, bucket: Bucket, key: str) -> None:
        self.bucket, self._folder = bucket, f"{key}/"

    def name(self, piece: Piece) -> str:
        return self._folder + piece.name

    def begin(self) -> None:
        """The file exists from now on, and is empty."""
        self.bucket.put(self._folder + _MARKER, b"")

    def kept(self) -> bool:
        """False once the file was deleted."""
        return self.bucket.has(self._folder + _MARKER)

    def layout(self) -> Layout | None:
        """What is stored; None when there is no such file."""
        found = self.bucket.find(self._folder)
        if not any(one.name == self._folder + _MARKER for one in found):
            return None
        return layout.arrange(self._pieces(found))

    def _pieces(self, found: Iterable[Found]) -> Iterable[Piece]:
        for one in found:
            piece = layout.parse(one.name.removeprefix(self._folder))
            if piece and piece.size == one.size:
                yield piece

    def drop(self, pieces: Iterable[Piece]) -> None:
        self.bucket.delete([self.name(piece) for piece in pieces])

    def remove(self) -> None:
        """The marker first, then all that is there, and what is being composed."""
        self.bucket.delete([self._folder + _MARKER])
        self.bucket.delete([one.name for one in self.bucket.find(self._folder)])
        for name, upload_id, _ in self.bucket.unfinished(self._folder):
            self.bucket.abort_parts(name, upload_id)
