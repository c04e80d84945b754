"""Stock tus clients, unchanged, against the real server: `tuspy`, and `tus-js-client` in Node."""

import io
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from tusclient.client import TusClient
from tusclient.uploader.uploader import Uploader

from packetpost.tokens import hash_token
from tests.support.bytes_server import SECONDS
from tests.support.http import MIB, content, facts, fetch, fetched, sha256
from tests.support.server_process import ROOT, Server

DATA = content(8 * MIB + 3)


def tuspy(server: Server, data: bytes = DATA, **options: Any) -> Uploader:  # whatever the library takes
    client = TusClient(f"{server.url}/api/files")
    return client.uploader(file_stream=io.BytesIO(data), chunk_size=MIB, metadata={"filename": "a b.bin"}, **options)


def link_of(server: Server, uploader: Uploader) -> str:
    """The download address; tuspy keeps no header of the answer that told it."""
    assert uploader.url is not None
    rows = facts(server, "SELECT link_id FROM uploads WHERE id = ?", hash_token(uploader.url.rpartition("/")[2]))
    return f"{server.url}/api/download/{rows[0][0]}"


@pytest.mark.parametrize("size", [0, 1, MIB, MIB + 1, len(DATA)])
def test_tuspy_uploads(server: Server, size: int) -> None:
    uploader = tuspy(server, DATA[:size])
    uploader.upload()
    assert fetched(link_of(server, uploader)) == sha256(DATA[:size])


def test_tuspy_resumes_from_what_is_stored(server: Server) -> None:
    first = tuspy(server)
    first.upload(stop_at=3 * MIB)
    again = tuspy(server, url=first.url)
    assert again.offset == 3 * MIB
    again.upload()
    assert fetched(link_of(server, again)) == sha256(DATA)


def test_tuspy_uploads_with_checksums(server: Server) -> None:
    uploader = tuspy(server, upload_checksum=True)
    uploader.upload()
    assert fetched(link_of(server, uploader)) == sha256(DATA)


def node(server: Server, folder: Path, *more: str, **options: object) -> dict[str, Any]:  # JSON
    """Upload with tus-js-client; the link and the requests that it made."""
    file = folder / "from node.bin"
    file.write_bytes(DATA)
    command = ["node", "tests/js/clients/upload.mjs", f"{server.url}/api/files", str(file), json.dumps(options), *more]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=SECONDS)
    assert run.returncode == 0, run.stderr
    seen: dict[str, Any] = json.loads(run.stdout)
    return seen


def digest_of(seen: dict[str, Any]) -> str:
    return fetched(seen["link"].replace("/l/", "/api/download/"))


@pytest.mark.parametrize(
    "options",
    [
        {"parallelUploads": 1},
        {"parallelUploads": 3},
        {"chunkSize": MIB},
        {"chunkSize": MIB, "parallelUploads": 3},
        {"uploadDataDuringCreation": True},
        {"uploadDataDuringCreation": True, "chunkSize": MIB},
        {"uploadLengthDeferred": True, "chunkSize": MIB},
        {"overridePatchMethod": True},
    ],
    ids=lambda options: "-".join(options),
)
def test_tus_js_client_uploads(server: Server, tmp_path: Path, options: dict[str, object]) -> None:
    assert digest_of(node(server, tmp_path, **options)) == sha256(DATA)


def test_tus_js_client_tells_the_name(server: Server, tmp_path: Path) -> None:
    seen = node(server, tmp_path, parallelUploads=3)
    answer = fetch(seen["link"].replace("/l/", "/api/download/"), {"Range": "bytes=0-0"})
    assert answer.headers["Content-Disposition"] == 'attachment; filename="from node.bin"'


@pytest.mark.parametrize("parallel", [1, 3])
@pytest.mark.parametrize("chunking", [{"chunkSize": MIB}, {}], ids=["chunks", "one body"])
def test_tus_js_client_resumes_after_being_aborted(
    server: Server, tmp_path: Path, parallel: int, chunking: dict[str, int]
) -> None:
    seen = node(server, tmp_path, str(3 * MIB if chunking else 1), parallelUploads=parallel, **chunking)
    assert seen["aborts"] == 1
    assert "HEAD 200" in seen["requests"]
    assert digest_of(seen) == sha256(DATA)
