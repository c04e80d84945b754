"""What every store of facts must do about claims: a link's downloads are given to as many as it allows, and no more."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from packetpost.models import Claim
from packetpost.protocols import Records
from tests.backends.test_records import LINK, NOW, UPLOAD

CLAIM = Claim("claim", "link", "receiver", NOW + 60, streaming=(0, 1), finished=frozenset({2}))


def test_a_claim_comes_back_as_it_was_while_it_lives(records: Records) -> None:
    records.add_link(LINK, [])
    assert records.put_claim(CLAIM, NOW)
    assert records.claims_of("link", "receiver", NOW) == [CLAIM]
    assert records.claims_of("link", "receiver", NOW + 60) == []
    assert records.claims_of("link", "somebody else", NOW) == []


def test_a_claim_that_fell_back_is_found_again_until_it_is_counted(records: Records) -> None:
    records.add_link(replace(LINK, max_downloads=None), [])
    kept = replace(CLAIM, given=(0, 5, 900), sent=895)
    records.put_claim(replace(kept, id="older", live_until=NOW + 30), NOW)
    records.put_claim(kept, NOW)
    assert records.fallen_claim("link", "receiver", NOW) is None
    assert records.fallen_claim("link", "receiver", NOW + 60) == kept
    for claim_id in ("claim", "older"):
        records.change_claim(claim_id, lambda claim: replace(claim, counted=True))
    assert records.fallen_claim("link", "receiver", NOW + 61) is None
    assert records.claims_of("link", "receiver", NOW + 61) == []


def test_the_last_download_is_claimed_by_one(records: Records) -> None:
    records.add_link(LINK, [])
    assert records.put_claim(CLAIM, NOW)
    assert not records.put_claim(replace(CLAIM, id="second"), NOW)


def test_a_claim_that_died_uncounted_gives_its_place_away(records: Records) -> None:
    records.add_link(LINK, [])
    records.put_claim(CLAIM, NOW)
    assert records.put_claim(replace(CLAIM, id="second"), NOW + 61)


def test_a_counted_claim_raises_the_count_once_and_keeps_its_place(records: Records) -> None:
    records.add_link(LINK, [])
    records.put_claim(CLAIM, NOW)
    for _ in range(2):
        records.change_claim("claim", lambda claim: replace(claim, counted=True))
    assert records.link("link") == replace(LINK, downloads=1)
    assert not records.put_claim(replace(CLAIM, id="second"), NOW + 1000)


def test_claims_of_an_unlimited_link_are_never_refused(records: Records) -> None:
    records.add_link(replace(LINK, max_downloads=None), [])
    assert all(records.put_claim(replace(CLAIM, id=str(number)), NOW) for number in range(5))


def test_a_claim_that_is_not_kept_is_not_changed(records: Records) -> None:
    assert records.change_claim("x", lambda claim: claim) is None


def test_changes_of_one_claim_at_once_are_all_kept(records: Records) -> None:
    records.add_link(replace(LINK, max_downloads=None), [])
    records.put_claim(replace(CLAIM, streaming=()), NOW)

    def add(position: int) -> None:
        records.change_claim("claim", lambda claim: replace(claim, streaming=(*claim.streaming, position)))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(add, range(40)))
    (claim,) = records.claims_of("link", "receiver", NOW)
    assert sorted(claim.streaming) == list(range(40))


def test_of_many_claims_at_once_as_many_are_kept_as_the_link_allows(records: Records) -> None:
    records.add_link(replace(LINK, max_downloads=7), [])
    with ThreadPoolExecutor(8) as pool:
        kept = list(pool.map(lambda number: records.put_claim(replace(CLAIM, id=str(number)), NOW), range(40)))
    assert sum(kept) == 7


def test_old_claims_are_forgotten_and_young_ones_stay(records: Records) -> None:
    records.add_link(replace(LINK, max_downloads=None), [UPLOAD])
    for claim_id, until in (("old", NOW), ("young", NOW + 9000)):
        records.put_claim(replace(CLAIM, id=claim_id, live_until=until), NOW)
    records.forget(NOW + 1000)
    assert [claim.id for claim in records.claims_of("link", "receiver", 0)] == ["young"]


def test_a_used_up_link_waits_for_its_last_claim(records: Records) -> None:
    records.add_link(LINK, [UPLOAD])
    records.put_claim(CLAIM, NOW)
    records.change_claim("claim", lambda claim: replace(claim, counted=True))
    assert records.used_up_links(NOW) == []
    assert [link.id for link in records.used_up_links(NOW + 61)] == ["link"]
