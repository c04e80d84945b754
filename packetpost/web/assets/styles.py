"""The one style sheet of all pages: the files of `static/css/`, in an order that decides which of two rules wins."""

from collections.abc import Mapping

from packetpost.web.assets.modules import NotUnderstood

FOLDER = "css/"
# Its name; no file has it.
SHEET = "css/packetpost.css"
# From what everything stands on to what may overrule the rest.
ORDER = ("ground.css", "pieces.css", "files.css", "cards.css", "pages.css", "fitting.css")


def joined(files: Mapping[str, bytes]) -> bytes:
    """The sheet, of the static folder's files by name. Raises NotUnderstood: one has no place there."""
    found = {name.removeprefix(FOLDER) for name in files if name.startswith(FOLDER)}
    if found != set(ORDER):
        raise NotUnderstood(f"{', '.join(sorted(found ^ set(ORDER)))}: not both in static/{FOLDER} and in styles.ORDER")
    return b"\n".join(files[FOLDER + name] for name in ORDER)
