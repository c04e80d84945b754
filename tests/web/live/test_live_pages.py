"""The pages of live mode: the sender's, the joining one, the receiver's, and what becomes of them."""

import json
import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

HTMX = {"HX-Request": "true"}
MANIFEST = json.dumps([{"path": "a.txt", "size": 5, "type": "text/plain"}])


@pytest.fixture
def receiver(app: Flask) -> FlaskClient:
    """Another browser."""
    return app.test_client()


def open_session(client: FlaskClient) -> str:
    """The address of a new session's page."""
    answer = client.post("/live", headers=HTMX)
    assert answer.status_code == 201
    return answer.headers["HX-Push-Url"]


def test_send_live_shows_the_code_and_the_address(client: FlaskClient) -> None:
    answer = client.post("/live", headers=HTMX)
    code = answer.headers["HX-Push-Url"].removeprefix("/live/")
    assert f'data-testid="live-code" aria-labelledby="live-code-caption">{code}<' in answer.text
    assert f'value="http://localhost/live/{code}"' in answer.text


def test_the_seats_cookie_is_for_its_session_only(client: FlaskClient) -> None:
    cookie = client.post("/live", headers=HTMX).headers["Set-Cookie"]
    assert re.search(r"; Path=/live/\w{4}-\w{4}", cookie)
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie


def test_a_reload_shows_the_senders_page_again(client: FlaskClient) -> None:
    assert 'data-role="sender"' in client.get(open_session(client)).text


def test_a_visitor_is_asked_to_join_and_takes_no_seat_yet(client: FlaskClient, receiver: FlaskClient) -> None:
    address = open_session(client)
    assert 'data-role=""' in receiver.get(address).text
    assert "0 of 1 here" not in client.get(f"{address}/state").text
    assert 'data-state="created"' in client.get(f"{address}/state").text


def test_joining_gives_the_receivers_page(client: FlaskClient, receiver: FlaskClient) -> None:
    address = open_session(client)
    assert 'data-role="receiver"' in receiver.post(f"{address}/join", headers=HTMX).text
    assert 'data-role="receiver"' in receiver.get(address).text
    assert 'data-state="joined"' in client.get(f"{address}/state").text


def test_a_full_session_is_409(client: FlaskClient, receiver: FlaskClient, app: Flask) -> None:
    address = open_session(client)
    receiver.post(f"{address}/join")
    assert app.test_client().post(f"{address}/join").status_code == 409


@pytest.mark.parametrize("typed", ["{code}", "{lower}", "{spaced}"])
def test_the_code_box_finds_the_session(client: FlaskClient, typed: str) -> None:
    address = open_session(client)
    code = address.removeprefix("/live/")
    query = typed.format(code=code, lower=code.lower(), spaced=code.replace("-", " "))
    answer = client.get("/live", query_string={"code": query})
    assert (answer.status_code, answer.headers["Location"]) == (303, address)


@pytest.mark.parametrize(("typed", "status"), [("", 400), ("nonsense", 400), ("AAAA-BBBB", 404)])
def test_the_code_box_says_what_is_wrong(client: FlaskClient, typed: str, status: int) -> None:
    answer = client.get("/live", query_string={"code": typed})
    assert answer.status_code == status
    assert 'data-testid="alert"' in answer.text


def test_an_address_in_lower_case_leads_to_the_right_one(client: FlaskClient) -> None:
    address = open_session(client)
    assert client.get(address.lower()).headers["Location"] == address


def test_a_closed_session_says_so_on_both_sides(client: FlaskClient, receiver: FlaskClient) -> None:
    address = open_session(client)
    assert "This session is closed" in client.post(f"{address}/close", headers=HTMX).text
    assert receiver.get(address).status_code == 410


def test_only_a_seat_may_close_or_extend(client: FlaskClient, receiver: FlaskClient) -> None:
    address = open_session(client)
    assert [receiver.post(f"{address}/{what}").status_code for what in ("close", "extend", "link")] == [403] * 3


def test_extending_gives_more_time(client: FlaskClient) -> None:
    assert "15 minutes" in client.post(f"{open_session(client)}/extend", headers=HTMX).text


def test_falling_back_makes_a_link_and_sends_late_joiners_there(client: FlaskClient, receiver: FlaskClient) -> None:
    address = open_session(client)
    card = client.post(f"{address}/link", data={"manifest": MANIFEST}, headers=HTMX)
    link = card.headers["HX-Push-Url"].removesuffix("/owner")
    assert (card.status_code, 'data-testid="link-url"' in card.text) == (201, True)
    assert receiver.get(address).headers["Location"] == link
    assert receiver.get(link).status_code == 200


def test_a_receiver_cannot_fall_back(client: FlaskClient, receiver: FlaskClient) -> None:
    address = open_session(client)
    receiver.post(f"{address}/join")
    assert receiver.post(f"{address}/link", data={"manifest": MANIFEST}).status_code == 403


def test_a_link_that_is_too_large_leaves_the_session_open(make_app: Callable[..., Flask]) -> None:
    client = make_app(PACKETPOST_MAX_UPLOAD_BYTES="4").test_client()
    address = open_session(client)
    assert client.post(f"{address}/link", data={"manifest": MANIFEST}, headers=HTMX).status_code == 413
    assert 'data-role="sender"' in client.get(address).text


def test_the_links_options_wait_in_the_senders_page(client: FlaskClient) -> None:
    answer = client.post("/live", data={"expiry": "3600", "downloads": "5"}, headers=HTMX)
    assert '<input type="hidden" name="expiry" value="3600">' in answer.text
    assert '<input type="hidden" name="downloads" value="5">' in answer.text


@pytest.mark.parametrize(("chosen", "said"), [("", "1 day"), ("1w", "7 days"), ("3600", "1 hour")])
def test_both_pages_say_before_for_how_long_a_link_would_keep_the_files(
    client: FlaskClient, receiver: FlaskClient, chosen: str, said: str
) -> None:
    answer = client.post("/live", data={"expiry": chosen, "sealed": "yes"}, headers=HTMX)
    where = "where live cannot be, they are stored here as a link"
    assert f"{where}, end-to-end encrypted, for {said}." in answer.text
    theirs = receiver.post(f"{answer.headers['HX-Push-Url']}/join", headers=HTMX).text
    assert f"{where}, end-to-end encrypted, for at most 7 days." in theirs
    assert all('data-testid="never-store"' in page for page in (answer.text, theirs))


def test_what_nobody_seals_is_not_said_to_be_encrypted(client: FlaskClient) -> None:
    answer = client.post("/live", headers=HTMX).text
    assert "they are stored here as a link for" in answer


def test_a_time_that_is_none_is_refused_before_there_is_a_session(client: FlaskClient) -> None:
    answer = client.post("/live", data={"expiry": "soon"}, headers=HTMX)
    assert (answer.status_code, "must be a time" in answer.text, "HX-Push-Url" in answer.headers) == (400, True, False)


def test_sending_live_asks_for_the_upload_password_too(make_app: Callable[..., Flask]) -> None:
    client = make_app(PACKETPOST_UPLOAD_PASSWORD="s").test_client()
    assert client.post("/live").status_code == 401
    assert client.post("/live", data={"upload_password": "s"}).status_code == 303


def test_the_save_worker_is_served_within_its_scope(client: FlaskClient) -> None:
    with client.get("/live/save/worker.js") as answer:
        assert (answer.status_code, answer.mimetype) == (200, "text/javascript")


def test_the_server_swallows_a_senders_probe_and_no_more(client: FlaskClient, receiver: FlaskClient) -> None:
    address = open_session(client)
    assert client.post(f"{address}/probe", data=b"x" * 1024**2).status_code == 204
    assert client.post(f"{address}/probe", data=b"x" * (1024**2 + 1)).status_code == 413
    assert receiver.post(f"{address}/probe", data=b"x").status_code == 403


def test_where_there_is_a_relay_joining_waits_for_the_choice(make_app: Callable[..., Flask]) -> None:
    app = make_app(PACKETPOST_TURN_URLS="turn:t:1", PACKETPOST_TURN_SECRET="s")
    joining = app.test_client().get(open_session(app.test_client())).text
    assert 'data-testid="relay-only"' in joining
    assert 'hx-trigger="submit"' in joining


SEATED = {"state": "GET", "ask": "POST", "extend": "POST", "close": "POST", "probe": "POST", "link": "POST"}
NOBODYS = "/live/2222-2222"


def test_who_has_no_seat_cannot_tell_sessions_that_are_there_from_others(client: FlaskClient, app: Flask) -> None:
    address, stranger = open_session(client), app.test_client()
    for what, method in SEATED.items():
        answers = [stranger.open(f"{page}/{what}", method=method) for page in (address, NOBODYS)]
        assert [answer.status_code for answer in answers] == [403, 403]
        assert len({answer.data for answer in answers}) == 1


def test_programs_without_a_seat_cannot_tell_either(client: FlaskClient) -> None:
    made = client.post("/api/transfer/create", json={}).json or {}
    for what in ("extend", "close"):
        asked = [{"transferCode": code, "token": "x"} for code in (made["session"]["transferCode"], "22222222")]
        answers = [client.post(f"/api/transfer/{what}", json=one) for one in asked]
        assert [answer.status_code for answer in answers] == [403, 403]
        assert len({answer.data for answer in answers}) == 1


def test_all_ways_to_guess_a_code_are_counted_together(make_app: Callable[..., Flask]) -> None:
    client = make_app(PACKETPOST_RATE_LIMITS="on").test_client()
    statuses = [client.get(NOBODYS).status_code for _ in range(30)]
    for _ in range(5):
        statuses += [client.open(f"{NOBODYS}/{what}", method=method).status_code for what, method in SEATED.items()]
    assert statuses == [404] * 30 + [403] * 30
    assert client.get(f"{NOBODYS}/state").status_code == client.get(NOBODYS).status_code == 429


def test_who_has_a_seat_may_look_as_often_as_it_likes(make_app: Callable[..., Flask]) -> None:
    client = make_app(PACKETPOST_RATE_LIMITS="on").test_client()
    address = open_session(client)
    assert {client.get(f"{address}/state").status_code for _ in range(70)} == {200}
