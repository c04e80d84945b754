"""Makes one object of a finished file's pieces, inside the store, so that receivers can be sent there for it.

Only tidies: whatever happens on the way, the file is whole before and after. The store copies pieces of their full size
by itself; only what is shorter than S3's least part goes through us.
"""

from functools import partial

from packetpost import threads
from packetpost.backends.s3.layout import Piece, groups
from packetpost.backends.s3.objects import Objects


class CannotCompose(Exception):
    """The store does not know how to copy an object into a part."""


def compose(crew: threads.Crew, objects: Objects) -> None:
    """Make one object of the file; nothing where it is one. Raises CannotCompose and what the bucket raises."""
    layout = crew.run(objects.layout)
    if layout is None or len(layout.pieces) < 2:
        return
    whole = Piece(0, layout.end)
    name = objects.name(whole)
    upload_id = crew.run(objects.bucket.begin_parts, name)
    try:
        etags = crew.map(partial(_part, objects, name, upload_id), list(enumerate(groups(layout.pieces), 1)))
        crew.run(objects.bucket.end_parts, name, upload_id, etags)
    except BaseException:
        crew.run(objects.bucket.abort_parts, name, upload_id)
        raise
    kept = crew.run(objects.kept)
    crew.run(objects.drop, [*layout.pieces, *layout.loose] if kept else [whole])


def _part(objects: Objects, name: str, upload_id: str, numbered: tuple[int, list[Piece]]) -> str:
    """The part's ETag. In a thread of the crew."""
    number, group = numbered
    bucket = objects.bucket
    if len(group) > 1:
        content = b"".join(bucket.get(objects.name(piece), 0, piece.size) for piece in group)
        return bucket.put_part(name, upload_id, number, content)
    etag = bucket.copy_part(name, upload_id, number, objects.name(group[0]))
    if not etag:
        raise CannotCompose
    return etag
