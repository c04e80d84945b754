"""The WebSocket of a seat, against the real server."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin

from tests.support.seats import closing_code, greeting, hear, hear_signal, say, seat, session, unnumbered
from tests.support.server_process import Server


def test_many_joins_at_once_take_each_seat_once(server: Server) -> None:
    made = requests.post(f"{server.url}/api/transfer/create", json={"maxReceivers": 4}, timeout=10).json()
    asked = {"transferCode": made["session"]["transferCode"]}

    def join(_: int) -> requests.Response:
        return requests.post(f"{server.url}/api/transfer/join", json=asked, timeout=20)

    with ThreadPoolExecutor(16) as people:
        answers = list(people.map(join, range(16)))
    assert sorted(answer.status_code for answer in answers) == [200] * 4 + [409] * 12
    assert {answer.json()["seat"] for answer in answers if answer.ok} == {1, 2, 3, 4}


def test_a_receiver_without_a_socket_asks_for_a_link_or_for_none(server: Server) -> None:
    code, sender, receiver = session(server)
    with seat(server, code, sender) as one:
        asked = requests.post(f"{server.url}/live/{code}/ask", cookies={"seat": receiver}, timeout=10)
        assert asked.status_code == 200
        assert unnumbered(hear(one)) == {"type": "ready", "from": 1, "webrtc": False}
        requests.post(f"{server.url}/live/{code}/ask?link=no", cookies={"seat": receiver}, timeout=10)
        assert unnumbered(hear(one)) == {"type": "ready", "from": 1, "webrtc": False, "link": False}
        assert requests.post(f"{server.url}/live/{code}/ask", cookies={"seat": sender}, timeout=10).status_code == 403


def test_an_offer_and_its_answer_are_relayed(server: Server) -> None:
    code, sender, receiver = session(server)
    with seat(server, code, sender) as one, seat(server, code, receiver) as two:
        assert hear(one) == {"type": "present", "seat": 1, "here": True}
        say(two, type="offer", to=0, sdp="v=0", **{"try": 1})
        assert unnumbered(hear(one)) == {"type": "offer", "from": 1, "sdp": "v=0", "try": 1}
        say(one, type="answer", to=1, sdp="v=1", **{"try": 1})
        assert hear(two)["sdp"] == "v=1"


def test_a_reconnect_gets_what_it_missed(server: Server) -> None:
    code, sender, receiver = session(server)
    with seat(server, code, sender) as one:
        for number in range(3):
            say(one, type="ice-candidate", to=1, candidate=str(number), **{"try": 0})
        say(one, type="nonsense")
        assert hear(one)["type"] == "error"  # so all before it are in the mailbox
        with seat(server, code, receiver) as two:
            seen = hear(two)["n"]
        with seat(server, code, receiver, last=seen) as two:
            assert [hear(two)["candidate"] for _ in range(2)] == ["1", "2"]


def test_a_welcome_says_which_messages_are_older(server: Server) -> None:
    code, sender, receiver = session(server)
    with seat(server, code, sender) as one:
        say(one, type="ready", to=1, webrtc=True)
        say(one, type="nonsense")
        assert hear(one)["type"] == "error"
        with greeting(server, code, receiver) as two:
            newest = hear(two)["n"]
            assert hear(two)["n"] == newest
            say(one, type="ready", to=1, webrtc=True)
            assert hear_signal(two)["n"] == newest + 1


def test_a_bad_message_gets_an_error_and_the_socket_lives(server: Server) -> None:
    code, sender, _ = session(server)
    with seat(server, code, sender) as one:
        one.send("garbage")
        assert hear(one)["code"] == "json"
        say(one, type="offer", to=1, sdp="x", **{"try": 0})
        assert hear(one)["code"] == "role"


def test_a_socket_that_closes_is_no_longer_present(server: Server) -> None:
    code, sender, receiver = session(server)
    with seat(server, code, sender) as one:
        with seat(server, code, receiver):
            assert hear(one)["here"] is True
        assert hear(one) == {"type": "present", "seat": 1, "here": False}


def test_a_second_socket_of_a_seat_replaces_the_first(server: Server) -> None:
    code, sender, _ = session(server)
    with seat(server, code, sender) as one, seat(server, code, sender):
        assert closing_code(one) == 4001


def test_a_wrong_token_is_closed_with_4003(server: Server) -> None:
    code, _, _ = session(server)
    with connect(f"ws://localhost:{server.port}/live/{code}/socket", origin=None) as socket:
        say(socket, type="hello", token="wrong")
        assert closing_code(socket) == 4003


def test_a_first_message_that_is_no_hello_is_closed_with_4000(server: Server) -> None:
    code, _, _ = session(server)
    with connect(f"ws://localhost:{server.port}/live/{code}/socket", origin=None) as socket:
        say(socket, type="offer")
        assert closing_code(socket) == 4000


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "http://localhost:1", "null", "http://localhost.evil.example"]
)
def test_another_origin_is_refused_before_the_handshake(server: Server, origin: str) -> None:
    code, _, _ = session(server)
    with pytest.raises(InvalidStatus) as refused:
        connect(f"ws://localhost:{server.port}/live/{code}/socket", origin=Origin(origin), legacy=True)
    assert refused.value.response.status_code == 403


def test_an_unknown_code_is_404_before_the_handshake(server: Server) -> None:
    with pytest.raises(InvalidStatus) as refused:
        connect(f"ws://localhost:{server.port}/live/AAAA-BBBB/socket", legacy=True)
    assert refused.value.response.status_code == 404


def test_closing_the_session_closes_its_sockets(server: Server) -> None:
    code, sender, receiver = session(server)
    with seat(server, code, receiver) as two:
        requests.post(f"{server.url}/api/transfer/close", json={"transferCode": code, "token": sender}, timeout=10)
        assert hear(two) == {"type": "ended", "state": "closed"}
        assert closing_code(two) == 4010


def test_a_flood_ends_its_own_socket_only(server: Server) -> None:
    code, sender, receiver = session(server)
    with seat(server, code, sender) as one, seat(server, code, receiver) as two:
        for _ in range(300):
            try:
                say(two, type="ready", to=0, webrtc=True)
            except ConnectionClosed:
                break
        assert closing_code(two) == 4008
        say(one, type="ready", to=1, webrtc=True)
        one.send("garbage")
        while hear(one)["type"] != "error":
            pass


def test_a_beat_is_answered_after_all_that_was_said_before_it(server: Server) -> None:
    code, sender, _ = session(server)
    with seat(server, code, sender) as one:
        one.send("garbage")
        for _ in range(2):
            say(one, type="beat")
        assert [hear_signal(one)["type"] for _ in range(3)] == ["error", "beat", "beat"]


def test_a_message_above_16_kib_does_not_pass(server: Server) -> None:
    code, sender, receiver = session(server)
    with seat(server, code, sender) as one, seat(server, code, receiver) as two:
        hear(one)
        say(two, type="offer", to=0, sdp="x" * 20_000, **{"try": 0})
        with pytest.raises(ConnectionClosed):
            hear(two)
        assert hear(one) == {"type": "present", "seat": 1, "here": False}


def test_a_restart_keeps_the_session_and_its_seats(serve: Callable[..., Server]) -> None:
    server = serve()
    code, sender, receiver = session(server)
    server.kill()
    server.start()
    with seat(server, code, sender, last=9) as one, seat(server, code, receiver, last=9) as two:
        hear(one)
        say(two, type="offer", to=0, sdp="v=0", **{"try": 0})
        assert hear(one)["sdp"] == "v=0"


def test_stopping_the_server_tells_its_sockets_to_come_back(serve: Callable[..., Server]) -> None:
    server = serve()
    code, sender, _ = session(server)
    with seat(server, code, sender) as one:
        server.stop()
        assert closing_code(one) == 1012
