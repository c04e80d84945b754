"""Sweeping: what goes, what stays."""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask

from packetpost.models import Entry, Options
from packetpost.sweeper import Swept
from packetpost.web.http.services import Services

NOW = 1_000_000.0
HOUR = 3600


def make_link(services: Services, lifetime: int = HOUR) -> str:
    made = services.links.make([Entry("a.txt", 5), Entry("b.txt", 5)], Options(lifetime), NOW)
    return made.link.id


def stored(services: Services) -> set[str]:
    return {key for key, _ in services.files.stored()}


def test_an_open_link_stays(services: Services) -> None:
    make_link(services)
    assert services.sweeper.sweep(NOW + HOUR - 1) == Swept()
    assert len(stored(services)) == 2


def test_an_expired_link_loses_its_bytes_and_is_remembered(services: Services) -> None:
    link_id = make_link(services)
    assert services.sweeper.sweep(NOW + HOUR) == Swept(links=1)
    assert stored(services) == set()
    link = services.records.link(link_id)
    assert link is not None
    assert link.ended == "expired"


def test_an_ended_link_is_forgotten_after_a_week(services: Services) -> None:
    link_id = make_link(services)
    services.sweeper.sweep(NOW + HOUR)
    services.sweeper.sweep(NOW + HOUR + 8 * 24 * HOUR)
    assert services.records.link(link_id) is None


def test_a_deleted_link_whose_bytes_were_left_by_a_crash_is_freed(services: Services) -> None:
    services.records.end_link(make_link(services), "deleted")
    services.sweeper.sweep(NOW)
    assert stored(services) == set()


def test_a_part_past_its_expiry_goes(services: Services) -> None:
    services.uploads.start("part", "", 5, NOW, partial=True)
    assert services.sweeper.sweep(NOW + 25 * HOUR) == Swept(uploads=1)
    assert stored(services) == set()


def test_an_old_file_without_a_record_goes_and_a_young_one_stays(services: Services) -> None:
    for key, age in (("orphan-old", 2 * HOUR), ("young-file", 60)):
        services.files.create(key)
        path = Path(services.settings.store.data_dir) / "files" / key[:2] / key
        os.utime(path, (NOW - age, NOW - age))
    assert services.sweeper.sweep(NOW) == Swept(orphans=1)
    assert stored(services) == {"young-file"}


def test_only_one_process_sweeps_at_a_time(services: Services) -> None:
    services.records.lease("sweep", "another", NOW, 60)
    assert services.sweeper.sweep(NOW) is None


def test_two_sweeps_follow_each_other(services: Services) -> None:
    assert services.sweeper.sweep(NOW) == services.sweeper.sweep(NOW) == Swept()


def test_a_start_alone_drops_what_a_dead_process_was_receiving(make_app: Callable[..., Flask]) -> None:
    before: Services = make_app().extensions["packetpost"]
    body = before.uploads.start("body", "", 5, NOW)
    part = before.uploads.start("part", "", 5, NOW, partial=True)
    before.records.add_upload(replace(part, expires_at=1e11))
    after: Services = make_app().extensions["packetpost"]
    after.sweeper.start()
    after.sweeper.stop()
    assert after.records.upload(body.id) is None
    assert after.records.upload(part.id) is not None


def test_the_command_says_what_it_removed(app: Flask, services: Services) -> None:
    make_link(services)
    result = app.test_cli_runner().invoke(args=["sweep"])
    assert result.stdout == "Removed 1 links, 0 uploads, 0 files without a record.\n"


@pytest.mark.parametrize("reason", ["deleted", "used-up"])
def test_a_sweep_keeps_the_first_reason(services: Services, reason: str) -> None:
    link_id = make_link(services)
    services.records.end_link(link_id, "deleted" if reason == "deleted" else "used-up")
    services.sweeper.sweep(NOW + HOUR)
    link = services.records.link(link_id)
    assert link is not None
    assert link.ended == reason
