"""Starts S3 servers for tests: `rclone serve s3` on a folder, and moto, which knows how to copy objects into parts."""

import os
import shutil
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any
from unittest import mock

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from flask import Flask

from packetpost import create_app
from packetpost.backends.s3.client import BucketPrefix
from packetpost.backends.s3.files import S3Files
from packetpost.backends.sqlite.database import Database
from packetpost.backends.sqlite.links import SqliteRecords
from tests.support.server_process import free_port, wait_until

_START_SECONDS = 20
_BUCKET = "letters"
_KEY_ID, _SECRET = "test-key-of-ours", "test-secret-of-ours"


class S3Server:
    """A server with one bucket, on a port of its own, which stays the same over restarts."""

    def __init__(self, kind: str, folder: Path, certificate: Path | None = None) -> None:
        """`kind` is `rclone` or `moto`; rclone keeps its objects in `folder` over restarts, moto in memory.

        `certificate`: rclone speaks TLS by that file, which holds its key, too.
        """
        self._kind, self.folder, self.port, self._certificate = kind, folder, free_port(), certificate
        self._process: subprocess.Popen[bytes] | None = None
        self.bucket = _BUCKET
        (folder / _BUCKET).mkdir(parents=True)

    def start(self) -> "S3Server":
        """Start and wait until it answers."""
        with (self.folder.parent / f"{self.folder.name}.log").open("ab") as log:
            self._process = subprocess.Popen(self._command(), stdout=log, stderr=log)
        wait_until(self._answers, _START_SECONDS, "the S3 server did not start")
        return self

    def _command(self) -> list[str]:
        programs = Path(sys.executable).parent
        if self._kind == "moto":
            return [str(programs / "moto_server"), "--host", "127.0.0.1", "--port", str(self.port)]
        key = f"{_KEY_ID},{_SECRET}"
        options = ["--addr", f"127.0.0.1:{self.port}", "--auth-key", key, "--config", "/dev/null"]
        if self._certificate:
            options += ["--cert", str(self._certificate), "--key", str(self._certificate)]
        return [str(programs / "rclone"), "serve", "s3", *options, str(self.folder)]

    def _answers(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, "the S3 server ended"
        with suppress(BotoCoreError, ClientError):
            if self._kind == "moto":
                self.client().create_bucket(Bucket=_BUCKET)
            self.client().head_bucket(Bucket=_BUCKET)
            return True
        return False

    def kill(self) -> None:
        """kill -9."""
        if self._process:
            self._process.kill()
            self._process.wait(10)
            self._process = None

    def stop(self) -> None:
        """For good."""
        self.kill()
        shutil.rmtree(self.folder)

    @property
    def url(self) -> str:
        return f"https://localhost:{self.port}" if self._certificate else f"http://127.0.0.1:{self.port}"

    @property
    def environ(self) -> dict[str, str]:
        """The settings of a Packet Post that stores there."""
        return self.environ_below("post")

    def environ_below(self, prefix: str) -> dict[str, str]:
        """The same, with a prefix of one's own."""
        return {
            "FILES_URL": f"s3://{_BUCKET}/{prefix}",
            "PACKETPOST_S3_ENDPOINT": self.url,
            "PACKETPOST_S3_PATH_STYLE": "on",
            "AWS_ACCESS_KEY_ID": _KEY_ID,
            "AWS_SECRET_ACCESS_KEY": _SECRET,
            **({"AWS_CA_BUNDLE": str(self._certificate)} if self._certificate else {}),
        }

    def client(self) -> Any:  # boto3 has no types
        config = Config(signature_version="s3v4", s3={"addressing_style": "path"}, retries={"total_max_attempts": 1})
        keys = {"aws_access_key_id": _KEY_ID, "aws_secret_access_key": _SECRET}
        return boto3.session.Session().client(
            "s3",
            endpoint_url=self.url,
            region_name="us-east-1",
            verify=self._certificate and str(self._certificate),
            config=config,
            **keys,
        )

    def files(self, folder: Path, redirect: bool = False) -> S3Files:
        """The `Files` of one instance; those of the same folder share prefix and leases."""
        records = SqliteRecords(Database(folder / "leases.sqlite"))
        at = BucketPrefix(_BUCKET, f"{folder.name}/", self.url, path_style=True)

        def acquire(name: str, holder: str, seconds: float) -> bool:
            return records.lease(name, holder, time.time(), seconds)

        with mock.patch.dict(os.environ, self.environ):  # boto3 looks there
            return S3Files(at, folder / "spool", acquire, redirect)

    def app(self, folder: Path, **environ: str) -> Flask:
        """The app in this process, with settings of one's own."""
        settings = {**self.environ, "PACKETPOST_DATA_DIR": str(folder / "data"), **environ}
        with mock.patch.dict(os.environ, settings):
            return create_app(settings)

    def objects(self, prefix: str = "") -> dict[str, int]:
        """The names of all objects, with their sizes in bytes."""
        answer = self.client().list_objects_v2(Bucket=_BUCKET, Prefix=prefix)
        return {one["Key"]: one["Size"] for one in answer.get("Contents", ())}

    def unfinished(self) -> list[str]:
        """The names for which multipart uploads were begun and not ended."""
        answer = self.client().list_multipart_uploads(Bucket=_BUCKET)
        return [one["Key"] for one in answer.get("Uploads", ())]
