"""Reads one module of the browser half, line by line, as far as joining needs it. What it does not know it refuses.

Only whole lines are ever dropped: comments on lines of their own, and empty ones. All others stay as they are in the
repository, but for their indentation, `export` in front, types in comments, and what stands in the place of an import
or an address.
"""

import posixpath
import re
from collections.abc import Callable
from dataclasses import dataclass, field

_IMPORT = re.compile(r"import (?:(\{[^{}]*\}|\* as [\w$]+) from )?'(\.{1,2}/[\w./-]+\.js)';?")
_EXPORT = re.compile(r"export (?=(?:(?:async )?function\*? ?|class |const )([\w$]+))")
_COMMENT = re.compile(r"/\*.*?\*/|//.*")
# A type in the middle of a line, for the checker alone. Nothing else begins like that, in a string or not.
_TYPE = re.compile(r"/\*\* @(?:type|param|returns) [^*]*\*/ ?")
_LATER = re.compile(r"\bimport\('([^']*)'\)")
_ADDRESS = re.compile(r"\bnew URL\('([^']*)', import\.meta\.url\)")
# What joined modules are called. No module may use such a name itself.
_PREFIX = "$$"


class NotUnderstood(Exception):
    """A module says something that cannot be joined; the message names the file and the line."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line that stays: its number in the file, from 0, the column from which on it is taken, and its text."""

    number: int
    column: int
    text: str


@dataclass(slots=True)
class Module:
    """`name` is its path below the scripts' folder; so are those that it imports, loads `later` or names as addresses.

    Addresses may lead out of that folder: `../vendor/x.js`. `imports` are names with what is taken from there.
    """

    name: str
    lines: list[Line] = field(default_factory=list)
    imports: dict[str, None] = field(default_factory=dict)
    exports: list[str] = field(default_factory=list)
    later: set[str] = field(default_factory=set)
    addresses: set[str] = field(default_factory=set)


def variable(name: str) -> str:
    """What a joined module is called in the file that it is joined into."""
    return _PREFIX + re.sub(r"\W", "_", name.removesuffix(".js"))


def read(name: str, text: str) -> Module:
    """Raises NotUnderstood."""
    return _Reader(name, text).module


def with_addresses(text: str, later: Callable[[str], str], address: Callable[[str], str]) -> str:
    """A line with other addresses in its `import('…')` and `new URL('…', import.meta.url)`, outside of comments."""

    def code(part: str) -> str:
        part = _LATER.sub(lambda found: f"import('{later(found[1])}')", part)
        return _ADDRESS.sub(lambda found: f"new URL('{address(found[1])}', import.meta.url)", part)

    return _in_code(text, code)


def _in_code(text: str, change: Callable[[str], str]) -> str:
    changed, end = "", 0
    for comment in _COMMENT.finditer(text):
        # What looks like a comment may stand in a string or an address: only changes are kept from it, not code.
        changed += change(text[end : comment.start()]) + comment[0]
        end = comment.end()
    return changed + change(text[end:])


class _Reader:
    def __init__(self, name: str, text: str) -> None:
        self.module = Module(name)
        self._lines = text.split("\n")
        self._at = 0
        while self._at < len(self._lines):
            self._step(self._lines[self._at])
            self._at += 1

    def _refuse(self, why: str) -> NotUnderstood:
        return NotUnderstood(f"{self.module.name}:{self._at + 1}: {why}")

    def _step(self, line: str) -> None:
        bare = line.strip()
        if not bare or bare.startswith("//"):
            return
        if bare.startswith("/*"):
            rest = self._after_comment(bare)
            if not rest:
                return
            if self._lines[self._at].strip() != bare:
                raise self._refuse("code follows a comment of several lines")
        if re.match(r"import\b(?!\s*[.(])", line):
            self._import()
        else:
            self._code(line)

    def _after_comment(self, bare: str) -> str:
        """What follows a comment that begins a line, on the line where it ends; reading goes on there."""
        start = self._at
        rest = bare[2:]
        while "*/" not in rest:
            self._at += 1
            if self._at == len(self._lines):
                self._at = start
                raise self._refuse("this comment does not end")
            rest = self._lines[self._at]
        return rest.partition("*/")[2].strip()

    def _import(self) -> None:
        start, statement = self._at, self._lines[self._at]
        while not re.search(r"';?$", statement) and self._at + 1 < len(self._lines):
            self._at += 1
            statement += f" {self._lines[self._at].strip()}"
        found = _IMPORT.fullmatch(statement)
        if not found:
            self._at = start
            raise self._refuse("only `import { a, b as c }`, `import * as d` and a bare `import` can be joined")
        other = self._path(found[2])
        self.module.imports[other] = None
        if found[1] and found[1].startswith("*"):
            self._keep(start, 0, f"const {found[1].removeprefix('* as ')} = {variable(other)};")
        elif found[1]:
            names = [each.strip().replace(" as ", ": ") for each in found[1][1:-1].split(",")]
            self._keep(start, 0, f"const {{ {', '.join(filter(None, names))} }} = {variable(other)};")

    def _code(self, line: str) -> None:
        start, taken = self._at, line.lstrip()
        if taken.startswith("export") and re.match(r"export\b", taken):
            found = _EXPORT.match(line)
            if not found:
                raise self._refuse(
                    "only functions, classes and constants can be exported, one by one, where they stand"
                )
            self.module.exports.append(found[1])
            taken = line[found.end() :]
        self._look(line)
        self._keep(start, len(line) - len(taken), _TYPE.sub("", taken))
        if line.count("`") % 2:
            self._rest_of_template(start)

    def _look(self, line: str) -> None:
        """Note what a line loads, and refuse what would mean something else once it is joined."""
        code = _COMMENT.sub("", line)
        self.module.later |= {self._path(found) for found in _LATER.findall(code)}
        self.module.addresses |= {self._path(found) for found in _ADDRESS.findall(code)}
        if "import.meta" in _ADDRESS.sub("", code):
            raise self._refuse("import.meta is known only in `new URL('…', import.meta.url)`")
        if re.match(r"(?=\S).*\bawait\b", code) and "async" not in code:
            raise self._refuse("a module cannot await anything before its functions are called")
        if _PREFIX in line:
            raise self._refuse(f"{_PREFIX} begins the names of joined modules")
        if "/*" in re.sub(r"/\*.*?\*/", "", line) and not re.search(r"['\"`/].*/\*", line):
            raise self._refuse("a comment that goes on in the next line must begin its line")
        if line.endswith("\\"):
            raise self._refuse("a line cannot go on in the next one by a backslash")

    def _rest_of_template(self, start: int) -> None:
        """The lines of a text in backticks are the text's own: they stay as they are."""
        while self._at + 1 < len(self._lines):
            self._at += 1
            line = self._lines[self._at]
            self._keep(self._at, 0, line)
            if line.count("`") % 2:
                return
        self._at = start
        raise self._refuse("this text in backticks does not end")

    def _path(self, address: str) -> str:
        return posixpath.normpath(posixpath.join(posixpath.dirname(self.module.name), address))

    def _keep(self, number: int, column: int, text: str) -> None:
        self.module.lines.append(Line(number, column, text))
