"""What every store of facts must do."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from packetpost.backends.redis.store import PREFIX, Store
from packetpost.errors import SettingsError
from packetpost.models import Link, Report, Upload
from packetpost.protocols import Records
from tests.support.redis_process import RedisServer

NOW = 1000.0
LINK = Link("link", "owner", "", NOW, NOW + 100, max_downloads=1)
UPLOAD = Upload("upload", "link", 0, "a.txt", 5000, "text/plain", NOW, NOW + 100, "filename YQ==", concat="final;a b")
REPORT = Report("report", "link", "malware", "it bites", "me@home.example", NOW)


def test_a_link_and_its_uploads_come_back_as_they_were(records: Records) -> None:
    second = replace(UPLOAD, id="second", position=1, size=None)
    records.add_link(LINK, [second, UPLOAD])
    assert (records.link("link"), records.uploads_of("link")) == (LINK, [UPLOAD, second])


def test_a_checksum_and_a_time_come_back_and_go_with_their_upload(records: Records) -> None:
    upload = replace(UPLOAD, changed_at=1234.567)
    records.add_link(LINK, [upload])
    records.set_crc("upload", 2**32 - 1)
    assert records.upload("upload") == replace(upload, crc=2**32 - 1)
    records.remove_upload("upload")
    records.set_crc("upload", 7)
    assert records.upload("upload") is None


def test_what_was_never_kept_is_none(records: Records) -> None:
    assert (records.link("x"), records.upload("x"), records.uploads_of("x")) == (None, None, [])


def test_facts_survive_the_process(open_records: Callable[[], Records]) -> None:
    open_records().add_link(LINK, [UPLOAD])
    again = open_records()
    assert (again.link("link"), again.upload("upload")) == (LINK, UPLOAD)


def test_a_link_takes_over_an_upload_that_had_none(records: Records) -> None:
    records.add_upload(replace(UPLOAD, link_id="", partial=True))
    records.add_link(LINK, [UPLOAD])
    assert records.uploads_of("link") == [UPLOAD]


def test_a_link_that_loses_its_uploads_promises_nothing_and_is_not_to_be_freed(records: Records) -> None:
    records.add_link(replace(LINK, expires_at=900), [UPLOAD])
    records.remove_upload("upload")
    assert (records.promised_bytes(), records.links_to_free(NOW), records.uploads_of("link")) == (0, [], [])


def test_an_upload_that_got_a_link_is_no_stray(records: Records) -> None:
    records.add_upload(replace(UPLOAD, link_id="", expires_at=900))
    records.add_link(LINK, [replace(UPLOAD, expires_at=900)])
    assert (records.stray_uploads(NOW), records.unfinished_bodies(NOW + 1), records.promised_bytes()) == ([], [], 5000)


def test_of_an_unknown_upload_nothing_is_noted_or_removed(records: Records) -> None:
    records.note("x", 7, NOW, 7)
    records.remove_upload("x")
    assert (records.upload("x"), records.promised_bytes(), records.kept_bytes()) == (None, 0, 0)


def test_a_link_ends_once(records: Records) -> None:
    records.add_link(LINK, [])
    assert [records.end_link("link", "deleted"), records.end_link("link", "expired")] == [True, False]
    assert records.link("link") == replace(LINK, ended="deleted")


def test_links_to_free_are_ended_or_expired_and_keep_uploads(records: Records) -> None:
    links = [
        replace(LINK, id="open"),
        replace(LINK, id="expired", expires_at=900),
        replace(LINK, id="ended", ended="deleted"),
    ]
    for link in links:
        records.add_link(link, [replace(UPLOAD, id=link.id)])
    records.add_link(replace(LINK, id="empty", ended="deleted"), [])
    assert {link.id for link in records.links_to_free(NOW)} == {"expired", "ended"}


def test_strays_are_expired_and_belong_to_no_link(records: Records) -> None:
    records.add_link(LINK, [UPLOAD])
    records.add_upload(replace(UPLOAD, id="stray", link_id="", expires_at=900))
    records.add_upload(replace(UPLOAD, id="young", link_id=""))
    assert [upload.id for upload in records.stray_uploads(NOW)] == ["stray"]


def test_unfinished_bodies_are_neither_parts_nor_in_a_link(records: Records) -> None:
    records.add_link(LINK, [UPLOAD])
    records.add_upload(replace(UPLOAD, id="part", link_id="", partial=True))
    records.add_upload(replace(UPLOAD, id="body", link_id=""))
    assert [upload.id for upload in records.unfinished_bodies(NOW + 1)] == ["body"]


def test_forgetting_spares_links_that_keep_uploads(records: Records) -> None:
    records.add_link(LINK, [UPLOAD])
    records.add_link(replace(LINK, id="empty"), [])
    assert records.forget(NOW + 1000) == 1
    assert records.link("link") is not None


def test_known_uploads_are_those_that_are_kept(records: Records) -> None:
    records.add_upload(UPLOAD)
    assert records.known_uploads(["upload", "other"]) == {"upload"}


def test_links_are_listed_newest_first_and_no_more_than_asked_for(records: Records) -> None:
    for number, ended in ((2, ""), (3, "deleted"), (1, "")):
        records.add_link(replace(LINK, id=str(number), created_at=NOW + number, ended=ended), [])  # type: ignore[arg-type]
    assert [link.id for link in records.links(2)] == ["3", "2"]


def test_open_links_are_counted(records: Records) -> None:
    records.add_link(LINK, [])
    records.add_link(replace(LINK, id="ended", ended="taken-down"), [])
    records.add_link(replace(LINK, id="expired", expires_at=NOW), [])
    assert (records.count_links(NOW), records.count_links(NOW + 100)) == (1, 0)


def test_reports_come_back_newest_first(records: Records) -> None:
    later = replace(REPORT, id="later", at=NOW + 1, text="", contact="")
    records.add_link(LINK, [])
    assert [records.add_report(report, 5) for report in (REPORT, later)] == [True, True]
    assert records.reports() == [later, REPORT]


def test_a_link_keeps_so_many_reports_and_no_more(records: Records) -> None:
    records.add_link(LINK, [])
    records.add_link(replace(LINK, id="other"), [])
    assert [records.add_report(replace(REPORT, id=str(n)), 2) for n in range(3)] == [True, True, False]
    assert records.add_report(replace(REPORT, link_id="other"), 2)


def test_reports_are_forgotten_with_their_link(records: Records) -> None:
    records.add_link(LINK, [])
    records.add_link(replace(LINK, id="young", expires_at=NOW + 9000), [])
    for link_id in ("link", "young"):
        records.add_report(replace(REPORT, id=link_id, link_id=link_id), 5)
    records.forget(NOW + 1000)
    assert [report.link_id for report in records.reports()] == ["young"]


def test_a_lease_is_held_by_one_until_it_runs_out(records: Records) -> None:
    assert records.lease("sweep", "a", NOW, 10)
    assert not records.lease("sweep", "b", NOW + 9, 10)
    assert records.lease("sweep", "a", NOW + 9, 10)
    assert records.lease("sweep", "b", NOW + 19, 10)


def test_the_secret_is_made_once(open_records: Callable[[], Records]) -> None:
    first, second = (open_records().secret() for _ in range(2))
    assert first == second
    assert len(first) == 32


def test_a_redis_from_the_future_is_refused_with_a_sentence(redis_server: RedisServer) -> None:
    with redis_server.client() as client:
        client.set(PREFIX + "version", 999)
        store = Store(redis_server.url)
        with pytest.raises(SettingsError, match="newer Packet Post"):
            store.check()
        store.close()
        client.delete(PREFIX + "version")
