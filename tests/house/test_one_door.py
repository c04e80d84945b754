"""What strangers write becomes JSON, a number or a header's text in one place only, and addresses in one as well."""

import ast
import re

import pytest

from tests.support.server_process import ROOT

MODULES = sorted((ROOT / "packetpost").rglob("*.py"))
# Settings are the operator's; what the stores and our own answers hold was written by us.
OURS = ("settings.py", "live_settings.py", "environ.py", "backends/")
# What may be made whole elsewhere: times and counts of ours, an answer's status, what gunicorn has parsed.
WHOLE = re.compile(
    r"[\w.]*(?:expires_at|ends_at|created_at|changed_at|\.at|until|lifetime|\.length|now\(\)|reset_at - time\.time\(\))"
    r"|status\[:3\]|lengths\[0\]|last|client_timeouts\.SILENCE \* 1000"
)


def calls(name: str) -> list[tuple[str, str]]:
    """(module, first argument) of every call of `name` that handles what strangers wrote."""
    found = []
    for path in MODULES:
        module = path.relative_to(ROOT / "packetpost").as_posix()
        if module == "inputs.py" or module.startswith(OURS):
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == name:
                found.append((module, ast.unparse(node.args[0]) if node.args else ""))
    return found


def test_numbers_of_strangers_are_made_by_inputs_only() -> None:
    assert [call for call in calls("int") if not WHOLE.fullmatch(call[1])] == []


@pytest.mark.parametrize("name", ["json.loads", "json.load", "request.get_json"])
def test_json_of_strangers_is_read_by_inputs_only(name: str) -> None:
    assert calls(name) == []


@pytest.mark.parametrize(
    ("written", "module"),
    [
        (r"request\.(?:headers|authorization|content_type)\b", "web/http/headers.py"),
        (r"latin-?1", "inputs.py"),
        (
            r"request\.(?:host|host_url|url|base_url|url_root|root_url|root_path)\b",
            "none: web/http/origin.py reads the environ",
        ),
    ],
)
def test_one_module_reads(written: str, module: str) -> None:
    found = {
        path.relative_to(ROOT / "packetpost").as_posix() for path in MODULES if re.search(written, path.read_text())
    }
    assert found <= {module}


def test_routes_leave_numbers_to_inputs() -> None:
    """Werkzeug's own `<int:…>` crashes on 4,500 digits."""
    assert [path.name for path in MODULES if re.search(r"<(?:int|float)\b[^<>]*:", path.read_text())] == []


def test_every_path_that_browsers_are_given_stands_below_the_base_path() -> None:
    """`local` puts the base path of `PACKETPOST_PUBLIC_URL` before it."""
    bare = re.compile(r"""(?:href|action|src|hx-\w+|data-\w+)="/|(?<!local\()f"/(?:l|live|api|check)/""")
    files = [*(ROOT / "packetpost/web").rglob("*.py"), *(ROOT / "templates").rglob("*.html")]
    scripts = [*(ROOT / "static/js").rglob("*.js"), ROOT / "static/save-worker.js"]
    found = [
        f"{path.name}: {line.strip()}" for path in files for line in path.read_text().splitlines() if bare.search(line)
    ]
    found += [
        f"{p.name}: {line}"
        for p in scripts
        for line in p.read_text().splitlines()
        if re.search(r"'/(?:l|live|api)\b", line)
    ]
    assert found == []
