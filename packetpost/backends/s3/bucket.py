"""The S3 API as far as we need it: objects below one prefix of one bucket. `client` is the connection.

Every call blocks, so it runs in a thread of the `Crew`; what the objects mean is for the other modules here.
"""

import logging
from collections.abc import Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from packetpost.backends.s3.client import MISSING, BucketPrefix, S3Client, status
from packetpost.errors import NotFound, SettingsError, Unavailable

log = logging.getLogger(__name__)

# S3 lists, and deletes, at most so many objects at once.
PAGE = 1000
Answer = dict[str, Any]  # boto3 has no types; the shapes are those of the S3 API reference


@dataclass(frozen=True, slots=True)
class Found:
    """An object: its name below the prefix, its size in bytes, the time of its writing in Unix seconds."""

    name: str
    size: int
    written_at: float


class Bucket:
    """Objects by name. Every method raises Unavailable while S3 is away or refuses, and NoSpace when it is full."""

    def __init__(self, at: BucketPrefix) -> None:
        """Raises SettingsError where credentials, the region or a possible address are missing."""
        self._bucket, self._prefix, self._client = at.bucket, at.prefix, S3Client(at)

    def check(self) -> None:
        """At the start: raises SettingsError when the bucket is not ours to use. One that is away may come back."""
        sentence = f"The S3 bucket {self._bucket!r} of FILES_URL"
        try:
            self.ping()
        except NotFound as error:
            raise SettingsError(f"{sentence} does not exist. Make it, or correct the name.") from error
        except Unavailable as error:
            cause = error.__cause__
            if isinstance(cause, ClientError) and status(cause) < 500:
                raise SettingsError(
                    f"{sentence} refuses us ({cause}). Check the region, the credentials and what they may do."
                ) from error
            log.error(
                "%s cannot be reached (%s). Check PACKETPOST_S3_ENDPOINT; until then no file moves", sentence, cause
            )

    def ping(self) -> None:
        """Raises when the bucket cannot be used now."""
        with self._client.calls() as s3:
            s3.head_bucket(Bucket=self._bucket)

    def put(self, name: str, body: Any) -> None:  # bytes, or a file opened in binary mode
        with self._client.calls() as s3:
            s3.put_object(Bucket=self._bucket, Key=self._prefix + name, Body=body)

    def get(self, name: str, start: int, size: int) -> bytes:
        """Exactly `size` (above 0) bytes from `start` on. Raises NotFound."""
        with self._client.calls() as s3:
            span = f"bytes={start}-{start + size - 1}"
            answer = s3.get_object(Bucket=self._bucket, Key=self._prefix + name, Range=span)
            # Not the body's own `with`, which hands out what lies below it, with other errors.
            with closing(answer["Body"]) as body:
                content: bytes = body.read()
        if len(content) != size:
            raise Unavailable
        return content

    def has(self, name: str) -> bool:
        try:
            with self._client.calls() as s3:
                s3.head_object(Bucket=self._bucket, Key=self._prefix + name)
        except NotFound:
            return False
        return True

    def page(self, prefix: str, after: str = "") -> list[Found]:
        """The first objects whose names begin so and come after that one, in order: at most 1,000, none at the end."""
        wanted = {"Prefix": self._prefix + prefix}
        if after:
            wanted["StartAfter"] = self._prefix + after
        with self._client.calls() as s3:
            answer: Answer = s3.list_objects_v2(Bucket=self._bucket, MaxKeys=PAGE, **wanted)
        return [
            Found(one["Key"].removeprefix(self._prefix), one["Size"], one["LastModified"].timestamp())
            for one in answer.get("Contents", ())
        ]

    def find(self, prefix: str) -> list[Found]:
        """Every object whose name begins so, in order of names."""
        found = page = self.page(prefix)
        while len(page) == PAGE:
            page = self.page(prefix, page[-1].name)
            found = found + page
        return found

    def delete(self, names: Sequence[str]) -> None:
        """No error for what is gone already."""
        for first in range(0, len(names), PAGE):
            keys = [{"Key": self._prefix + name} for name in names[first : first + PAGE]]
            answer: Answer = {}
            with suppress(NotFound), self._client.calls() as s3:
                if len(keys) == 1:  # all stores know this one
                    s3.delete_object(Bucket=self._bucket, **keys[0])
                else:
                    answer = s3.delete_objects(Bucket=self._bucket, Delete={"Objects": keys, "Quiet": True})
            if errors := [one for one in answer.get("Errors", ()) if one.get("Code") not in MISSING]:
                raise Unavailable(f"The store did not delete {len(errors)} objects.")

    def copy(self, source: str, target: str) -> None:
        """Inside the store. Raises NotFound."""
        with self._client.calls() as s3:
            s3.copy_object(Bucket=self._bucket, Key=self._prefix + target, CopySource=self._source(source))

    def sign(self, name: str, disposition: str, kind: str, seconds: int) -> str:
        """An address from which anybody can get the object for so long, with these headers."""
        wanted = {
            "ResponseContentDisposition": disposition,
            "ResponseContentType": kind,
            "ResponseCacheControl": "no-store",
        }
        params = {"Bucket": self._bucket, "Key": self._prefix + name, **wanted}
        address: str = self._client.signer.generate_presigned_url("get_object", Params=params, ExpiresIn=seconds)
        return address

    def begin_parts(self, name: str) -> str:
        """Begin a multipart upload; its id."""
        with self._client.calls() as s3:
            answer: Answer = s3.create_multipart_upload(Bucket=self._bucket, Key=self._prefix + name)
        return str(answer["UploadId"])

    def put_part(self, name: str, upload_id: str, number: int, body: Any) -> str:  # as in `put`
        """The part's ETag."""
        with self._client.calls() as s3:
            answer: Answer = s3.upload_part(**self._part(name, upload_id, number), Body=body)
        return str(answer["ETag"])

    def copy_part(self, name: str, upload_id: str, number: int, source: str) -> str:
        """A part from an object of the store. The part's ETag; '' where the store does not know how."""
        try:
            with self._client.calls() as s3:
                part = self._part(name, upload_id, number)
                answer: Answer = s3.upload_part_copy(**part, CopySource=self._source(source))
        except Unavailable as error:
            if isinstance(error.__cause__, ClientError) and status(error.__cause__) == 501:
                return ""
            raise
        return str(answer.get("CopyPartResult", {}).get("ETag", ""))

    def end_parts(self, name: str, upload_id: str, etags: Sequence[str]) -> None:
        """Make the object of all parts. Raises NotFound when the upload was aborted."""
        parts = [{"PartNumber": number, "ETag": etag} for number, etag in enumerate(etags, 1)]
        with self._client.calls() as s3:
            s3.complete_multipart_upload(
                Bucket=self._bucket, Key=self._prefix + name, UploadId=upload_id, MultipartUpload={"Parts": parts}
            )

    def abort_parts(self, name: str, upload_id: str) -> None:
        """No error when it is gone already."""
        with suppress(NotFound), self._client.calls() as s3:
            s3.abort_multipart_upload(Bucket=self._bucket, Key=self._prefix + name, UploadId=upload_id)

    def unfinished(self, prefix: str) -> list[tuple[str, str, float]]:
        """Multipart uploads that were begun for such names: name, id, time of the beginning in Unix seconds."""
        found = []
        with suppress(NotFound), self._client.calls() as s3:  # as rclone answers where there was none yet
            pages = s3.get_paginator("list_multipart_uploads").paginate(
                Bucket=self._bucket, Prefix=self._prefix + prefix
            )
            for page in pages:
                for one in page.get("Uploads", ()):
                    name = one["Key"].removeprefix(self._prefix)
                    found.append((name, one["UploadId"], one["Initiated"].timestamp()))
        return found

    def _part(self, name: str, upload_id: str, number: int) -> Answer:
        return {"Bucket": self._bucket, "Key": self._prefix + name, "UploadId": upload_id, "PartNumber": number}

    def _source(self, name: str) -> dict[str, str]:
        return {"Bucket": self._bucket, "Key": self._prefix + name}
