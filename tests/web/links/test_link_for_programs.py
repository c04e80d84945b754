"""A link's address itself: the file or the zip for programs that save it, the page for people, JSON for who asks."""

import subprocess
import zipfile
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest
import requests

from tests.support.bytes_server import SECONDS
from tests.support.http import create, facts, put, share, share_all
from tests.support.server_process import Server, wait_until

CHROMIUM = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"
BOT = "Mozilla/5.0 (compatible; Discordbot/2.0; +https://discordapp.com)"
POWERSHELL_5 = "Mozilla/5.0 (Windows NT; Windows NT 10.0; en-US) WindowsPowerShell/5.1.19041.1"


def run(folder: Path, *command: str) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, timeout=SECONDS)
    assert done.returncode == 0, done.stderr.decode()


@pytest.mark.parametrize("command", [["curl", "-fsSOJ"], ["wget", "-q", "--content-disposition"]])
def test_programs_save_the_file_by_its_name(server: Server, tmp_path: Path, command: list[str]) -> None:
    run(tmp_path, *command, share(server, b"12345", "Bild 1.txt").url)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"Bild 1.txt": b"12345"}


@pytest.mark.parametrize("command", [["curl", "-fsS", "-o", "got"], ["wget", "-q", "-O", "got"]])
def test_programs_save_several_as_a_zip(server: Server, tmp_path: Path, command: list[str]) -> None:
    run(tmp_path, *command, share_all(server, [("a", b"1"), ("b", b"2")]).url)
    with zipfile.ZipFile(tmp_path / "got") as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == {"a": b"1", "b": b"2"}


@pytest.mark.parametrize(
    ("agent", "accept", "kind"),
    [
        ("curl/8.5.0", "*/*", "text/plain"),
        ("Wget/1.21.3", "*/*", "text/plain"),
        ("Wget", None, "text/plain"),
        ("HTTPie/3.2", "*/*", "text/plain"),
        ("Mozilla/5.0 (Windows NT 10.0; en-US) PowerShell/7.4.1", None, "text/plain"),
        (POWERSHELL_5, None, "text/plain"),
        ("Microsoft BITS/7.8", "*/*", "text/plain"),
        ("my-program/1", "application/octet-stream", "text/plain"),
        ("my-program/1", "text/html;q=0, application/octet-stream", "text/plain"),
        ("curl/8.5.0", "text/html;q=0, */*", "text/plain"),
        ("curl/8.5.0", "text/html", "text/html"),
        ("curl/8.5.0", "application/json", "application/json"),
        ("Mozilla/5.0", CHROMIUM, "text/html"),
        (BOT, "*/*", "text/html"),
        (BOT, None, "text/html"),
        ("python-requests/2", "*/*", "text/html"),
        ("Wget/1.21 (compatible; PreviewBot/1.0)", "*/*", "text/html"),
        ("curl/8.5.0 (+https://chat.example/previews)", "*/*", "text/html"),
        ("ImageProxy/1.0", "image/*", "text/html"),
        ("ImageProxy/1.0", "image/png,image/webp", "text/html"),
    ],
)
def test_who_gets_what(server: Server, agent: str, accept: str | None, kind: str) -> None:
    link = share(server, b"12345", "a.txt", {"Content-Type": "image/png"})
    answer = requests.get(link.url, headers={"User-Agent": agent, "Accept": accept}, timeout=SECONDS)
    kind = "image/png" if kind == "text/plain" else kind
    assert (answer.status_code, answer.headers["Content-Type"].partition(";")[0]) == (200, kind)
    assert {"Accept", "User-Agent"} <= set(answer.headers["Vary"].replace(" ", "").split(","))


def test_looking_at_the_head_takes_no_download(server: Server) -> None:
    link = share(server, b"12345", "a.txt", {"X-Downloads": "1"})
    for command in (["curl", "-fsSI"], ["wget", "-q", "--spider"]):
        done = subprocess.run([*command, link.url], capture_output=True, timeout=SECONDS)
        assert done.returncode == 0, done.stderr.decode()
    answer = requests.head(link.url, headers={"User-Agent": "Wget/1"}, timeout=SECONDS)
    assert (answer.headers["Content-Length"], "a.txt" in answer.headers["Content-Disposition"]) == ("5", True)
    assert facts(server, "SELECT 1 FROM claims WHERE link_id = ?", link.id) == []


def test_it_counts_as_a_download_and_its_ranges_resume(server: Server) -> None:
    link = share(server, b"12345", headers={"X-Downloads": "1"})
    curl = {"User-Agent": "curl/8"}
    part = requests.get(link.url, headers={**curl, "Range": "bytes=3-"}, timeout=SECONDS)
    assert (part.status_code, part.content) == (206, b"45")
    assert requests.get(link.url, headers=curl, timeout=SECONDS).content == b"12345"
    assert facts(server, "SELECT downloads FROM links WHERE id = ?", link.id) == [(1,)]


def test_a_protected_link_asks_programs_in_a_line(server: Server) -> None:
    link = share(server, b"12345", headers={"X-Password": "open"})
    curl = {"User-Agent": "curl/8"}
    refused = requests.get(link.url, headers=curl, timeout=SECONDS)
    assert (refused.status_code, refused.text.count("\n")) == (401, 1)
    assert requests.get(link.url, headers={**curl, "X-Link-Password": "open"}, timeout=SECONDS).content == b"12345"


@pytest.mark.parametrize("command", [["wget", "-q", "--user=any", "-O-"], ["curl", "-fsS", "--anyauth"]])
@pytest.mark.parametrize("where", ["url", "download_url"])
def test_programs_that_wait_to_be_asked_are_asked(server: Server, command: list[str], where: str) -> None:
    link = share(server, b"12345", headers={"X-Password": "open"})
    password = "--password=open" if command[0] == "wget" else "-uany:open"
    done = subprocess.run([*command, password, getattr(link, where)], capture_output=True, timeout=SECONDS)
    assert done.stdout == b"12345", done.stderr.decode()


@pytest.mark.parametrize("accept", [CHROMIUM, "*/*", None])
def test_no_browser_shows_a_window_of_its_own_for_the_password(server: Server, accept: str | None) -> None:
    link = share(server, b"12345", headers={"X-Password": "open"})
    browser = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0", "Accept": accept}
    for url in (link.url, link.download_url):
        refused = requests.get(url, headers=browser, timeout=SECONDS)
        assert (refused.status_code, refused.headers.get("WWW-Authenticate")) == (401, None)


def test_a_sealed_link_gives_programs_a_sentence_and_no_sealed_bytes(server: Server) -> None:
    form = {"manifest": '[{"path": "0", "size": 5}]', "sealed": "AAAA"}
    made = requests.post(f"{server.url}/links", form, allow_redirects=False, timeout=SECONDS)
    url = server.url + made.headers["Location"].removesuffix("/owner")
    answer = requests.get(url, headers={"User-Agent": "Wget/1.21"}, timeout=SECONDS)
    assert (answer.status_code, "in a browser" in answer.text) == (406, True)


@pytest.mark.parametrize("reason", ["deleted", "expired"])
def test_an_ended_link_is_one_line_for_programs(server: Server, reason: str) -> None:
    link = share(server, b"12345", headers={"X-Expiry": "1s" if reason == "expired" else "1h"})
    curl = {"User-Agent": "curl/8"}
    if reason == "deleted":
        link.delete()
    wait_until(lambda: requests.get(link.url, headers=curl, timeout=SECONDS).status_code == 404, SECONDS, "it is there")
    assert requests.get(link.url, headers=curl, timeout=SECONDS).text.count("\n") == 1


@pytest.mark.parametrize("week", ["1w", "1W", "1 week", "7 days", "168 hours", "604800s", "10080 minutes"])
def test_a_week_is_a_lifetime_however_it_is_written(server: Server, week: str) -> None:
    ends = parsedate_to_datetime(put(server, b"x", headers={"X-Expiry": week}).headers["X-Expires"])
    assert timedelta(days=6, hours=23) < ends - datetime.now(UTC) <= timedelta(days=7)


@pytest.mark.parametrize("wrong", ["2w", "1 fortnight", "w", "1 seek", "1.5h", "-1w"])
def test_no_other_lifetime_is_guessed(server: Server, wrong: str) -> None:
    assert create(server, {"Upload-Length": "1", "X-Expiry": wrong}).status_code == 400
