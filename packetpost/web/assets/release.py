"""All static files as they were at one moment, scripts and styles joined, each with a fingerprint of its contents.

Files that name each other by fixed addresses have one fingerprint together: all scripts, and each vendored folder. The
scripts' files import each other, so none of them could have one of its own.
"""

import hashlib
import mimetypes
import os
import posixpath
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from packetpost.web.assets import chunks, joining, modules, styles

SCRIPTS = "js/"
JOINED = "joined/"
_START = "main.js"
_FINGERPRINT = 12
_TYPES = {
    ".js": "text/javascript",
    ".mjs": "text/javascript",
    ".map": "application/json",
    ".md": "text/plain",
    ".ts": "text/plain",
    ".webmanifest": "application/manifest+json",
}

# Each kind of page and the entries that it begins with. A page may be of several kinds. What few live pages
# need they ask for: `signals` where no WebSocket can be opened, `code` where a code was typed.
PAGES: Mapping[str, tuple[str, ...]] = {
    "choose": ("entries/picker-page.js",),
    "send": ("entries/card.js", "entries/sender-page.js"),
    "receive": ("entries/receiver-page.js",),
    "link": ("entries/link-page.js",),
    "check": ("entries/check-page.js",),
    "signals": ("entries/http-signals.js",),
    "code": ("entries/code-asking.js",),
}

# Name, time of change and size of every file: when these are as they were, so is the folder.
Stamps = tuple[tuple[str, int, int], ...]


@dataclass(frozen=True, slots=True)
class Asset:
    """A file in memory. `tag` is its contents' own; `lone`: it works with pages of other releases too."""

    name: str
    data: bytes
    mimetype: str
    tag: str
    fingerprint: str
    lone: bool


class Release:
    """Reads the folder once and never again."""

    def __init__(self, folder: Path, pages: Mapping[str, Iterable[str]] = PAGES) -> None:
        """Raises NotUnderstood: of a script that cannot be joined."""
        files = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        files[styles.SHEET] = styles.joined(files)
        fingerprints = _fingerprints({name: data for name, data in files.items() if not name.startswith(SCRIPTS)})
        self._chunks, scripts = _join(files, fingerprints, pages)
        files |= scripts
        fingerprints |= _fingerprints({name: data for name, data in files.items() if _group(name) == SCRIPTS})
        alone = {f"{JOINED}{name}.js" for name, chunk in self._chunks.items() if chunk.worker}
        alone |= (
            files.keys() - scripts.keys() - {SCRIPTS + name for each in self._chunks.values() for name in each.modules}
        )
        self.assets = {
            name: Asset(
                name,
                data,
                _TYPES.get(posixpath.splitext(name)[1]) or mimetypes.guess_type(name)[0] or "application/octet-stream",
                hashlib.sha256(data).hexdigest()[:_FINGERPRINT],
                fingerprints[_group(name)],
                name in alone,
            )
            for name, data in files.items()
        }

    def scripts(self, *pages: str) -> list[Asset]:
        """What a page of these kinds runs (none: one without scripts of its own), in order."""
        names = dict.fromkeys([chunks.BASE, *(name for page in pages for name in chunks.needed_by(self._chunks, page))])
        return [self.assets[f"{JOINED}{name}.js"] for name in names]


def stamps(folder: Path) -> Stamps:
    """Path, time of change and size in bytes of every file in a folder."""
    found = [entry for entry in _entries(str(folder)) if entry.is_file()]
    return tuple(sorted((entry.path, entry.stat().st_mtime_ns, entry.stat().st_size) for entry in found))


def _entries(folder: str) -> Iterator[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        for entry in entries:
            yield entry
            if entry.is_dir():
                yield from _entries(entry.path)


@lru_cache(maxsize=4)
def release(folder: Path, _: Stamps) -> Release:
    """The folder's release; the one that was read before, while nothing has changed since."""
    return Release(folder)


def _group(name: str) -> str:
    """Files of one group have one fingerprint."""
    if name.startswith((SCRIPTS, JOINED)):
        return SCRIPTS
    folder = posixpath.dirname(name)
    return f"{folder}/" if folder.startswith("vendor/") else name


def _fingerprints(files: Mapping[str, bytes]) -> dict[str, str]:
    hashes: defaultdict[str, hashlib._Hash] = defaultdict(hashlib.sha256)
    for name in sorted(files):
        hashes[_group(name)].update(f"{name} {len(files[name])}\n".encode() + files[name])
    return {group: found.hexdigest()[:_FINGERPRINT] for group, found in hashes.items()}


def _join(
    files: Mapping[str, bytes], fingerprints: Mapping[str, str], pages: Mapping[str, Iterable[str]]
) -> tuple[dict[str, chunks.Chunk], dict[str, bytes]]:
    """The chunks, and the files that they become."""
    names = [name.removeprefix(SCRIPTS) for name in files if name.startswith(SCRIPTS) and name.endswith(".js")]
    known = {name: modules.read(name, files[SCRIPTS + name].decode()) for name in names}
    parted = chunks.parted(known, _START, pages)
    homes = {entry: page for page, entries in pages.items() for entry in entries}

    def later(module: str) -> str:
        return f"./{homes[module]}.js"

    def address(other: str) -> str:
        if other in known:
            return f"./{chunks.worker_name(other)}.js"
        name = posixpath.normpath(SCRIPTS + other)
        if name not in files:
            raise LookupError(name)
        return f"../../{fingerprints[_group(name)]}/{name}"

    joined = {}
    for name, chunk in parted.items():
        made = joining.joined(chunk, known, later, address, f"../{SCRIPTS}")
        joined[f"{JOINED}{name}.js"], joined[f"{JOINED}{name}.js.map"] = made.text, made.map
    return parted, joined
