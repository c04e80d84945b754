"""What is served is what the repository holds: each line is compared with the one that its source map names.

Whoever distrusts a server does the same: fetch a script and its map, and compare with the modules of the release.
"""

import json
import re
import subprocess
from pathlib import Path

import pytest

from packetpost.web.assets.release import Release

ROOT = Path(__file__).parents[2]
STATIC = ROOT / "static"
DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
SERVED = Release(STATIC).assets
JOINED = sorted(name for name in SERVED if name.startswith("joined/") and name.endswith(".js"))
# What the joiner writes by itself: the head and the end of a module, and what files take from each other.
OURS = re.compile(
    r"const \$\$\w+ = \(\(\) => \{|return \{.*\}|\}\)\(\);|(?:import|export) \{[ $\w,]+\}(?: from '\./[\w-]+\.js')?"
    r"|//# sourceMappingURL=[\w-]+\.js\.map|"
)


def numbers(segment: str) -> list[int]:
    found, value, shift = [], 0, 0
    for digit in map(DIGITS.index, segment):
        value |= (digit & 31) << shift
        shift += 5
        if not digit & 32:
            found.append(-(value >> 1) if value & 1 else value >> 1)
            value = shift = 0
    return found


def origins(name: str) -> list[tuple[str, int, int] | None]:
    """For each line of a joined file: the module, the line in it and the column that it comes from."""
    told = json.loads(SERVED[f"{name}.map"].data)
    at = [0, 0, 0]
    found: list[tuple[str, int, int] | None] = []
    for line in told["mappings"].split(";"):
        if not line:
            found.append(None)
            continue
        column, *steps = numbers(line)
        assert column == 0
        at = [old + step for old, step in zip(at, steps, strict=True)]
        found.append((told["sources"][at[0]].removeprefix("../"), at[1], at[2]))
    return found


def lines_of(name: str) -> list[str]:
    return SERVED[name].data.decode().split("\n")


def undone(line: str) -> str:
    """Without what depends on where a file is served: the addresses of others."""
    line = re.sub(r"import\('\./[\w/-]+\.js'\)", "import('…')", line)
    return re.sub(r"new URL\('[^']+', import\.meta\.url\)", "new URL('…', import.meta.url)", line)


def without_types(line: str) -> str:
    """Without comments that say a type in the middle of the line; none of them stands in a text."""
    for comment in re.finditer(r"/\*\* @(?:type|param|returns) [^*]*\*/ ?", line):
        before = line[: comment.start()]
        in_code = before.rfind("${") > before.rfind("}")  # of a text in backticks
        assert in_code or [before.count(quote) % 2 for quote in "'\"`"] == [0, 0, 0], line
        line = line.replace(comment[0], "", 1)
    return line


@pytest.mark.parametrize("name", JOINED)
def test_every_line_that_is_served_stands_in_the_repository(name: str) -> None:
    lines, where = lines_of(name), origins(name)
    assert len(lines) == len(where) + 1  # the last line break
    for line, origin in zip(lines, where, strict=False):
        if origin is None:
            assert OURS.fullmatch(line), line
            continue
        module, number, column = origin
        source = (STATIC / module).read_text().split("\n")
        if source[number].startswith("import"):
            statement = " ".join(source[number:]).partition("';")[0].partition(".js'")[0]
            assert re.findall(r"\w+", line.partition(" = ")[0])[1:] == [
                word for word in re.findall(r"[\w$]+", statement.partition(" from ")[0])[1:] if word != "as"
            ]
            continue
        assert source[number][:column].strip() in ("", "export")
        assert undone(line) == undone(without_types(source[number][column:]))


@pytest.mark.parametrize("name", JOINED)
def test_nothing_but_comments_is_left_out(name: str) -> None:
    """A reader of JavaScript that knows nothing of ours finds no token in the lines that are not served."""
    kept: dict[str, list[int]] = {}
    for origin in filter(None, origins(name)):
        kept.setdefault(origin[0], []).append(origin[1])
    asked = json.dumps({str(STATIC / module): numbers for module, numbers in kept.items()})
    command = ["node", "tests/js/tokens-of-lines.mjs"]
    left = subprocess.run(command, input=asked, capture_output=True, text=True, check=True, cwd=ROOT)
    assert json.loads(left.stdout) == []


@pytest.mark.parametrize("name", JOINED)
def test_what_is_served_is_a_module_to_node_too(name: str, tmp_path: Path) -> None:
    (tmp_path / "joined.mjs").write_bytes(SERVED[name].data)
    subprocess.run(["node", "--check", tmp_path / "joined.mjs"], check=True)


def test_every_module_is_served_in_some_file_and_once_only_but_for_the_worker() -> None:
    held = [origin[0] for name in JOINED for origin in dict.fromkeys((o[0], 0) for o in origins(name) if o)]
    worker = {o[0] for o in origins("joined/disk-sink-worker.js") if o}
    apart = [name for name in held if name not in worker]
    assert sorted(apart) == sorted(set(apart))
    needless = [path for path in (STATIC / "js").rglob("*.js") if path.relative_to(STATIC).as_posix() not in held]
    imported = "".join((STATIC / name).read_text() for name in set(held))
    assert [path.name for path in needless if f"/{path.name}'" in imported] == []


def test_what_is_vendored_is_served_to_the_byte() -> None:
    for path in (STATIC / "vendor").rglob("*.*js"):
        assert SERVED[path.relative_to(STATIC).as_posix()].data == path.read_bytes()
