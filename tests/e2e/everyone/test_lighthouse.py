"""What Lighthouse says of pages as a phone sees them. It slows its browser down, by a model of a phone and its line.

Accessibility and best practices do not vary. Performance does with the machine: it is the median of three runs, the
third of which is left out where two agree.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.e2e.conftest import CHROMIUM, FLAGS
from tests.e2e.support.steps import file_of, send
from tests.support.server_process import Server

_LIGHTHOUSE = Path(__file__).parents[2] / "node_modules" / "lighthouse" / "cli" / "index.js"
_CATEGORIES = ("performance", "accessibility", "best-practices")
_LEAST_PERFORMANCE = 97
_RUNS = 3
_MOST_SECONDS = 120

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(
        not (_LIGHTHOUSE.exists() and shutil.which("node")),
        reason="Lighthouse is not installed. Run: npm install --prefix tests",
    ),
]


def scores(address: str, folder: Path) -> Mapping[str, int]:
    """Out of 100 in each category, by one run on a phone."""
    report = folder / "report.json"
    command = [
        *("node", str(_LIGHTHOUSE), address, "--quiet", "--no-enable-error-reporting"),
        *("--output=json", f"--output-path={report}", f"--only-categories={','.join(_CATEGORIES)}"),
        f"--chrome-flags=--headless=new {' '.join(FLAGS)}",
    ]
    done = subprocess.run(
        command,
        env={**os.environ, "CHROME_PATH": CHROMIUM},
        capture_output=True,
        text=True,
        timeout=_MOST_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(report.read_text())
    return {name: round(100 * found["categories"][name]["score"]) for name in _CATEGORIES} | _faults(found)


def _faults(found: Any) -> dict[str, int]:
    """Rules of accessibility and best practices that are broken, so that a failure names them."""
    return {
        f"broken: {name}": 0
        for category in _CATEGORIES[1:]
        for name in (reference["id"] for reference in found["categories"][category]["auditRefs"])
        if found["audits"][name]["score"] == 0
    }


def assert_well_built(address: str, folder: Path) -> None:
    """Fails with what Lighthouse found."""
    performances: list[int] = []
    for _ in range(_RUNS):
        found = dict(scores(address, folder))
        performances.append(found.pop("performance"))
        assert found == {"accessibility": 100, "best-practices": 100}
        enough = sum(one >= _LEAST_PERFORMANCE for one in performances)
        if enough > _RUNS // 2 or len(performances) - enough > _RUNS // 2:
            break
    assert enough > _RUNS // 2, f"performance was {performances}"


@pytest.mark.flaky(reason="Where the processor is taken, Lighthouse loses its own trace: NO_NAVSTART.", reruns=1)
def test_lighthouse_finds_nothing_wrong_with_the_home_page(server: Server, tmp_path: Path) -> None:
    assert_well_built(server.url, tmp_path)


@pytest.mark.flaky(reason="Where the processor is taken, Lighthouse loses its own trace: NO_NAVSTART.", reruns=1)
def test_lighthouse_finds_nothing_wrong_with_a_link_page(page: Page, server: Server, tmp_path: Path) -> None:
    assert_well_built(send(page, server.url, file_of(tmp_path, "holiday.jpg", 1000)), tmp_path)
