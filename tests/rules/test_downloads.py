"""Who may have which file, and when a download counts."""

from pathlib import Path

import pytest

from packetpost.backends.sqlite.database import Database
from packetpost.backends.sqlite.links import SqliteRecords
from packetpost.downloads import COUNTED_GRACE, GRACE, Asked, Downloads, Receiver
from packetpost.errors import LinkBusy, LinkGone
from packetpost.given_bytes import ZIP
from packetpost.models import Claim, Link

NOW = 1000.0
SIZE = 1000
ANNA, BEN = Receiver("anna", proven=True), Receiver("ben", proven=True)
SOMEBODY = Receiver("an address", proven=False)


class Desk:
    """A link of `files` files with a limit, and the rules over it."""

    def __init__(self, folder: Path, limit: int | None, files: int = 1) -> None:
        self.records, self.files = SqliteRecords(Database(folder / "facts.sqlite")), files
        self.downloads = Downloads(self.records)
        self.records.add_link(Link("link", "", "", NOW, NOW + 1e6, max_downloads=limit), [])

    @property
    def link(self) -> Link:
        link = self.records.link("link")
        assert link is not None
        return link

    def claim(self, receiver: Receiver, position: int = 0, *, fresh: bool = True, at: float = 0) -> Claim:
        return self.downloads.claim(self.link, receiver, self.part(position, 0 if fresh else 500), NOW + at)

    def end(self, claim: Claim, position: int = 0, *, finished: bool = True, whole: bool = True, at: float = 0) -> None:
        asked = self.part(position, 0 if whole else 500)
        sent = asked.end - asked.start if finished else 0
        self.downloads.release(claim, asked, 0, sent, finished, NOW + at)

    def part(self, position: int = 0, start: int = 0, end: int = SIZE) -> Asked:
        return Asked(position, (position,), start, end, SIZE, self.files, SIZE * self.files)

    def give(self, receiver: Receiver, start: int, end: int, *, position: int = 0, at: float = 0) -> None:
        """An answer of those bytes, which ends."""
        asked = self.part(position, start, end)
        claim = self.downloads.claim(self.link, receiver, asked, NOW + at)
        self.downloads.release(claim, asked, 0, end - start, True, NOW + at)

    def fetch(self, receiver: Receiver, position: int = 0, *, at: float = 0) -> None:
        self.end(self.claim(receiver, position, at=at), position, at=at)


@pytest.fixture
def one(tmp_path: Path) -> Desk:
    """One file, one download."""
    return Desk(tmp_path, limit=1)


@pytest.fixture
def two_files(tmp_path: Path) -> Desk:
    """Two files, one download."""
    return Desk(tmp_path, limit=1, files=2)


def test_a_finished_download_counts_once(one: Desk) -> None:
    one.fetch(ANNA)
    assert (one.link.downloads, one.link.downloads_left) == (1, 0)


def test_an_aborted_try_does_not_count(one: Desk) -> None:
    one.end(one.claim(ANNA), finished=False)
    assert one.link.downloads == 0


def test_the_last_download_is_never_given_to_two_receivers_at_once(one: Desk) -> None:
    one.claim(ANNA)
    with pytest.raises(LinkBusy) as refused:
        one.claim(BEN)
    assert refused.value.retry_after == GRACE


def test_who_comes_after_the_last_download_finds_it_gone(one: Desk) -> None:
    one.fetch(ANNA)
    with pytest.raises(LinkGone):
        one.claim(BEN)


def test_an_aborted_claim_is_held_for_its_owner_and_then_falls_back(one: Desk) -> None:
    one.end(one.claim(ANNA), finished=False)
    with pytest.raises(LinkBusy):
        one.claim(BEN, at=GRACE - 1)
    one.claim(BEN, at=GRACE + 1)


def test_a_resume_within_the_grace_joins_its_claim(one: Desk) -> None:
    first = one.claim(ANNA)
    one.end(first, finished=False)
    again = one.claim(ANNA, fresh=False, at=10)
    assert again.id == first.id
    one.end(again, at=20)
    assert one.link.downloads == 1


def test_a_moving_claim_stays_alive(one: Desk) -> None:
    claim = one.claim(ANNA)
    one.downloads.moving(claim, one.part(), 0, 0, NOW + 50)
    with pytest.raises(LinkBusy):
        one.claim(BEN, at=GRACE + 10)


def test_a_lost_tail_can_be_fetched_again_without_counting(one: Desk) -> None:
    one.fetch(ANNA)
    one.end(one.claim(ANNA, fresh=False, at=10), at=11)
    assert one.link.downloads == 1


def test_a_file_whose_last_part_came_first_may_be_asked_for_again(one: Desk) -> None:
    one.end(one.claim(SOMEBODY, fresh=False), whole=False)
    one.end(one.claim(SOMEBODY, at=5), at=6)
    assert one.link.downloads == 1


def test_a_finished_file_asked_for_from_its_start_is_a_new_download(tmp_path: Path) -> None:
    desk = Desk(tmp_path, limit=2)
    desk.fetch(ANNA)
    desk.fetch(ANNA, at=1)
    assert desk.link.downloads == 2


def test_a_counted_receiver_may_fetch_the_other_files(two_files: Desk) -> None:
    two_files.fetch(ANNA, 0)
    two_files.fetch(ANNA, 1, at=COUNTED_GRACE - 1)
    assert two_files.link.downloads == 1


def test_the_other_files_are_not_kept_for_ever(two_files: Desk) -> None:
    two_files.fetch(ANNA, 0)
    with pytest.raises(LinkGone):
        two_files.claim(ANNA, 1, at=COUNTED_GRACE + 1)


def test_parallel_ranges_of_one_program_share_a_claim(one: Desk) -> None:
    claims = [one.claim(SOMEBODY), *(one.claim(SOMEBODY, fresh=False) for _ in range(3))]
    assert len({claim.id for claim in claims}) == 1
    for claim in claims[1:]:
        one.end(claim, finished=False)
    one.end(claims[0])
    assert one.link.downloads == 1


def test_two_people_behind_one_address_are_two_receivers(one: Desk) -> None:
    one.claim(SOMEBODY)
    with pytest.raises(LinkBusy):
        one.claim(SOMEBODY)


def test_a_browser_that_asks_twice_at_once_is_one_receiver(one: Desk) -> None:
    assert one.claim(ANNA).id == one.claim(ANNA).id


def test_a_link_without_a_limit_counts_receivers(tmp_path: Path) -> None:
    desk = Desk(tmp_path, limit=None)
    desk.fetch(ANNA)
    desk.fetch(BEN)
    assert (desk.link.downloads, desk.link.downloads_left) == (2, None)


def test_only_the_holder_still_sees_a_taken_link(one: Desk) -> None:
    one.fetch(ANNA)
    seen = [one.downloads.sees(one.link, who, NOW + 1) for who in (ANNA, BEN)]
    assert seen == [True, False]


def test_a_receiver_with_everything_needs_no_page_any_more(two_files: Desk) -> None:
    two_files.fetch(ANNA, 0)
    assert not two_files.downloads.has_everything(two_files.link, ANNA, 2, NOW + 1)
    two_files.fetch(ANNA, 1, at=1)
    assert two_files.downloads.has_everything(two_files.link, ANNA, 2, NOW + 2)


def test_a_zip_counts_as_all_files(two_files: Desk) -> None:
    both = Asked(ZIP, (0, 1), 0, 2 * SIZE + 300, 2 * SIZE + 300, 2, 2 * SIZE)
    claim = two_files.downloads.claim(two_files.link, ANNA, both, NOW)
    two_files.downloads.release(claim, both, 0, 2 * SIZE + 300, True, NOW)
    with pytest.raises(LinkGone):
        two_files.claim(ANNA, 0, at=1)


def test_all_but_the_last_byte_counts(one: Desk) -> None:
    one.give(ANNA, 0, SIZE - 1)
    assert one.link.downloads == 1
    with pytest.raises(LinkGone):
        one.claim(BEN, at=GRACE + 1)


def test_nine_tenths_count_over_ranges(one: Desk) -> None:
    for start in range(0, 800, 100):
        one.give(SOMEBODY, start, start + 100)
    assert one.link.downloads == 0
    one.give(SOMEBODY, 800, 900)
    assert one.link.downloads == 1


def test_nine_tenths_count_over_time(one: Desk) -> None:
    one.give(ANNA, 0, 500)
    one.give(BEN, 0, 500, at=2 * GRACE)  # the claim fell back to the link
    one.give(ANNA, 500, 900, at=4 * GRACE)
    assert one.link.downloads == 1
    with pytest.raises(LinkGone):
        one.claim(BEN, at=6 * GRACE)


def test_the_same_half_again_and_again_counts_in_the_end(one: Desk) -> None:
    for number in range(8):
        one.give(ANNA, 0, 500, at=number * 2 * GRACE)
    assert one.link.downloads == 1


def test_a_try_that_broke_off_early_counts_for_nobody(one: Desk) -> None:
    asked = one.part()
    claim = one.downloads.claim(one.link, ANNA, asked, NOW)
    one.downloads.release(claim, asked, 0, 899, False, NOW)
    assert one.link.downloads == 0


def test_a_download_counts_while_it_still_runs(one: Desk) -> None:
    asked = one.part()
    claim = one.downloads.claim(one.link, ANNA, asked, NOW)
    one.downloads.moving(claim, asked, 0, 950, NOW + 15)
    assert one.link.downloads == 1
    one.downloads.release(claim, asked, 950, SIZE, True, NOW + 20)
    assert one.link.downloads == 1


def test_who_lost_the_last_tenth_may_fetch_it(one: Desk) -> None:
    one.give(ANNA, 0, 950)
    one.give(ANNA, 950, SIZE, at=30 * GRACE)
    assert one.link.downloads == 1
    with pytest.raises(LinkGone):
        one.claim(ANNA, at=30 * GRACE + COUNTED_GRACE + 1)


@pytest.mark.parametrize("start", [0, 1])
def test_a_counted_receiver_does_not_get_it_again_and_again(one: Desk, start: int) -> None:
    def fetch_again_and_again() -> None:
        for number in range(6):
            one.give(ANNA, start, SIZE - 1, at=number)

    with pytest.raises(LinkGone):
        fetch_again_and_again()


def test_an_empty_file_counts_when_it_was_given_and_not_before(one: Desk) -> None:
    empty = Asked(0, (0,), 0, 0, 0, 1, 0)
    claim = one.downloads.claim(one.link, ANNA, empty, NOW)
    one.downloads.release(claim, empty, 0, 0, False, NOW)
    assert one.link.downloads == 0
    claim = one.downloads.claim(one.link, ANNA, empty, NOW)
    one.downloads.release(claim, empty, 0, 0, True, NOW)
    assert one.link.downloads == 1
