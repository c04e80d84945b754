"""The connection to S3: credentials, time-outs, a client for each thread, and errors by our names. boto3 is known here.

What is asked of it is for `bucket`.
"""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from gevent import monkey

from packetpost.errors import NoSpace, NotFound, SettingsError, Unavailable

log = logging.getLogger(__name__)

_FULL = {
    "QuotaExceeded",
    "InsufficientStorage",
    "XMinioStorageFull",
    "XMinioAdminBucketQuotaExceeded",
    "InsufficientCapacity",
}
MISSING = {"404", "NoSuchKey", "NoSuchUpload"}


@dataclass(frozen=True, slots=True)
class BucketPrefix:
    """Where the objects are: `prefix` is '' or ends with a slash, `endpoint` is '' for AWS itself."""

    bucket: str
    prefix: str
    endpoint: str
    path_style: bool


class S3Client:
    """boto3's client, one a thread: gevent's sockets belong to the thread that made them."""

    def __init__(self, at: BucketPrefix) -> None:
        """Raises SettingsError where credentials, the region or a possible address are missing."""
        self._endpoint = at.endpoint or None
        self._session = boto3.session.Session()
        # Other stores than AWS take any region, but the signature needs one.
        self._region = self._session.region_name or ("us-east-1" if at.endpoint else None)
        self._config = Config(
            signature_version="s3v4",
            s3={"addressing_style": "path" if at.path_style else "auto", "payload_signing_enabled": False},
            # TLS protects the bytes on their way; hashing them again would cost as much as sending them.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            connect_timeout=5,
            read_timeout=30,
            retries={"total_max_attempts": 3, "mode": "standard"},
            tcp_keepalive=True,
        )
        # A session is not to be shared between threads, which wait for it here, each in its own way.
        self._making = monkey.get_original("threading", "Lock")()
        self._mine = threading.local()
        try:
            if self._session.get_credentials() is None:
                raise SettingsError(
                    "FILES_URL names an S3 bucket, but there are no credentials for it. Set AWS_ACCESS_KEY_ID and "
                    "AWS_SECRET_ACCESS_KEY, or another source that boto3 knows."
                )
            self.signer = self._client()  # makes addresses without a connection
        except (BotoCoreError, ValueError) as error:
            raise SettingsError(f"FILES_URL or PACKETPOST_S3_ENDPOINT cannot be used: {error}") from error

    def _client(self) -> Any:
        return self._session.client("s3", region_name=self._region, endpoint_url=self._endpoint, config=self._config)

    @contextmanager
    def calls(self) -> Iterator[Any]:
        """This thread's client; its errors by our names, NotFound for what is not there."""
        if not hasattr(self._mine, "client"):
            with self._making:
                self._mine.client = self._client()
        try:
            yield self._mine.client
        except ClientError as error:
            problem = named(error)
            if not isinstance(problem, NotFound):
                log.warning("S3 refused %s: %s (%d)", error.operation_name, _code(error), status(error))
            raise problem from error
        except BotoCoreError as error:
            # Not its text, which holds the address, and so an upload's id.
            log.warning("S3 cannot be reached: %s", type(error).__name__)
            raise Unavailable from error


def status(error: ClientError) -> int:
    """The HTTP status of an answer that refused; 500 where there was none."""
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 500))


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


def named(error: ClientError) -> NotFound | NoSpace | Unavailable:
    """What an answer of S3 means to us."""
    code = _code(error)
    if code in MISSING:
        return NotFound()
    if code in _FULL or status(error) == 507:
        return NoSpace()
    return Unavailable()
