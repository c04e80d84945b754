"""Which modules go into which file.

Each kind of page has a file of its own, and there is one, `base`, of what every page starts with and of what kinds of
pages share. What only some of them share stands in a third file where that is much: link pages need no live transfer.
Where it is little it stands in `base` too, unless the page that weighs most can do without it.
So a page asks for two or three files, all on their way at once, and who goes on to another page has most of it already.
What a page may turn into is a kind of its own, asked for when it is likely: home asks for the sender's as files are
chosen. Measured, brotli: 23 kB for home, 26 kB for links, 48 kB live. What a module starts as a worker is a file by
itself, with all that it imports.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from packetpost.web.assets.modules import Module, NotUnderstood

BASE = "base"
# Below this many bytes another file costs more than the bytes that a page could leave out.
_MUCH = 32_000
# The page that weighs most, and the one file of all that others share and it does not need.
_HEAVIEST, _OTHERS = "receive", "others"


@dataclass(slots=True)
class Chunk:
    """One file. `modules` are in the order in which they run. `borrowed` are those of other files that it asks for."""

    name: str
    modules: list[str]
    borrowed: dict[str, list[str]] = field(default_factory=dict)
    lent: list[str] = field(default_factory=list)
    worker: bool = False


def parted(modules: Mapping[str, Module], start: str, pages: Mapping[str, Iterable[str]]) -> dict[str, Chunk]:
    """The files of all pages, `base` first. `start` is what every page runs, `pages` what each kind of page adds.

    Raises NotUnderstood: of modules that import each other in a circle, or something that is not there.
    """
    order = list(_in_order(modules))
    place = _places(modules, start, pages, order)
    chunks = {name: Chunk(name, []) for name in dict.fromkeys([BASE, *place.values(), *pages])}
    for name in filter(place.__contains__, order):
        chunks[place[name]].modules.append(name)
    for chunk in chunks.values():
        needed = {other for name in chunk.modules for other in modules[name].imports}
        for other in (name for name in order if name in needed and place[name] != chunk.name):
            chunk.borrowed.setdefault(place[other], []).append(other)
    for chunk in chunks.values():
        borrowed = {name for other in chunks.values() for name in other.borrowed.get(chunk.name, [])}
        chunk.lent = [name for name in chunk.modules if name in borrowed]
    for worker in sorted({address for module in modules.values() for address in module.addresses} & modules.keys()):
        needed = with_imports(modules, [worker])
        chunks[worker_name(worker)] = Chunk(
            worker_name(worker), [name for name in order if name in needed], worker=True
        )
    return chunks


def worker_name(module: str) -> str:
    """The name of the file that a worker and its imports are joined into."""
    return module.rpartition("/")[2].removesuffix(".js")


def needed_by(chunks: Mapping[str, Chunk], page: str) -> list[str]:
    """The files that a page asks for, those first that others build on."""
    return list(dict.fromkeys([BASE, *chunks[page].borrowed, page]))


def with_imports(modules: Mapping[str, Module], names: Iterable[str]) -> set[str]:
    """These and all that they import, directly or through others."""
    found: set[str] = set()
    left = list(names)
    while left:
        name = left.pop()
        if name not in found:
            found.add(name)
            left += modules[name].imports
    return found


def _places(
    modules: Mapping[str, Module], start: str, pages: Mapping[str, Iterable[str]], order: list[str]
) -> dict[str, str]:
    """The file in which each module stands; those that no page runs stand in none."""
    every = with_imports(modules, [start])
    reached = {page: with_imports(modules, entries) for page, entries in pages.items()}
    place = {}
    for name in order:
        users = [page for page, names in reached.items() if name in names]
        if users or name in every:
            place[name] = BASE if name in every or len(users) == len(pages) else "-".join(users)
    for shared in set(place.values()) - {BASE, *pages}:
        if sum(len(line.text) for name, to in place.items() if to == shared for line in modules[name].lines) < _MUCH:
            home = BASE if _HEAVIEST in shared.split("-") or _HEAVIEST not in pages else _OTHERS
            place = {name: home if to == shared else to for name, to in place.items()}
    # `base` builds on nothing else, or the files would wait for each other.
    for name in reversed(order):
        if place.get(name) == BASE:
            place |= dict.fromkeys(modules[name].imports, BASE)
    return place


def _in_order(modules: Mapping[str, Module]) -> dict[str, None]:
    """All modules, each after those that it imports."""
    done: dict[str, None] = {}

    def visit(name: str, through: tuple[str, ...]) -> None:
        if name in through:
            raise NotUnderstood(f"These modules import each other in a circle: {' → '.join((*through, name))}")
        for other in modules[name].imports:
            if other not in modules:
                raise NotUnderstood(f"{name} imports {other}, which is not there.")
            if other not in done:
                visit(other, (*through, name))
        done[name] = None

    for name in sorted(modules):
        if name not in done:
            visit(name, ())
    return done
