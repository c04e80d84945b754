"""What every store of facts must do about room: whatever comes at once, nothing is given twice."""

import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from packetpost.backends.redis.claims import RedisRecords
from packetpost.backends.redis.rows import pack
from packetpost.backends.redis.store import Store, key
from packetpost.backends.sqlite.database import Database
from packetpost.backends.sqlite.links import SqliteRecords
from packetpost.backends.sqlite.schema import STEPS
from packetpost.errors import NoSpace, NotFound, Problem, ShareTaken
from packetpost.models import LEAST_FILE, LEAST_RATE, Bounds, Link, Upload
from packetpost.protocols import Records
from packetpost.tus_errors import PartTaken
from tests.support.redis_process import RedisServer

NOW = 1000.0
KB = 1000
# Room for ten files of 100 kB, for each holder for five.
BOUNDS = Bounds(total=1000 * KB, share=500 * KB, holder="", now=NOW, idle_since=NOW - 300)
ANNA, BEN = replace(BOUNDS, holder="anna"), replace(BOUNDS, holder="ben")
LINK = Link("link", "owner", "", NOW, NOW + 9000)
UPLOAD = Upload("upload", "", 0, "a", 100 * KB, "", NOW, NOW + 9000)
UNSIZED = replace(UPLOAD, size=None)


def later(seconds: float, bounds: Bounds = BOUNDS) -> Bounds:
    return replace(bounds, now=bounds.now + seconds, idle_since=bounds.idle_since + seconds)


def held(records: Records) -> tuple[int, int]:
    return records.promised_bytes(), records.kept_bytes()


def at_once(step: Callable[[int], object], times: int) -> int:
    """How many of so many steps at once were not refused."""

    def tried(number: int) -> bool:
        try:
            step(number)
        except Problem:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        return sum(pool.map(tried, range(times)))


def test_of_many_links_at_once_as_many_are_made_as_fit(records: Records) -> None:
    def make(number: int) -> None:
        link = replace(LINK, id=f"link{number}")
        records.add_link(link, [replace(UPLOAD, id=f"upload{number}")], BOUNDS)

    assert at_once(make, 60) == 10
    assert held(records) == (1000 * KB, 10 * UPLOAD.least)
    assert len(records.links(100)) == 10


def test_of_many_uploads_at_once_as_many_are_taken_as_fit(records: Records) -> None:
    assert at_once(lambda number: records.add_upload(replace(UPLOAD, id=str(number)), BOUNDS), 60) == 10


def test_of_many_deferred_sizes_at_once_as_many_are_settled_as_fit(records: Records) -> None:
    for number in range(20):
        records.add_upload(replace(UNSIZED, id=str(number)), BOUNDS)
    assert at_once(lambda number: records.settle_size(str(number), 190 * KB, BOUNDS), 20) == 4
    assert records.promised_bytes() == 4 * 190 * KB + 16 * UNSIZED.least


def test_of_many_bodies_at_once_all_hold_no_more_than_there_is(records: Records) -> None:
    for number in range(20):
        records.add_upload(replace(UNSIZED, id=str(number)), BOUNDS)
    assert at_once(lambda number: records.hold(str(number), 0, 190 * KB, 190 * KB, BOUNDS), 20) == 4


def test_a_refused_link_leaves_nothing(records: Records) -> None:
    with pytest.raises(NoSpace):
        records.add_link(LINK, [replace(UPLOAD, size=1001 * KB)], BOUNDS)
    assert (records.link("link"), records.upload("upload"), held(records)) == (None, None, (0, 0))


def test_a_small_file_counts_with_its_place_and_its_texts(records: Records) -> None:
    records.add_link(LINK, [replace(UPLOAD, size=0, metadata="x" * 2000)], BOUNDS)
    assert records.promised_bytes() == LEAST_FILE + len("a") + 2000


def test_sealed_names_count_until_their_link_ends(records: Records) -> None:
    records.add_link(replace(LINK, sealed="x" * 50 * KB), [UPLOAD], ANNA)
    assert records.promised_bytes() == 150 * KB
    with pytest.raises(ShareTaken):
        records.add_upload(replace(UPLOAD, id="second", size=351 * KB), ANNA)
    records.end_link("link", "deleted")
    records.remove_upload("upload")
    assert held(records) == (1, 0)  # that they were sealed is still known
    records.forget(NOW + 10_000)
    assert held(records) == (0, 0)


def test_nobody_holds_more_than_a_share_and_others_get_theirs(records: Records) -> None:
    assert at_once(lambda number: records.add_upload(replace(UPLOAD, id=f"anna{number}"), ANNA), 20) == 5
    with pytest.raises(ShareTaken):
        records.add_upload(replace(UPLOAD, size=1), ANNA)
    assert at_once(lambda number: records.add_upload(replace(UPLOAD, id=f"ben{number}"), BEN), 20) == 5


def test_a_share_is_free_again_when_its_uploads_go(records: Records) -> None:
    records.add_upload(replace(UPLOAD, size=500 * KB), ANNA)
    records.remove_upload("upload")
    records.add_upload(replace(UPLOAD, id="second", size=500 * KB), ANNA)
    assert records.promised_bytes() == 500 * KB


def test_a_body_gets_what_there_is_where_that_is_enough(records: Records) -> None:
    records.add_upload(replace(UPLOAD, id="other", size=900 * KB), BOUNDS)
    records.add_upload(UNSIZED, BOUNDS)
    assert records.hold("upload", UNSIZED.least, 1, 200 * KB, BOUNDS) == 100 * KB
    with pytest.raises(NoSpace):
        records.hold("upload", 100 * KB, 100 * KB + 1, 300 * KB, BOUNDS)


def test_what_was_held_ahead_is_free_when_it_is_noted(records: Records) -> None:
    records.add_upload(UNSIZED, BOUNDS)
    records.hold("upload", UNSIZED.least, 1, 200 * KB, BOUNDS)
    records.note("upload", 30 * KB, NOW)
    assert held(records) == (30 * KB, 30 * KB)


def test_an_announced_size_is_held_until_it_is_whole(records: Records) -> None:
    records.add_upload(UPLOAD, BOUNDS)
    records.note("upload", 30 * KB, NOW)
    assert held(records) == (100 * KB, 30 * KB)
    records.note("upload", 100 * KB, NOW)
    assert held(records) == (100 * KB, 100 * KB)


def test_a_body_that_has_ended_settles_its_size(records: Records) -> None:
    records.add_upload(UNSIZED, BOUNDS)
    records.hold("upload", UNSIZED.least, 1, 200 * KB, BOUNDS)
    records.note("upload", 30 * KB, NOW, 30 * KB)
    assert records.upload("upload") == replace(UPLOAD, size=30 * KB)
    assert held(records) == (30 * KB, 30 * KB)


def test_a_size_is_settled_once(records: Records) -> None:
    records.add_upload(UNSIZED, BOUNDS)
    assert [records.settle_size("upload", size, BOUNDS) for size in (100 * KB, 50 * KB, 100 * KB)] == [
        True,
        False,
        True,
    ]
    assert records.upload("upload") == UPLOAD


def test_what_makes_no_progress_lapses_when_others_need_the_room(records: Records) -> None:
    records.add_link(LINK, [replace(UPLOAD, size=900 * KB), replace(UPLOAD, id="second")], BOUNDS)
    records.note("upload", 10 * KB, NOW + 1)
    with pytest.raises(NoSpace):
        records.add_upload(replace(UPLOAD, id="third"), later(200))
    records.add_upload(replace(UPLOAD, id="third"), later(400))
    assert records.promised_bytes() == 10 * KB + UPLOAD.least + 100 * KB
    assert {upload.id for upload in records.lapsed()} == {"upload", "second"}


def test_what_has_lapsed_goes_on_where_there_is_room(records: Records) -> None:
    records.add_upload(replace(UPLOAD, size=900 * KB), BOUNDS)
    records.lapse(NOW + 1)
    assert records.promised_bytes() == UPLOAD.least
    assert records.hold("upload", 10 * KB, 11 * KB, 50 * KB, later(400)) == 50 * KB
    records.add_upload(replace(UPLOAD, id="second", size=900 * KB, created_at=NOW + 401), later(401))
    with pytest.raises(NoSpace):
        records.hold("upload", 50 * KB, 101 * KB, 150 * KB, later(402))


def test_what_has_lapsed_is_looked_at_once(records: Records) -> None:
    records.add_upload(replace(UPLOAD, size=900 * KB), BOUNDS)
    records.lapse(NOW + 1)
    records.note("upload", 20 * KB, NOW + 400)
    assert (records.lapsed(), held(records)) == ([], (20 * KB, 20 * KB))


def test_progress_of_one_file_keeps_what_its_link_holds(records: Records) -> None:
    records.add_link(LINK, [replace(UPLOAD, size=800 * KB), replace(UPLOAD, id="second", position=1)], BOUNDS)
    records.note("upload", UPLOAD.least + 150 * LEAST_RATE, NOW + 250)
    records.lapse(NOW + 149)
    assert records.promised_bytes() == 800 * KB + 100 * KB


def test_a_trickle_is_no_progress(records: Records) -> None:
    records.add_upload(UPLOAD, BOUNDS)
    for second in range(1, 400, 10):
        records.note("upload", UPLOAD.least + second, NOW + second)
    records.lapse(NOW + 100)
    assert records.promised_bytes() == UPLOAD.least + 391


def test_of_an_upload_that_is_gone_nothing_can_be_held(records: Records) -> None:
    with pytest.raises(NotFound):
        records.hold("x", 0, 1, 1, BOUNDS)
    with pytest.raises(NotFound):
        records.settle_size("x", 1, BOUNDS)


PARTS = [replace(UPLOAD, id=f"part{number}", partial=True) for number in range(3)]
WHOLE = replace(UPLOAD, id="whole", size=300 * KB)


def test_parts_are_claimed_once_however_many_join_them_at_once(records: Records) -> None:
    for part in PARTS:
        records.add_upload(part, BOUNDS)
    part_ids = [part.id for part in PARTS]
    assert at_once(lambda n: records.claim_parts(part_ids, replace(WHOLE, id=f"whole{n}"), BOUNDS), 20) == 1
    assert records.promised_bytes() == 600 * KB


def test_a_part_can_be_joined_again_when_what_claimed_it_is_gone(records: Records) -> None:
    records.add_upload(PARTS[0], BOUNDS)
    records.claim_parts(["part0"], WHOLE, BOUNDS)
    with pytest.raises(PartTaken):
        records.claim_parts(["part0"], replace(WHOLE, id="second"), BOUNDS)
    records.remove_upload("whole")
    records.claim_parts(["part0"], replace(WHOLE, id="second"), BOUNDS)


def test_a_join_for_which_there_is_no_room_claims_nothing(records: Records) -> None:
    records.add_upload(PARTS[0], BOUNDS)
    with pytest.raises(NoSpace):
        records.claim_parts(["part0"], replace(WHOLE, size=901 * KB), BOUNDS)
    records.claim_parts(["part0"], WHOLE, BOUNDS)


def test_what_is_no_part_is_not_joined(records: Records) -> None:
    records.add_upload(UPLOAD, BOUNDS)
    with pytest.raises(NotFound):
        records.claim_parts(["upload"], WHOLE, BOUNDS)
    assert records.upload("whole") is None


def test_a_link_that_shows_an_upload_holds_nothing_more(records: Records) -> None:
    records.add_upload(replace(UPLOAD, size=900 * KB), replace(ANNA, share=1000 * KB))
    records.add_link(LINK, [replace(UPLOAD, size=900 * KB)], BEN)
    assert held(records) == (900 * KB, UPLOAD.least)
    records.remove_upload("upload")
    records.add_upload(replace(UPLOAD, id="second", size=500 * KB), ANNA)


def test_what_an_older_version_kept_in_sqlite_is_held(tmp_path: Path) -> None:
    path = tmp_path / "facts.sqlite"
    before = next(number for number, step in enumerate(STEPS) if "held INTEGER" in step[0])
    with closing(sqlite3.connect(path)) as old:
        for step in STEPS[:before]:
            for statement in step:
                old.execute(statement)
        upload = "INSERT INTO uploads VALUES (?, 'link', 0, 'a', ?, '', ?, ?, '', 0)"
        for upload_id, size in (("sized", 9000), ("small", 5), ("unsized", None)):
            old.execute(upload, (upload_id, size, NOW, NOW + 9000))
        old.execute(f"PRAGMA user_version = {before}")
        old.commit()
    records = SqliteRecords(Database(path))
    assert records.promised_bytes() == 9000 + 2 * LEAST_FILE
    for upload_id in ("sized", "small", "unsized"):
        records.remove_upload(upload_id)
    assert held(records) == (0, 0)


def test_what_an_older_version_kept_in_redis_is_held(redis_server: RedisServer) -> None:
    with redis_server.client() as client:
        client.set(key("promised"), 9000)
        client.hset(key("upload", "old"), mapping={**pack(replace(UPLOAD, id="old", size=9000))})
    store = Store(redis_server.url)
    records = RedisRecords(store, "process")
    assert records.hold("old", 4096, 9000, 9000, BOUNDS) == 9000
    records.note("old", 9000, NOW)
    assert held(records) == (9000, 9000)
    records.remove_upload("old")
    assert held(records) == (0, 0)
    store.close()
