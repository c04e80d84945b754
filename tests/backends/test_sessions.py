"""Live sessions: created, joined, extended, closed, expired, fallen back."""

import base64
import hashlib
import hmac
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import pairwise
from typing import Any
from unittest.mock import ANY

import pytest
from flask import Flask

from packetpost import codes
from packetpost.errors import AlreadyFellBack, BadRequest, NotOwner, SessionEnded, SessionFull, SessionNotFound
from packetpost.models import Seat, Session
from packetpost.sessions import Seated, Sessions
from packetpost.web.http.services import Services
from tests.support.server_process import wait_until

NOW = 1_000_000.0
MINUTE = 60


@pytest.fixture(params=["sqlite", "redis"])
def make_app(request: pytest.FixtureRequest, make_app: Callable[..., Flask]) -> Callable[..., Flask]:
    if request.param == "sqlite":
        return make_app
    url = request.getfixturevalue("redis_server").url
    return lambda **environ: make_app(REDIS_URL=url, **environ)


@pytest.fixture
def sessions(services: Services) -> Sessions:
    return services.sessions


class Ear:
    """A `SignalReceiver` that remembers what it was told."""

    def __init__(self) -> None:
        self.heard: list[dict[str, Any]] = []
        self.closed: int | None = None

    def deliver(self, message: dict[str, Any]) -> None:
        self.heard.append(message)

    def close(self, code: int, reason: str) -> None:
        self.closed = code

    def hears(self, *messages: dict[str, Any]) -> None:
        """Wait until it was told exactly these."""
        wait_until(lambda: len(self.heard) >= len(messages), 5, lambda: f"it heard {self.heard}")
        assert self.heard == list(messages)

    def is_closed(self, code: int) -> None:
        wait_until(lambda: self.closed is not None, 5, "it was not closed")
        assert self.closed == code


@pytest.mark.parametrize("typed", ["K7QF-3MZP", "k7qf3mzp", " k7qf 3mzp ", "K7QF\u20133MZP"])
def test_a_code_is_read_as_people_type_it(typed: str) -> None:
    assert codes.parse_code(typed) == "K7QF3MZP"


@pytest.mark.parametrize("typed", ["", "K7Q", "K7QF-3MZ1", "K7QF-3MZPP", "K7QF-3MZÖ"])
def test_what_is_no_code_is_refused(typed: str) -> None:
    with pytest.raises(BadRequest):
        codes.parse_code(typed)


def test_a_new_session_waits_for_fifteen_minutes(sessions: Sessions) -> None:
    session = sessions.create(NOW).session
    assert (session.state(NOW), session.expires_at) == ("created", NOW + 15 * MINUTE)
    assert codes.parse_code(codes.show_code(session.code)) == session.code


@pytest.mark.parametrize(("minutes", "receivers"), [(9, 1), (31, 1), (15, 0), (15, 17)])
def test_a_session_out_of_bounds_is_refused(sessions: Sessions, minutes: int, receivers: int) -> None:
    with pytest.raises(BadRequest):
        sessions.create(NOW, minutes, receivers)


def test_tokens_are_kept_as_hashes(sessions: Sessions, services: Services) -> None:
    made = sessions.create(NOW)
    assert made.token not in repr(services.live_records.seats(made.session.id))


def test_a_joined_session_has_a_receiver_and_is_full(sessions: Sessions) -> None:
    code = sessions.create(NOW).session.code
    joined = sessions.join(code, NOW)
    assert (joined.seat.number, joined.seat.role, joined.session.state(NOW)) == (1, "receiver", "joined")
    with pytest.raises(SessionFull):
        sessions.join(code, NOW)


def test_a_receiver_comes_back_to_its_own_seat(sessions: Sessions) -> None:
    code = sessions.create(NOW, None, 2).session.code
    first = sessions.join(code, NOW)
    again = sessions.join(code, NOW, first.token)
    assert (again.seat.number, again.token) == (1, first.token)


def test_the_senders_token_takes_no_receivers_seat_twice(sessions: Sessions) -> None:
    made = sessions.create(NOW)
    assert sessions.join(made.session.code, NOW, made.token).seat.number == 1


def test_sixteen_receivers_and_no_more(sessions: Sessions) -> None:
    code = sessions.create(NOW, None, 16).session.code
    assert [sessions.join(code, NOW).seat.number for _ in range(16)] == list(range(1, 17))
    with pytest.raises(SessionFull):
        sessions.join(code, NOW)


def test_one_free_seat_is_taken_by_one_of_many(sessions: Sessions, services: Services) -> None:
    session = sessions.create(NOW).session
    with ThreadPoolExecutor(8) as pool:
        seats = list(pool.map(lambda number: services.live_records.take_seat(session.id, str(number)), range(20)))
    assert sum(seat is not None for seat in seats) == 1


def test_a_code_is_given_out_once(services: Services) -> None:
    session = Session("a", "K7QF3MZP", NOW, NOW + 100, 1)
    records = services.live_records
    assert records.add_session(session, Seat("a", 0, "hash"))
    assert not records.add_session(replace(session, id="b"), Seat("b", 0, "hash"))
    assert (records.session("b"), records.seats("b")) == (None, [])


def test_who_leaves_makes_room(sessions: Sessions) -> None:
    code = sessions.create(NOW).session.code
    sessions.close(sessions.join(code, NOW))
    assert sessions.join(code, NOW).seat.number == 1


def test_an_unknown_code_is_not_found(sessions: Sessions) -> None:
    with pytest.raises(SessionNotFound):
        sessions.join("AAAA-BBBB", NOW)


def test_an_expired_session_is_not_joined(sessions: Sessions) -> None:
    code = sessions.create(NOW).session.code
    with pytest.raises(SessionEnded):
        sessions.join(code, NOW + 15 * MINUTE)


def test_a_closed_session_is_not_joined(sessions: Sessions) -> None:
    made = sessions.create(NOW)
    assert sessions.close(made).state(NOW) == "closed"
    with pytest.raises(SessionEnded):
        sessions.join(made.session.code, NOW)


def test_a_session_with_a_running_transfer_does_not_expire(sessions: Sessions) -> None:
    made = sessions.create(NOW)
    sessions.moving(made.session, NOW + 14.5 * MINUTE)
    assert sessions.by_code(made.session.code, NOW + 15 * MINUTE).state(NOW + 15 * MINUTE) == "created"
    with pytest.raises(SessionEnded):
        sessions.by_code(made.session.code, NOW + 16 * MINUTE)


def test_the_sender_extends_and_nobody_else(sessions: Sessions) -> None:
    made = sessions.create(NOW)
    joined = sessions.join(made.session.code, NOW)
    assert sessions.extend(made, NOW + 600).expires_at == NOW + 600 + 15 * MINUTE
    with pytest.raises(NotOwner):
        sessions.extend(joined, NOW)


def test_every_seat_hears_that_the_session_lives_longer(services: Services) -> None:
    made, ear = services.sessions.create(NOW), Ear()
    services.relay.sit(made.session.id, 1, ear, 0)
    services.sessions.extend(made, NOW + 600)
    ear.hears({"type": "extended", "expiresAt": NOW + 600 + 15 * MINUTE})


def test_bytes_that_move_are_told_of_only_where_the_session_lives_longer_by_them(services: Services) -> None:
    made, ear = services.sessions.create(NOW), Ear()
    services.relay.sit(made.session.id, 1, ear, 0)
    for second in range(0, 20 * MINUTE, 5):  # as many seats do, one after the other
        services.sessions.moving(services.sessions.find(made.session.code), NOW + second)
    wait_until(lambda: ear.heard and ear.heard[-1]["expiresAt"] > NOW + 20 * MINUTE, 5, "it was not told")
    told = [message["expiresAt"] - NOW for message in ear.heard]
    assert told[0] <= 15 * MINUTE + 30
    assert all(20 <= later - earlier <= 30 for earlier, later in pairwise(told))


def test_no_session_is_extended_beyond_a_day(sessions: Sessions) -> None:
    made = sessions.create(NOW)
    for hours in range(1, 24):
        made = Seated(sessions.extend(made, made.session.expires_at - 1), made.seat)
        assert made.session.expires_at <= NOW + 24 * 3600, hours


def test_falling_back_tells_the_receivers_and_happens_once(sessions: Sessions, services: Services) -> None:
    made = sessions.create(NOW)
    joined = sessions.join(made.session.code, NOW)
    ear = Ear()
    services.relay.sit(made.session.id, joined.seat.number, ear, 0)
    session = sessions.fall_back(made, lambda: "link-id", NOW)
    assert session.link_id == "link-id"
    ear.hears({"type": "link", "url": "/l/link-id", "n": ANY})
    with pytest.raises(AlreadyFellBack):
        sessions.fall_back(Seated(session, made.seat), lambda: "second", NOW)


def test_of_many_who_fall_back_at_once_one_makes_the_link(sessions: Sessions) -> None:
    made, links = sessions.create(NOW), []

    def make_link() -> str:
        links.append(sessions.find(made.session.code).link_id)  # nobody is sent to a link that is not there yet
        with pytest.raises(AlreadyFellBack):
            sessions.fall_back(made, lambda: "second", NOW)
        return "link-id"

    assert sessions.fall_back(made, make_link, NOW).link_id == "link-id"
    assert links == [""]


def test_who_died_while_making_the_link_keeps_nobody_from_it(sessions: Sessions) -> None:
    made = sessions.create(NOW)

    def late() -> str:
        assert sessions.fall_back(made, lambda: "second", NOW + 61).link_id == "second"
        return "first"

    with pytest.raises(AlreadyFellBack):
        sessions.fall_back(made, late, NOW)
    assert sessions.find(made.session.code).link_id == "second"


def test_a_link_that_is_refused_leaves_the_session_as_it_was(sessions: Sessions) -> None:
    made = sessions.create(NOW)

    def refuse() -> str:
        raise BadRequest

    with pytest.raises(BadRequest):
        sessions.fall_back(made, refuse, NOW)
    assert sessions.find(made.session.code) == made.session


def test_a_sweep_tells_those_whose_session_has_expired(sessions: Sessions, services: Services) -> None:
    made, ear = sessions.create(NOW), Ear()
    services.relay.sit(made.session.id, 0, ear, 0)
    sessions.end_expired(NOW + 16 * MINUTE)
    ear.hears({"type": "ended", "state": "expired"})
    ear.is_closed(4010)


def test_a_sweep_spares_a_session_that_was_extended_meanwhile(sessions: Sessions, services: Services) -> None:
    made, ear = sessions.create(NOW), Ear()
    services.relay.sit(made.session.id, 0, ear, 0)
    sessions.end_expired(NOW)
    sessions.extend(made, NOW + 600)
    sessions.end_expired(NOW + 16 * MINUTE)
    assert ear.closed is None
    sessions.end_expired(NOW + 26 * MINUTE)
    ear.is_closed(4010)


def test_sessions_are_counted_by_state(sessions: Sessions, services: Services) -> None:
    for _ in range(2):
        sessions.create(NOW)
    sessions.join(sessions.create(NOW).session.code, NOW)
    sessions.close(sessions.create(NOW))
    counts = services.live_records.count_sessions
    assert counts(NOW) == {"created": 2, "joined": 1, "closed": 1, "expired": 0}
    assert counts(NOW + 15 * MINUTE) == {"created": 0, "joined": 0, "closed": 1, "expired": 3}


def test_ended_sessions_are_forgotten_after_a_day(sessions: Sessions) -> None:
    code = sessions.create(NOW).session.code
    assert sessions.forget(NOW + 26 * 3600) == 1
    with pytest.raises(SessionNotFound):
        sessions.find(code)


def test_sessions_and_their_tokens_survive_a_restart(make_app: Callable[..., Flask]) -> None:
    before: Services = make_app().extensions["packetpost"]
    made = before.sessions.create(NOW)
    after: Services = make_app().extensions["packetpost"]
    found = after.sessions.seated(after.sessions.find(made.session.code), made.token)
    assert found is not None
    assert found.seat.role == "sender"


def test_turn_credentials_are_those_that_coturn_expects(make_app: Callable[..., Flask]) -> None:
    services: Services = make_app(PACKETPOST_TURN_URLS="turn:t:3478", PACKETPOST_TURN_SECRET="s").extensions[
        "packetpost"
    ]
    made = services.sessions.create(NOW)
    turn = services.sessions.ice_servers(made, NOW + 900)[-1]
    digest = hmac.new(b"s", turn["username"].encode(), hashlib.sha1).digest()
    assert turn["credential"] == base64.b64encode(digest).decode()
    assert turn["username"] == f"{int(NOW + 900)}:{made.session.id}.0"
