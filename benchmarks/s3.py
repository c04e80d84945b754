"""Uploads by curl through us to an S3 store, and by boto3's own `upload_fileobj` straight to the same store."""

import hashlib
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import requests

from benchmarks import servers
from benchmarks.clients import put
from benchmarks.place import WORK, prime, source, wait_for_quiet
from benchmarks.processes import cpu_seconds
from benchmarks.rounds import Goal, Limits, Run, at_least, goal_table, interleave, speed_table
from benchmarks.servers import Host
from tests.support.s3_process import S3Server

_OURS, _BOTO = "us, curl -T to S3", "boto3 straight to S3"
_NAME = "straight"
_SECONDS = 300


def measure(limits: Limits) -> Iterator[str]:
    """Paragraphs of markdown: the speeds, and the goal."""
    file = source(limits.size)
    with ExitStack() as stack:
        store = stack.enter_context(_rclone())
        ours = stack.enter_context(servers.packet_post(limits.size, **store.environ))
        _verify(ours, store, file)
        runs = interleave({_OURS: lambda: _through_us(ours, file), _BOTO: lambda: _straight(store, file)}, limits)
    yield speed_table(runs, limits.size, _OURS)
    goals: list[Goal | None] = [at_least(0.6, runs, _OURS, _BOTO)]
    yield goal_table(goals)


@contextmanager
def _rclone() -> Iterator[S3Server]:
    """`rclone serve s3` on a folder of the disk that the others write to, too."""
    store = S3Server("rclone", WORK / "s3")
    store.start()
    try:
        yield store
    finally:
        store.stop()


def _through_us(ours: Host, file: Path) -> Run:
    """From the first byte until all are in the store. CPU time is that of our server."""
    quiet = wait_for_quiet()
    prime(file.stat().st_size)
    before = cpu_seconds(ours.pid)
    answer = put(ours, file)
    cpu = cpu_seconds(ours.pid) - before
    requests.delete(answer.headers["x-url-delete"], timeout=_SECONDS).raise_for_status()
    return Run(answer.seconds, cpu, quiet)


def _straight(store: S3Server, file: Path) -> Run:
    """boto3 as it ships: parts of 8 MiB, ten threads. CPU time is that of this process."""
    client = store.client()
    quiet = wait_for_quiet()
    prime(file.stat().st_size)
    began, before = time.perf_counter(), time.process_time()
    with file.open("rb") as content:
        client.upload_fileobj(content, store.bucket, _NAME)
    seconds, cpu = time.perf_counter() - began, time.process_time() - before
    client.delete_object(Bucket=store.bucket, Key=_NAME)
    return Run(seconds, cpu, quiet)


def _verify(ours: Host, store: S3Server, file: Path) -> None:
    """One untimed upload through us, which also warms everything up: the same bytes come back, and go for good."""
    answer = put(ours, file)
    url = answer.headers["location"].replace("/l/", "/api/download/")
    digest = hashlib.sha256()
    with requests.get(url, stream=True, timeout=_SECONDS) as download:
        for piece in download.iter_content(1024**2):
            digest.update(piece)
    with file.open("rb") as content:
        if digest.digest() != hashlib.file_digest(content, "sha256").digest():
            raise RuntimeError("Other bytes came back from S3 than were sent.")
    requests.delete(answer.headers["x-url-delete"], timeout=_SECONDS).raise_for_status()
    if left := store.objects():
        raise RuntimeError(f"{len(left)} objects stay in S3.")
