"""How long live sessions live: extended, kept while bytes move, expired, swept, forgotten."""

from itertools import pairwise

import pytest

from packetpost.errors import NotOwner, SessionEnded, SessionNotFound
from packetpost.sessions import Seated, Sessions
from packetpost.web.http.services import Services
from tests.support.ear import Ear
from tests.support.server_process import wait_until

NOW = 1_000_000.0
MINUTE = 60


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


def test_ended_sessions_are_forgotten_after_a_day(sessions: Sessions) -> None:
    code = sessions.create(NOW).session.code
    assert sessions.forget(NOW + 26 * 3600) == 1
    with pytest.raises(SessionNotFound):
        sessions.find(code)
