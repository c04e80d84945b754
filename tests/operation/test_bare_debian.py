"""README's two commands on a machine that has nothing: a bootstrapped Debian or Ubuntu with its own Python and Node."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.server_process import ROOT, free_port

_SCRIPT = ROOT / "tests" / "operation" / "bare_debian.sh"
# What the script ends with where the system's packages cannot be had.
_NO_PACKAGES = 77
# Every run tries the oldest Python and Node.js that we promise, where most can be missing. Each further system takes
# minutes: those are tried where they are asked for, as by `BARE_SUITES="trixie noble"`.
_SUITES = ["bookworm", *os.environ.get("BARE_SUITES", "").split()]


def missing() -> str:
    """Why a bare Debian cannot be made here; '' where it can."""
    if os.geteuid() != 0:
        return "only root may bootstrap a Debian"
    for program in ("debootstrap", "unshare", "git"):
        if not shutil.which(program):
            return f"there is no {program} here"
    tried = subprocess.run(["unshare", "--mount", "--pid", "--fork", "true"], capture_output=True, text=True)
    return f"this machine makes no namespaces: {tried.stderr.strip()}" if tried.returncode else ""


@pytest.mark.slow
@pytest.mark.skipif(bool(missing()), reason=missing())
@pytest.mark.parametrize("suite", _SUITES)
def test_a_bare_debian_runs_and_tests_it(suite: str, tmp_path: Path) -> None:
    """Without python3-venv `make run` says what to install; with it, it serves, and `make test` passes there."""
    command = [str(_SCRIPT), suite, str(tmp_path / "debian")]
    environ = {**os.environ, "PORT": str(free_port())}
    done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=1800)
    if done.returncode == _NO_PACKAGES:
        pytest.skip(f"the packages of {suite} cannot be had here: {done.stderr.strip()}")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "apt-get install python3-venv" in done.stdout
    assert " passed" in done.stdout.splitlines()[-1]
