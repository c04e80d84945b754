"""Paths that unpack everywhere: on Windows, on file systems that ignore case or the form of accents, each its own file.

`static/js/lib/unpacked-names.js` has the same rules, and `tests/cases/unpacked-names.json` the cases of both.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator

MOST_NAME_BYTES = 255
MOST_PATH_BYTES = 1024
# A longer ending is none: it may be cut like the rest of a name.
_MOST_ENDING_BYTES = 32
# What Windows refuses in names, whatever their ending (https://learn.microsoft.com/windows/win32/fileio/naming-a-file).
_REFUSED = re.compile(r'[\x00-\x1f<>:"|?*\\]')
_DEVICE = re.compile(r"(CON|PRN|AUX|NUL|CONIN\$|CONOUT\$|(?:COM|LPT)[0-9¹²³])(?= *(?:\.|$))", re.ASCII | re.IGNORECASE)
_TAIL = re.compile(r"[. ]+$")


def for_unpacking(paths: Iterable[str]) -> list[str]:
    """The same relative paths with names that every system takes, kept apart."""
    return keep_apart([fit_path(path) for path in paths])


def keep_apart(paths: Iterable[str]) -> list[str]:
    """The same paths, later equals renamed `a (2).txt`, and so a file that has the name of a folder.

    Equal is what a file system may take for equal that ignores case and the form of accents.
    """
    given = list(paths)
    folders = {_key(folder) for path in given for folder in _folders(path)}
    taken: set[str] = set()
    tried: dict[str, int] = {}
    return [_free(path, folders, taken, tried) for path in given]


def _free(path: str, folders: set[str], taken: set[str], tried: dict[str, int]) -> str:
    def is_free(path: str) -> bool:
        return _key(path) not in taken and _key(path) not in folders

    candidate, key = path, _key(path)
    number = tried.get(key, 1)
    while number > 1 or not is_free(candidate):
        number += 1
        candidate = _numbered(path, number)
        if any(_key(folder) in taken for folder in _folders(candidate)):  # it lost folders for want of room
            candidate = candidate.rpartition("/")[2]
        if is_free(candidate):
            break
    tried[key] = number
    taken.add(_key(candidate))
    folders.update(_key(folder) for folder in _folders(candidate))
    return candidate


def fit_path(path: str) -> str:
    """A relative path of which every part can be a name on every system."""
    return _within(_fit_name(part) for part in path.split("/"))


def shorten(name: str, most: int = MOST_NAME_BYTES) -> str:
    """A name of at most so many bytes, its ending kept."""
    if len(name.encode()) <= most:
        return name
    stem, ending = _parts(name)
    return _cut(stem, most - len(ending.encode())) + ending


def _fit_name(name: str) -> str:
    """Once more after each change, until all rules hold."""
    while True:
        text = _REFUSED.sub("_", unicodedata.normalize("NFC", name))
        text = _TAIL.sub("_", shorten(_DEVICE.sub(r"\1_", text) if _DEVICE.match(text) else text))
        if text == name:
            return name
        name = text


def _numbered(path: str, number: int) -> str:
    folder, _, name = path.rpartition("/")
    stem, ending = _parts(name)
    mark = f" ({number}){ending}"
    numbered = _cut(stem, MOST_NAME_BYTES - len(mark.encode())) + mark
    return _within([*folder.split("/"), numbered] if folder else [numbered])


def _within(parts: Iterable[str]) -> str:
    """Joined, without the first folders where there are too many bytes."""
    kept = list(parts)
    while len(kept) > 1 and len("/".join(kept).encode()) > MOST_PATH_BYTES:
        kept = kept[1:]
    return "/".join(kept)


def _parts(name: str) -> tuple[str, str]:
    """The name before its ending, and its ending with the dot; '' where there is none, or it is too long for one."""
    dot = name.rfind(".")
    ending = name[dot:] if dot > 0 and name[:dot].strip(".") else ""
    if len(ending.encode()) > _MOST_ENDING_BYTES:
        ending = ""
    return name[: len(name) - len(ending)], ending


def _cut(text: str, most: int) -> str:
    return text.encode()[: max(0, most)].decode(errors="ignore")


def _folders(path: str) -> Iterator[str]:
    parts = path.split("/")
    return ("/".join(parts[:count]) for count in range(1, len(parts)))


def _key(path: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", path).upper())
