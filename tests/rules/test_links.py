"""Making, finding and ending links, and filling their uploads."""

import pytest

from packetpost import tus
from packetpost.errors import (
    BadRequest,
    LinkEnded,
    LinkGone,
    LinkTakenDown,
    NoFile,
    NoSpace,
    NotFound,
    NotOwner,
    TooLarge,
    WrongPassword,
)
from packetpost.models import Entry, Options
from packetpost.web.http.services import Services
from tests.support.bodies import Bytes

NOW = 1_000_000.0
HOUR = Options(3600)
GIB = 1024**3


def test_a_link_has_an_upload_for_every_entry(services: Services) -> None:
    made = services.links.make([Entry("a.txt", 1), Entry("d/b.txt", None)], HOUR, NOW)
    stored_uploads = services.links.stored_uploads(made.link.id)
    assert [(stored.upload.path, stored.upload.size, stored.offset) for stored in stored_uploads] == [
        ("a.txt", 1, 0),
        ("d/b.txt", None, 0),
    ]


def test_ids_and_tokens_are_long_and_tokens_are_not_kept(services: Services) -> None:
    made = services.links.make([Entry("a.txt", 1)], HOUR, NOW)
    assert len(made.link.id) == len(made.upload_token(0)) == 22
    assert len(made.token) == 32
    kept = repr((services.records.link(made.link.id), services.records.uploads_of(made.link.id)))
    assert not [token for token in (made.token, made.upload_token(0)) if token in kept]


def test_a_link_of_no_files_is_refused(services: Services) -> None:
    with pytest.raises(NoFile):
        services.links.make([], HOUR, NOW)


def test_a_link_above_the_limit_is_refused(services: Services) -> None:
    with pytest.raises(TooLarge):
        services.links.make([Entry("a", GIB), Entry("b", GIB + 1)], HOUR, NOW)


def test_too_many_files_are_refused(services: Services) -> None:
    with pytest.raises(TooLarge, match="1000 files"):
        services.links.make([Entry(str(n), 0) for n in range(1001)], HOUR, NOW)


def test_sealed_names_are_bound_by_the_number_of_files(services: Services) -> None:
    entries = [Entry(str(number), 1) for number in range(2)]
    services.links.make(entries, Options(3600, sealed="x" * 8192), NOW)
    with pytest.raises(TooLarge, match="sealed names"):
        services.links.make(entries, Options(3600, sealed="x" * 8193), NOW)


def test_promised_bytes_leave_no_room_for_more(services: Services) -> None:
    while services.links.room() >= 2 * GIB:
        services.links.make([Entry("a", 2 * GIB)], HOUR, NOW)
    with pytest.raises(NoSpace):
        services.links.make([Entry("a", services.links.room() + 1)], HOUR, NOW)


def test_bytes_of_unknown_size_take_room_as_they_are_stored(services: Services) -> None:
    made = services.links.make([Entry("a", None)], HOUR, NOW)
    before = services.settings.limits.stored_bytes - services.records.promised_bytes()
    services.uploads.append(made.upload_token(0), tus.Append(0, None, None), Bytes(bytes(9000)), NOW)
    assert services.links.room() == before - (9000 - made.uploads[0].least)


@pytest.mark.parametrize("lifetime", [0, -1, 8 * 24 * 3600])
def test_a_lifetime_that_cannot_be_is_refused(services: Services, lifetime: int) -> None:
    with pytest.raises(BadRequest):
        services.links.make([Entry("a", 1)], Options(lifetime), NOW)


def test_an_expired_link_is_gone_without_a_sweep(services: Services) -> None:
    made = services.links.make([Entry("a", 1)], HOUR, NOW)
    assert services.links.find(made.link.id, NOW + 3599) == made.link
    with pytest.raises(LinkGone):
        services.links.find(made.link.id, NOW + 3600)


def test_who_had_the_link_learns_why_it_ended(services: Services) -> None:
    made = services.links.make([Entry("a", 1)], HOUR, NOW)
    with pytest.raises(LinkEnded, match="expired"):
        services.links.find(made.link.id, NOW + 3600, known=True)


def test_a_deleted_link_loses_its_bytes(services: Services) -> None:
    made = services.links.make([Entry("a", 1)], HOUR, NOW)
    services.links.end(made.link, "deleted")
    assert (services.links.stored_uploads(made.link.id), list(services.files.stored())) == ([], [])


def test_only_the_token_makes_an_owner(services: Services) -> None:
    made = services.links.make([Entry("a", 1)], HOUR, NOW)
    assert services.links.owned(made.link.id, made.token) == made.link
    for link_id, token in ((made.link.id, "x"), (made.link.id, ""), ("nothing", made.token)):
        with pytest.raises(NotOwner):
            services.links.owned(link_id, token)


def test_a_password_opens_its_link_only(services: Services) -> None:
    made = services.links.make([Entry("a", 1)], Options(3600, password="paß"), NOW)
    services.links.unlock(made.link, "paß")
    with pytest.raises(WrongPassword):
        services.links.unlock(made.link, "pass")


def test_a_received_body_settles_its_size(services: Services) -> None:
    upload = services.uploads.start("a", "", None, NOW)
    assert services.uploads.receive(upload, Bytes(b"12345"), 10).size == 5
    assert services.records.promised_bytes() == upload.least


def test_a_body_above_the_limit_leaves_nothing(services: Services) -> None:
    upload = services.uploads.start("a", "", None, NOW)
    with pytest.raises(TooLarge):
        services.uploads.receive(upload, Bytes(b"12345"), 4)
    assert (services.records.upload(upload.id), list(services.files.stored())) == (None, [])


def test_a_deferred_length_is_settled_once(services: Services) -> None:
    token = services.links.make([Entry("a", None)], HOUR, NOW).upload_token(0)
    services.uploads.append(token, tus.Append(0, 4, None), Bytes(b"12"), NOW)
    with pytest.raises(BadRequest):
        services.uploads.append(token, tus.Append(2, 5, None), Bytes(b"34"), NOW)


@pytest.mark.parametrize("known", [True, False])
def test_whoever_has_the_address_is_told_of_a_takedown(services: Services, known: bool) -> None:
    made = services.links.make([Entry("a", 1)], HOUR, NOW)
    services.links.end(made.link, "taken-down")
    with pytest.raises(LinkTakenDown):
        services.links.find(made.link.id, NOW + 7200, known)
    assert list(services.files.stored()) == []


def test_an_upload_is_not_found_once_its_link_has_ended(services: Services) -> None:
    made = services.links.make([Entry("a", 1)], HOUR, NOW)
    services.records.end_link(made.link.id, "deleted")
    with pytest.raises(NotFound):
        services.uploads.stored(made.upload_token(0), NOW)


def test_a_link_whose_last_upload_is_cancelled_ends(services: Services) -> None:
    made = services.links.make([Entry("a", 1), Entry("b", 1)], HOUR, NOW)
    services.uploads.cancel(made.upload_token(0), NOW)
    services.links.find(made.link.id, NOW)
    services.uploads.cancel(made.upload_token(1), NOW)
    with pytest.raises(LinkGone):
        services.links.find(made.link.id, NOW)


def test_finished_parts_become_a_link(services: Services) -> None:
    parts = ["one", "two"]
    for part in parts:
        services.uploads.start(part, "", 2, NOW, token=part, partial=True)
        services.uploads.append(part, tus.Append(0, None, None), Bytes(b"12"), NOW)
    made = services.uploads.join("whole", parts, Entry("a", None), HOUR, NOW, "")
    assert [stored.offset for stored in services.links.stored_uploads(made.link.id)] == [4]
    assert {key for key, _ in services.files.stored()} == {made.uploads[0].id}


def test_unfinished_parts_are_not_joined(services: Services) -> None:
    services.uploads.start("a", "", 2, NOW, token="part", partial=True)
    with pytest.raises(BadRequest):
        services.uploads.join("whole", ["part"], Entry("a", None), HOUR, NOW, "")
