"""curl, wget and aria2 receive: resumed, in pieces, behind a password, and counted once."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.bytes_server import SECONDS
from tests.support.http import MIB, Shared, content, facts, sha256, share
from tests.support.server_process import Server, wait_until

DATA = content(12 * MIB + 5)
QUARTER = len(DATA) // 4


@pytest.fixture
def once(server: Server) -> Shared:
    """A link that may be downloaded once."""
    return share(server, DATA, headers={"X-Downloads": "1"})


@pytest.fixture
def got(tmp_path: Path) -> Path:
    """Where the download goes."""
    return tmp_path / "got.bin"


def run(*command: str | Path) -> None:
    done = subprocess.run(command, capture_output=True, timeout=SECONDS)
    assert done.returncode == 0, done.stderr.decode() + done.stdout.decode()


def curl(got: Path, url: str) -> list[str]:
    return ["curl", "-fsS", "-C", "-", "-o", str(got), url]


def wget(got: Path, url: str) -> list[str]:
    return ["wget", "-q", "-c", "-O", str(got), url]


def aria2(got: Path, url: str) -> list[str]:
    # Several connections, each with pieces of its own, and the control file for going on later.
    pieces = ["-x4", "-s4", "-k1M", "--file-allocation=none", "--auto-save-interval=1"]
    return ["aria2c", "-q", *pieces, "-d", str(got.parent), "-o", got.name, url]


def counted(server: Server, link: Shared) -> int:
    count: int = facts(server, "SELECT downloads FROM links WHERE id = ?", link.id)[0][0]
    return count


def check(server: Server, link: Shared, got: Path) -> None:
    """The bytes are right, and all of it was one download."""
    assert sha256(got.read_bytes()) == sha256(DATA)
    wait_until(lambda: counted(server, link) == 1, SECONDS, lambda: f"{counted(server, link)} downloads were counted")


PROGRAMS = [curl, wget, aria2]
SLOW_PROGRAMS = [
    (curl, ["--limit-rate", "8M"]),
    (wget, ["--limit-rate=8M"]),
    (aria2, ["--max-overall-download-limit=8M"]),
]


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_download_is_whole_and_counts_once(
    server: Server, once: Shared, got: Path, program: Callable[[Path, str], list[str]]
) -> None:
    run(*program(got, once.download_url))
    check(server, once, got)


@pytest.mark.parametrize("program", [curl, wget])
def test_a_part_is_completed(
    server: Server, once: Shared, got: Path, program: Callable[[Path, str], list[str]]
) -> None:
    got.write_bytes(DATA[:QUARTER])
    run(*program(got, once.download_url))
    check(server, once, got)


def break_off(got: Path, command: list[str], limit: list[str]) -> None:
    """End a slow download in the middle, politely, so that aria2 notes which pieces it has."""
    name, *rest = command
    with subprocess.Popen([name, *limit, *rest]) as slow:
        # Blocks, not the size: aria2 writes its pieces far apart.
        wait_until(lambda: got.exists() and got.stat().st_blocks * 512 > 5 * MIB, SECONDS, "too little came")
        slow.terminate()


@pytest.mark.parametrize(("program", "limit"), SLOW_PROGRAMS)
def test_a_slow_download_that_was_ended_is_resumed(
    server: Server, once: Shared, got: Path, program: Callable[[Path, str], list[str]], limit: list[str]
) -> None:
    command = program(got, once.download_url)
    break_off(got, command, limit)
    run(*command)
    check(server, once, got)


def test_aria2_goes_on_where_downloads_are_not_limited(server: Server, got: Path) -> None:
    command = aria2(got, share(server, DATA).download_url)
    break_off(got, command, ["--max-overall-download-limit=8M"])
    run(*command)
    assert sha256(got.read_bytes()) == sha256(DATA)


def test_a_whole_file_that_is_asked_to_go_on_stays_as_it_is(server: Server, got: Path) -> None:
    link = share(server, DATA)
    got.write_bytes(DATA)
    run(*wget(got, link.download_url))
    assert sha256(got.read_bytes()) == sha256(DATA)
    assert counted(server, link) == 0


def test_aria2_opens_a_protected_link(server: Server, got: Path) -> None:
    link = share(server, DATA, headers={"X-Password": "secret"})
    run(*aria2(got, link.download_url), "--http-passwd=secret", "--http-user=any", "--http-auth-challenge=false")
    assert sha256(got.read_bytes()) == sha256(DATA)


def test_curl_resumes_a_protected_link(server: Server, got: Path) -> None:
    link = share(server, DATA, headers={"X-Password": "secret"})
    got.write_bytes(DATA[:QUARTER])
    run(*curl(got, link.download_url), "-u", ":secret")
    assert sha256(got.read_bytes()) == sha256(DATA)


def test_wget_opens_a_protected_link(server: Server, got: Path) -> None:
    link = share(server, DATA, headers={"X-Password": "secret"})
    run(*wget(got, link.download_url), "--user=any", "--password=secret", "--auth-no-challenge")
    assert sha256(got.read_bytes()) == sha256(DATA)


def test_wget_and_aria2_keep_the_name_when_asked(server: Server, tmp_path: Path) -> None:
    link = share(server, b"x", "日本 語.txt")
    run("wget", "-q", "--content-disposition", "-P", tmp_path / "wget", link.download_url)
    run("aria2c", "-q", "-d", tmp_path / "aria2", link.download_url)
    assert [path.name for path in tmp_path.glob("aria2/*")] == ["日本 語.txt"]
    assert len(list(tmp_path.glob("wget/*.txt"))) == 1
