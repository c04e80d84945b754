"""Names of form parts as different programs write them, sent byte for byte over HTTP."""

import io
import zipfile

import pytest
import requests

from tests.support.bytes_server import SECONDS
from tests.support.http import fetch, shared
from tests.support.server_process import Server

NAME = "naïve 報告.txt"
STARRED = "filename*=utf-8''na%C3%AFve%20%E5%A0%B1%E5%91%8A.txt"
WORD = "=?utf-8?B?bmHDr3ZlIOWgseWRii50eHQ=?="


def sent(server: Server, disposition: str) -> str:
    """The name under which a part with this header is kept."""
    body = f"--b\r\nContent-Disposition: form-data; {disposition}\r\n\r\nbytes\r\n--b--\r\n".encode()
    headers = {"Content-Type": "multipart/form-data; boundary=b", "Accept": "application/json"}
    answer = requests.post(f"{server.url}/api/upload", body, headers=headers, timeout=SECONDS)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["filename"])


@pytest.mark.parametrize(
    ("program", "disposition", "name"),
    [
        ("curl, browsers", f'name="file"; filename="{NAME}"', NAME),
        (".NET, PowerShell 7", f'name=file; filename="{WORD}"; {STARRED}', NAME),
        (".NET, the other way round", f'name=file; {STARRED}; filename="{WORD}"', NAME),
        (".NET Framework", f'name=file; filename="{WORD}"', NAME),
        ("an encoded word in quoted-printable", 'name="file"; filename="=?iso-8859-1?Q?na=EFve?="', "naïve"),
        ("long names in two words", f'name=file; filename="{WORD} =?utf-8?Q?.gz?="', f"{NAME}.gz"),
        ("requests with urllib3 before 1.25", f'name="file"; {STARRED}', NAME),
        ("another charset", "name=file; filename*=iso-8859-1'de'na%EFve.txt", "naïve.txt"),
        ("Python's email, in pieces", "name=file; filename*0*=utf-8''na%C3%AF; filename*1*=ve.txt", "naïve.txt"),
        ("in pieces without a charset", 'name="file"; filename*0="a long"; filename*1=" name.txt"', "a long name.txt"),
        ("pieces beside a name", 'name="file"; filename="a.txt"; filename*0="b.txt"', "a.txt"),
        ("a name that only begins like a word", 'name="file"; filename="=?what?.txt"', "=?what?.txt"),
        ("a charset that nobody knows", 'name="file"; filename="=?x-nobody?B?YQ==?="', "=?x-nobody?B?YQ==?="),
        ("a semicolon between quotes", 'name="file"; filename="a;filename*=b.txt"', "a;filename*=b.txt"),
        ("a backslash of Windows", r'name="file"; filename="C:\dir\a.txt"', "a.txt"),
        ("a way out of the folder", "name=file; filename*=utf-8''..%2F..%2Fetc%2Fpasswd", "passwd"),
    ],
)
def test_a_name_is_read_as_its_program_meant_it(server: Server, program: str, disposition: str, name: str) -> None:
    assert sent(server, disposition) == name


def test_a_file_beside_a_folder_of_its_name_is_in_the_zip(server: Server) -> None:
    parts = [("file", (name, name.encode())) for name in ("a", "a/b", "CON", "trail.", "x:y", "é", "e\u0301")]
    link = shared(requests.post(f"{server.url}/api/upload", files=parts, timeout=SECONDS))
    with zipfile.ZipFile(io.BytesIO(fetch(link.zip_url).content)) as archive:
        assert archive.namelist() == ["a (2)", "a/b", "CON_", "trail_", "x_y", "é", "é (2)"]
        assert [archive.read(name).decode() for name in archive.namelist()] == [name for _, (name, _) in parts]
