"""Joins modules into one file, each of them the body of a function, and remembers of every line where it came from.

The modules' own lines are all there in their order, so that the browser's tools show the modules as they are in the
repository (`source_map`), and anyone can compare what is served with it (`tests/house/test_joined_scripts.py`).
"""

import posixpath
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from packetpost.web.assets.chunks import Chunk
from packetpost.web.assets.modules import Module, NotUnderstood, variable, with_addresses
from packetpost.web.assets.source_map import Origin, written


@dataclass(frozen=True, slots=True)
class Joined:
    """A file as it is served, and its source map."""

    text: bytes
    map: bytes


def joined(
    chunk: Chunk,
    modules: Mapping[str, Module],
    later: Callable[[str], str],
    address: Callable[[str], str],
    folder: str,
) -> Joined:
    """`later` and `address` tell from a module's name, or another file's, the address that stands for it in the file.

    `folder` leads from the file to the modules as they are. Raises NotUnderstood.
    """
    lines: list[str] = []
    origins: list[Origin] = []

    def ours(text: str) -> None:
        lines.append(text)
        origins.append(None)

    for other, names in chunk.borrowed.items():
        ours(f"import {{ {', '.join(map(variable, names))} }} from './{other}.js'")
    for name in chunk.modules:
        module = modules[name]
        ours(f"const {variable(name)} = (() => {{")
        for line in module.lines:
            lines.append(_line(line.text, name, later, address) if module.later or module.addresses else line.text)
            origins.append((name, line.number, line.column))
        ours(f"return {{ {', '.join(module.exports)} }}" if module.exports else "return {}")
        ours("})();")
    if chunk.lent:
        ours(f"export {{ {', '.join(map(variable, chunk.lent))} }}")
    ours(f"//# sourceMappingURL={chunk.name}.js.map")
    return Joined("\n".join([*lines, ""]).encode(), written(f"{chunk.name}.js", origins, folder))


def _line(text: str, module: str, later: Callable[[str], str], address: Callable[[str], str]) -> str:
    def path(relative: str) -> str:
        return posixpath.normpath(posixpath.join(posixpath.dirname(module), relative))

    def known(relative: str, find: Callable[[str], str]) -> str:
        try:
            return find(path(relative))
        except LookupError as error:
            raise NotUnderstood(f"{module} names {relative}, which is not there or is no file of its own.") from error

    return with_addresses(text, lambda name: known(name, later), lambda name: known(name, address))
