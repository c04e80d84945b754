"""Which scripts a page will import, so that its head can ask for all of them at once instead of level by level."""

import posixpath
import re
from pathlib import Path

_IMPORT = re.compile(r"^import (?:[^;']* from )?'(\.{1,2}/[\w./-]+\.js)'$", re.MULTILINE)


class Modules:
    """The modules in one folder and the folders in it. They are read once: they do not change while the server runs."""

    def __init__(self, folder: Path) -> None:
        self._imports = {
            path.relative_to(folder).as_posix(): _IMPORT.findall(path.read_text("utf-8"))
            for path in folder.rglob("*.js")
        }
        for name, imports in self._imports.items():
            self._imports[name] = [posixpath.normpath(posixpath.join(posixpath.dirname(name), to)) for to in imports]
            if missing := [other for other in self._imports[name] if other not in self._imports]:
                raise LookupError(f"{name} imports {', '.join(missing)}, which {folder} does not hold.")

    def imported(self, *names: str) -> list[str]:
        """The names of the modules that these import, directly or through others, those nearest to them first."""
        found = list(names)
        for name in found:
            found += dict.fromkeys(other for other in self._imports[name] if other not in found)
        return found[len(names) :]
