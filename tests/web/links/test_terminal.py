"""curl sends: a body, a stream, a form, with its options in headers or the query, as the README shows them."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import requests

from tests.support.bytes_server import SECONDS
from tests.support.http import MIB, content, fetch, fetched, sha256
from tests.support.server_process import Server

DATA = content(2 * MIB + 5)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "holiday photo.bin"
    path.write_bytes(DATA)
    return path


def curl(*options: str, stdin: bytes = b"") -> str:
    """What curl prints."""
    run = subprocess.run(["curl", "-sS", *options], input=stdin, capture_output=True, timeout=SECONDS)
    assert run.returncode == 0, run.stderr.decode()
    return run.stdout.decode()


def told(*options: str) -> dict[str, Any]:
    """The JSON that curl prints."""
    values: dict[str, Any] = json.loads(curl("-H", "Accept: application/json", *options))
    assert values["success"] is True
    return values


def headers(text: str) -> dict[str, str]:
    """The last head that `curl -i` printed."""
    head = text.replace("\r\n", "\n").rpartition("HTTP/1.1 ")[2].partition("\n\n")[0]
    return {name.lower(): value for name, _, value in (line.partition(": ") for line in head.split("\n")[1:])}


def downloaded(link: str) -> str:
    return fetched(link.strip().replace("/l/", "/api/download/"))


def test_curl_t_answers_with_one_line_the_link(server: Server, file: Path) -> None:
    printed = curl("-T", str(file), f"{server.url}/")
    assert re.fullmatch(rf"{server.url}/l/[\w-]{{22}}\n", printed)
    assert downloaded(printed) == sha256(DATA)


def test_curl_t_keeps_the_name(server: Server, file: Path) -> None:
    link = curl("-T", str(file), f"{server.url}/").strip()
    assert fetch(f"{link}", {"Accept": "application/json"}).json()["files"][0]["name"] == file.name


@pytest.mark.parametrize("path", ["x/y", "nothing", "l/x", "api/unknown", "api/upload/x"])
def test_a_form_that_is_sent_elsewhere_is_told_where_to_go(server: Server, file: Path, path: str) -> None:
    printed = curl("-i", "-F", f"file=@{file}", f"{server.url}/{path}")
    assert "curl -F file=@photo.jpg" in printed
    assert "PUT" in headers(printed)["allow"]


def test_curl_t_from_a_pipe_is_chunked_and_stored_whole(server: Server) -> None:
    assert downloaded(curl("-T", "-", f"{server.url}/pipe.bin", stdin=DATA)) == sha256(DATA)


def test_curl_t_of_an_empty_file_makes_a_link(server: Server, tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    assert downloaded(curl("-T", str(tmp_path / "empty"), f"{server.url}/")) == sha256(b"")


def test_curl_t_below_api_upload_is_the_same(server: Server, file: Path) -> None:
    assert downloaded(curl("-T", str(file), f"{server.url}/api/upload/x.bin")) == sha256(DATA)


def test_json_tells_everything(server: Server, file: Path) -> None:
    values = told("-T", str(file), "-H", "X-Downloads: 3", f"{server.url}/")
    assert (values["filename"], values["size"], values["maxDownloads"]) == (file.name, len(DATA), 3)
    assert values["deleteUrl"].startswith(values["link"])
    assert fetched(values["files"][0]["url"]) == sha256(DATA)


def test_several_files_in_a_form_are_one_link(server: Server, tmp_path: Path) -> None:
    names = ["one.txt", "two.txt", "three.txt"]
    for name in names:
        (tmp_path / name).write_text(name)
    parts = [option for name in names for option in ("-F", f"file=@{tmp_path / name}")]
    values = told(*parts, f"{server.url}/api/upload")
    assert [file["name"] for file in values["files"]] == names
    assert [fetched(file["url"]) for file in values["files"]] == [sha256(name.encode()) for name in names]


@pytest.mark.parametrize("first", [True, False], ids=["before the file", "after the file"])
def test_fields_of_a_form_may_stand_in_any_order(server: Server, file: Path, first: bool) -> None:
    fields, part = ["-F", "downloads=2", "-F", "expiry=1h", "-F", "password=secret"], ["-F", f"file=@{file}"]
    values = told(*(fields + part if first else part + fields), f"{server.url}/api/upload")
    assert values["maxDownloads"] == 2
    assert requests.get(values["link"], timeout=SECONDS).status_code == 401


def test_folder_like_names_in_a_form_keep_their_folders(server: Server, file: Path) -> None:
    values = told("-F", f'file=@"{file}";filename="album/a/photo.bin"', f"{server.url}/api/upload")
    assert values["files"][0]["path"] == "album/a/photo.bin"


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "..\\..\\etc\\passwd", "./etc/./passwd"])
def test_names_that_climb_are_made_plain(server: Server, file: Path, name: str) -> None:
    escaped = name.replace("\\", "\\\\")
    values = told("-F", f'file=@"{file}";filename="{escaped}"', f"{server.url}/api/upload")
    assert values["files"][0]["path"] == "etc/passwd"


def test_a_form_without_a_file_is_400(server: Server) -> None:
    assert curl("-o", "/dev/null", "-w", "%{http_code}", "-F", "x=1", f"{server.url}/api/upload") == "400"


def test_a_body_that_is_no_form_is_400_and_says_how(server: Server, file: Path) -> None:
    assert "curl -F" in curl("--data-binary", f"@{file}", f"{server.url}/api/upload")


OPTIONS = [
    (["-H", "X-Expiry: 2h", "-H", "X-Downloads: 4"], ""),
    ([], "?expiry=2h&downloads=4"),
    (["-H", "X-Expiry: 7200", "-H", "X-Downloads: 4"], "?expiry=1h&downloads=9"),
]


@pytest.mark.parametrize(("given", "query"), OPTIONS, ids=["headers", "query", "headers first"])
def test_expiry_and_downloads_are_taken(server: Server, file: Path, given: list[str], query: str) -> None:
    values = told(*given, "-T", str(file), f"{server.url}/x.bin{query}")
    link = fetch(values["link"], {"Accept": "application/json"}).json()
    assert (link["downloads_left"], round(link["expires_in"], -2)) == (4, 7200)


@pytest.mark.parametrize(
    "given", ["X-Expiry: soon", "X-Expiry: 0", "X-Expiry: 30d", "X-Downloads: -1", "X-Downloads: many", "X-Expiry: ٣d"]
)
def test_options_that_cannot_be_are_400_in_words(server: Server, file: Path, given: str) -> None:
    printed = curl("-i", "-H", given, "-T", str(file), f"{server.url}/")
    assert "HTTP/1.1 400" in printed
    assert printed.rstrip().endswith(".")


def test_x_password_protects_and_u_opens(server: Server, file: Path, tmp_path: Path) -> None:
    link = curl("-H", "X-Password: geheim ß", "-T", str(file), f"{server.url}/").strip()
    address = link.replace("/l/", "/api/download/")
    assert requests.get(address, timeout=SECONDS).status_code == 401
    curl("-f", "-u", ":geheim ß", "-o", str(tmp_path / "got"), address)
    assert sha256((tmp_path / "got").read_bytes()) == sha256(DATA)


def test_x_link_password_opens(server: Server, file: Path) -> None:
    link = curl("-H", "X-Password: secret", "-T", str(file), f"{server.url}/").strip()
    answer = fetch(link.replace("/l/", "/api/download/"), {"X-Link-Password": "secret"})
    assert sha256(answer.content) == sha256(DATA)


def test_a_wrong_password_is_403(server: Server, file: Path) -> None:
    link = curl("-H", "X-Password: secret", "-T", str(file), f"{server.url}/").strip()
    address = link.replace("/l/", "/api/download/")
    assert curl("-o", "/dev/null", "-w", "%{http_code}", "-u", ":wrong", address) == "403"


def test_x_url_delete_deletes(server: Server, file: Path) -> None:
    told_headers = headers(curl("-i", "-T", str(file), f"{server.url}/"))
    curl("-f", "-X", "DELETE", told_headers["x-url-delete"])
    assert requests.get(told_headers["location"], timeout=SECONDS).status_code == 404


def test_the_answer_tells_where_and_until_when(server: Server, file: Path) -> None:
    told_headers = headers(curl("-i", "-T", str(file), f"{server.url}/"))
    assert told_headers["location"].startswith(f"{server.url}/l/")
    assert told_headers["x-expires"].endswith("GMT")


def test_refusals_to_curl_are_one_line_of_text(server: Server) -> None:
    printed = curl(f"{server.url}/l/{'x' * 22}")
    assert "<" not in printed
    assert printed.count("\n") == 1


@pytest.mark.parametrize("name", ["日本語.txt", "🎉 party.bin", "a+b%20c.bin", "100%.bin", "q?x#y.bin"])
def test_names_in_the_address_are_kept(server: Server, file: Path, name: str) -> None:
    values = told("-T", str(file), f"{server.url}/{quote(name)}")
    assert values["filename"] == name
