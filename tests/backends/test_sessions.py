"""Live sessions: created, joined, closed, fallen back."""

import base64
import hashlib
import hmac
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from unittest.mock import ANY

import pytest
from flask import Flask

from packetpost import codes
from packetpost.errors import AlreadyFellBack, BadRequest, SessionEnded, SessionFull, SessionNotFound
from packetpost.models import Seat, Session
from packetpost.sessions import Seated, Sessions
from packetpost.web.http.services import Services
from tests.support.ear import Ear

NOW = 1_000_000.0
MINUTE = 60


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


def test_sessions_are_counted_by_state(sessions: Sessions, services: Services) -> None:
    for _ in range(2):
        sessions.create(NOW)
    sessions.join(sessions.create(NOW).session.code, NOW)
    sessions.close(sessions.create(NOW))
    counts = services.live_records.count_sessions
    assert counts(NOW) == {"created": 2, "joined": 1, "closed": 1, "expired": 0}
    assert counts(NOW + 15 * MINUTE) == {"created": 0, "joined": 0, "closed": 1, "expired": 3}


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
