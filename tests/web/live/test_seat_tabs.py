"""Which of a browser's tabs has a seat's WebSocket, against the real server."""

from typing import Any

import pytest
from websockets.sync.client import ClientConnection

from tests.support.seats import closing_code, greeting, hear_of, hear_signal, seat, session
from tests.support.server_process import Server


def is_alive(socket: ClientConnection) -> None:
    """It answers, and was told nothing before but who is here."""
    socket.send("garbage")
    assert hear_signal(socket)["code"] == "json"


@pytest.mark.parametrize("first", [{"tab": "one"}, {}])
def test_another_tab_is_refused_and_the_first_hears_nothing(server: Server, first: dict[str, Any]) -> None:
    code, _, receiver = session(server)
    with seat(server, code, receiver, **first) as one:
        for _ in range(2):
            with greeting(server, code, receiver, tab="two") as two:
                assert closing_code(two) == 4009
        is_alive(one)


def test_another_tab_that_says_so_takes_the_seat_and_keeps_it(server: Server) -> None:
    code, _, receiver = session(server)
    with seat(server, code, receiver, tab="one") as one, seat(server, code, receiver, tab="two", take=True) as two:
        assert closing_code(one) == 4001
        with greeting(server, code, receiver, tab="one") as back:
            assert closing_code(back) == 4009
        is_alive(two)


def test_the_same_tab_comes_back_while_its_old_socket_is_still_there(server: Server) -> None:
    code, _, receiver = session(server)
    with seat(server, code, receiver, tab="one") as before, seat(server, code, receiver, tab="one") as after:
        assert closing_code(before) == 4011
        is_alive(after)


def test_a_tab_that_is_gone_leaves_its_seat_to_any_other(server: Server) -> None:
    code, sender, receiver = session(server)
    with seat(server, code, sender) as one:
        with seat(server, code, receiver, tab="one"):
            hear_of(one, 1, here=True)
        hear_of(one, 1, here=False)
        with seat(server, code, receiver, tab="two") as two:
            is_alive(two)


@pytest.mark.parametrize("wrong", [{"tab": 1}, {"tab": "x" * 44}, {"tab": "a/b"}, {"take": 1}])
def test_a_hello_with_a_strange_tab_is_closed_with_4000(server: Server, wrong: dict[str, Any]) -> None:
    code, sender, _ = session(server)
    with greeting(server, code, sender, **wrong) as socket:
        assert closing_code(socket) == 4000
