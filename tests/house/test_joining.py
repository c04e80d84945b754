"""Modules become files of several: what is joined, in which order, what stays of a line, and what is refused."""

import posixpath
import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from packetpost.web.assets import chunks, modules, styles
from packetpost.web.assets.joining import joined
from packetpost.web.assets.modules import NotUnderstood
from packetpost.web.assets.release import PAGES, Release

SCRIPTS = Path(__file__).parents[2] / "static" / "js"


def text_of(source: str, **others: str) -> str:
    """What the module `a.js` becomes, with other modules that it imports."""
    texts = {"a.js": source, **{f"{name}.js": text for name, text in others.items()}}
    known = {name: modules.read(name, text) for name, text in texts.items()}
    chunk = chunks.Chunk("one", [*(name for name in known if name != "a.js"), "a.js"])
    return joined(chunk, known, lambda name: f"./{name}", lambda name: f"../{name}?new", "../").text.decode()


def body_of(source: str, **others: str) -> list[str]:
    lines = text_of(source, **others).splitlines()
    return lines[lines.index("const $$a = (() => {") + 1 : -2]


def read(texts: Mapping[str, str]) -> dict[str, modules.Module]:
    return {name: modules.read(name, text) for name, text in texts.items()}


def test_a_module_is_the_body_of_a_function_that_returns_its_exports() -> None:
    assert body_of("export const A = 1\nexport async function b() {\n  return A\n}\nexport class C {}\n") == [
        "const A = 1",
        "async function b() {",
        "return A",
        "}",
        "class C {}",
        "return { A, b, C }",
    ]


def test_imports_are_constants_with_their_other_names() -> None:
    assert body_of("import { b, c as d } from './b.js'\nimport * as e from './e.js'\nb(d)\n", b="", e="") == [
        "const { b, c: d } = $$b;",
        "const e = $$e;",
        "b(d)",
        "return {}",
    ]


def test_an_import_of_several_lines_is_one_and_a_bare_one_is_none() -> None:
    assert body_of("import './e.js'\nimport {\n  b,\n  c,\n} from './b.js'\n", b="", e="") == [
        "const { b, c } = $$b;",
        "return {}",
    ]


def test_comments_on_lines_of_their_own_and_empty_lines_are_left_out() -> None:
    source = "/** A.\n * @type {B}\n */\n\n  // c\nd('// e') // f\n/* g */\nh(/** @type {I} */ (j))\n"
    assert body_of(source) == ["d('// e') // f", "h((j))", "return {}"]


def test_types_in_the_middle_of_a_line_are_left_out_and_texts_in_backticks_keep_them() -> None:
    source = "const [a] = /** @type {import('./b.js').B[]} */ (c), /* d */ e\nconst f = `\n/** @type {G} */ h`\n"
    assert body_of(source) == ["const [a] = (c), /* d */ e", "const f = `", "/** @type {G} */ h`", "return {}"]


def test_the_lines_of_a_text_in_backticks_are_its_own() -> None:
    assert body_of("const A = `\n  // b\n\n  export c\n`.trim()\n  d()\n") == [
        "const A = `",
        "  // b",
        "",
        "  export c",
        "`.trim()",
        "d()",
        "return {}",
    ]


def test_addresses_change_in_code_and_nowhere_else() -> None:
    source = "/* x */ f(/** @type {import('./b.js').B} */ (g), import('./b.js'))\n"
    assert body_of(source)[0] == "/* x */ f((g), import('./b.js'))"
    assert body_of("new Worker(new URL('./b.js', import.meta.url))\n")[0] == (
        "new Worker(new URL('../b.js?new', import.meta.url))"
    )


@pytest.mark.parametrize(
    "line",
    [
        "export default 1",
        "export * from './b.js'",
        "export { b } from './b.js'",
        "export { b }",
        "export let b = 1",
        "export var b = 1",
        "export const { b } = c",
        "  export const b = 1",
        "import b from './b.js'",
        "import b, { c } from './b.js'",
        "import b from './b.json' with { type: 'json' }",
        "import { b } from 'b'",
        'import { b } from "./b.js"',
        "const b = await c()",
        "await c()",
        "for await (const b of c) d()",
        "const b = import.meta.dirname",
        "const $$b = 1",
        "const b = 1 /* that",
        "const b = 'c\\",
        "const b = `c",
        "/* c",
    ],
)
def test_what_cannot_be_joined_is_refused_with_its_file_and_line(line: str) -> None:
    with pytest.raises(NotUnderstood, match=r"^lib/a\.js:3: "):
        modules.read("lib/a.js", f"// one\nconst two = 2\n{line}\nfour()")


def test_modules_run_after_those_that_they_import() -> None:
    known = read({"main.js": "import './b.js'\n", "a.js": "", "b.js": "import './lib/z.js'\n", "lib/z.js": ""})
    assert chunks.parted(known, "main.js", {})["base"].modules == ["lib/z.js", "b.js", "main.js"]


def test_imports_lead_up_and_down_the_folders() -> None:
    read_one = modules.read("live/send/a.js", "import { b } from '../../lib/b.js'\nimport { d } from './d.js'\n")
    assert list(read_one.imports) == ["lib/b.js", "live/send/d.js"]


def test_an_import_that_is_not_there_refuses_to_start() -> None:
    with pytest.raises(NotUnderstood, match=r"a\.js imports lib/b\.js"):
        chunks.parted(read({"a.js": "import { b } from './lib/b.js'\n"}), "a.js", {})


def test_a_circle_refuses_to_start() -> None:
    known = read({"a.js": "import './b.js'\n", "b.js": "import './c.js'\n", "c.js": "import './a.js'\n"})
    with pytest.raises(NotUnderstood, match=r"a\.js → b\.js → c\.js → a\.js"):
        chunks.parted(known, "a.js", {})


def test_pages_have_files_of_their_own_and_share_one() -> None:
    known = read({"main.js": "", "one.js": "import './both.js'\n", "two.js": "import './both.js'\n", "both.js": ""})
    made = chunks.parted(known, "main.js", {"1": ["one.js"], "2": ["two.js"]})
    assert {name: chunk.modules for name, chunk in made.items()} == {
        "base": ["both.js", "main.js"],
        "1": ["one.js"],
        "2": ["two.js"],
    }
    assert (made["1"].borrowed, made["base"].lent) == ({"base": ["both.js"]}, ["both.js"])


def test_much_that_only_some_pages_share_is_a_file_too() -> None:
    much = "a()\n" * 20_000
    known = read({"main.js": "", **{f"{n}.js": "import './much.js'\n" for n in "12"}, "3.js": "", "much.js": much})
    made = chunks.parted(known, "main.js", {n: [f"{n}.js"] for n in "123"})
    assert made["1-2"].modules == ["much.js"]
    assert [chunks.needed_by(made, n) for n in "13"] == [["base", "1-2", "1"], ["base", "3"]]


def test_the_shared_file_builds_on_no_other() -> None:
    """Three pages share what uses what two of them share: then all of it is in the one."""
    texts = {"main.js": "import './lib.js'\n", "lib.js": "import './much.js'\n", "much.js": "a()\n" * 20_000}
    known = read({**texts, "1.js": "import './much.js'\n", "2.js": "import './much.js'\n", "3.js": ""})
    made = chunks.parted(known, "main.js", {n: [f"{n}.js"] for n in "123"})
    assert made["base"].borrowed == {}
    assert "much.js" in made["base"].modules


def test_a_worker_is_a_file_with_all_that_it_imports() -> None:
    known = read(
        {
            "main.js": "import './lib.js'\nnew Worker(new URL('./w/worker.js', import.meta.url))\n",
            "w/worker.js": "import '../lib.js'\n",
            "lib.js": "",
        }
    )
    assert chunks.parted(known, "main.js", {})["worker"].modules == ["lib.js", "w/worker.js"]


def static_folder(folder: Path, **scripts: str) -> Path:
    """With these scripts, and style sheets that say nothing."""
    written = {f"js/{name}.js": text for name, text in scripts.items()}
    for name, text in (written | dict.fromkeys((styles.FOLDER + name for name in styles.ORDER), "")).items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    return folder


def test_only_entries_of_pages_are_loaded_later(tmp_path: Path) -> None:
    with pytest.raises(NotUnderstood, match=r"main\.js names \./a\.js"):
        Release(static_folder(tmp_path, main="import('./a.js')\n", a=""), {})


def test_a_file_that_is_not_there_is_no_address(tmp_path: Path) -> None:
    with pytest.raises(NotUnderstood, match=r"main\.js names \.\./vendor/a\.js"):
        Release(static_folder(tmp_path, main="f(new URL('../vendor/a.js', import.meta.url))\n"), {})


@pytest.mark.parametrize("name", [path.relative_to(SCRIPTS).as_posix() for path in SCRIPTS.rglob("*.js")])
def test_every_import_of_ours_is_seen(name: str) -> None:
    text = (SCRIPTS / name).read_text("utf-8")
    static = re.findall(r"^import\b.*?'(\.\.?/[^']+)'", text, re.MULTILINE | re.DOTALL)
    seen = {posixpath.relpath(path, posixpath.dirname(name) or ".") for path in modules.read(name, text).imports}
    assert {posixpath.normpath(path) for path in static} == seen


def test_every_entry_belongs_to_one_kind_of_page() -> None:
    loaded = re.findall(r"import\('\./([\w-]+\.js)'\)", (SCRIPTS / "entries/load-entries.js").read_text())
    assert sorted(f"entries/{name}" for name in set(loaded)) == sorted(
        name for names in PAGES.values() for name in names
    )
