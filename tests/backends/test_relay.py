"""What every relay must do: that of one process, and that of several with a real Redis between them."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from packetpost.backends.memory.relay import MemoryRelay
from packetpost.backends.redis.processes import Processes
from packetpost.backends.redis.relay import RedisRelay
from packetpost.backends.redis.store import Store
from packetpost.live_protocols import Relay
from packetpost.signaling import MAILBOX_BYTES, presence
from tests.support.ear import Ear
from tests.support.redis_process import RedisServer
from tests.support.server_process import wait_until

Another = Callable[[], Relay]
BothSit = tuple[RedisServer, RedisRelay, Processes, Ear, Ear]


@pytest.fixture(params=["memory", "redis alone", "redis beside"])
def another(request: pytest.FixtureRequest) -> Iterator[Another]:
    """Gives the relay of one process after the other; "beside" is the case in which they are several."""
    if request.param == "memory":
        alone = MemoryRelay()
        yield lambda: alone
        return
    url, made = request.getfixturevalue("redis_server").url, list[RedisRelay]()

    def make() -> Relay:
        if not made or request.param == "redis beside":
            store = Store(url)
            made.append(RedisRelay(store, Processes(store)))
        return made[-1]

    yield make
    for relay in made:
        relay.stop()


def offer(number: int) -> dict[str, object]:
    return {"type": "offer", "try": number}


def numbered(*numbers: int) -> list[dict[str, object]]:
    """The offers of that many tries, as a seat gets them."""
    return [{**offer(number), "n": number} for number in numbers]


def test_a_message_reaches_its_seat_with_its_number(another: Another) -> None:
    here, there, ear = another(), another(), Ear()
    there.sit("s", 1, ear, 0)
    here.send("s", 1, {"type": "offer"})
    ear.hears({"type": "offer", "n": 1})


def test_messages_come_in_order_and_once(another: Another) -> None:
    here, there, ear = another(), another(), Ear()
    there.sit("s", 1, ear, 0)
    for number in range(1, 101):
        here.send("s", 1, offer(number))
    ear.hears(*numbered(*range(1, 101)))


def test_what_was_missed_comes_with_the_next_socket(another: Another) -> None:
    here, there, ear = another(), another(), Ear()
    for number in (1, 2, 3):
        here.send("s", 1, offer(number))
    there.sit("s", 1, ear, 1)
    ear.hears(*numbered(2, 3))


def test_the_number_of_the_newest_message_is_known_before_anybody_hears_it(another: Another) -> None:
    here, there, ear = another(), another(), Ear()
    assert there.newest("s", 1) == 0
    for number in range(1, 301):
        here.send("s", 1, offer(number))
    assert (there.newest("s", 1), there.newest("s", 2)) == (300, 0)
    there.sit("s", 1, ear, 300)
    here.send("s", 1, offer(301))
    ear.hears(*numbered(301))


def test_who_has_seen_everything_gets_nothing_again(another: Another) -> None:
    here, there, ear = another(), another(), Ear()
    here.send("s", 1, offer(1))
    there.sit("s", 1, ear, 1)
    here.send("s", 1, offer(2))
    ear.hears(*numbered(2))


def test_numbers_from_before_a_restart_hide_nothing(another: Another) -> None:
    here, there, ear = another(), another(), Ear()
    here.send("s", 1, offer(1))
    there.sit("s", 1, ear, 99)
    here.send("s", 1, offer(2))
    ear.hears(*numbered(1, 2))


def test_the_mailbox_of_a_later_process_hides_nothing_however_much_is_in_it() -> None:
    before, after, ear = MemoryRelay(1000), MemoryRelay(2000), Ear()
    for number in (1, 2, 3):
        before.send("s", 1, offer(number))
        after.send("s", 1, offer(number))
    after.sit("s", 1, ear, 1003)
    assert [heard["n"] for heard in ear.heard] == [2001, 2002, 2003]


def test_a_mailbox_keeps_the_newest_256_messages(another: Another) -> None:
    here, there, ear = another(), another(), Ear()
    for number in range(1, 1001):
        here.send("s", 1, offer(number))
    there.sit("s", 1, ear, 0)
    ear.hears(*numbered(*range(745, 1001)))


def test_a_mailbox_keeps_so_many_bytes_and_no_more(another: Another) -> None:
    here, there, ear = another(), another(), Ear()
    message = {"type": "offer", "sdp": "x" * 15_000}
    for _ in range(100):
        here.send("s", 1, message)
    there.sit("s", 1, ear, 0)
    assert [heard["n"] for heard in ear.heard] == list(range(101 - MAILBOX_BYTES // 15_050, 101))


def test_a_second_socket_replaces_the_first(another: Another) -> None:
    here, there, first, second = another(), another(), Ear(), Ear()
    here.sit("s", 1, first, 0)
    there.sit("s", 1, second, 0)
    first.is_closed(4001)
    assert not here.rise("s", 1, first)
    assert there.here("s") == {1}
    here.send("s", 1, offer(1))
    second.hears(*numbered(1))


def test_a_later_socket_of_the_same_tab_says_so_to_the_first(another: Another) -> None:
    here, there = another(), another()
    first, second, third, other = Ear(), Ear(), Ear(), Ear()
    here.sit("s", 1, first, 0, "tab")
    there.sit("s", 1, second, 0, "tab")
    first.is_closed(4011)
    there.sit("s", 1, third, 0, "tab")
    second.is_closed(4011)
    here.sit("s", 1, other, 0, "tab2")
    third.is_closed(4001)


def test_a_socket_that_comes_back_replaces_the_one_between(another: Another) -> None:
    here, there, first, second, third = another(), another(), Ear(), Ear(), Ear()
    here.sit("s", 1, first, 0)
    there.sit("s", 1, second, 0)
    here.sit("s", 1, third, 0)
    second.is_closed(4001)
    there.send("s", 1, offer(1))
    third.hears(*numbered(1))
    assert third.closed is None


def test_it_is_known_which_tab_has_a_seat(another: Another) -> None:
    here, there, first, second = another(), another(), Ear(), Ear()
    assert there.tab("s", 1) is None
    here.sit("s", 1, first, 0, "one")
    assert there.tab("s", 1) == "one"
    assert there.tab("s", 0) is None
    there.sit("s", 1, second, 0)
    assert here.tab("s", 1) == ""
    there.rise("s", 1, second)
    assert here.tab("s", 1) is None


def test_a_seat_is_kept_for_the_tab_whose_socket_broke(another: Another) -> None:
    here, there, first, second = another(), another(), Ear(), Ear()
    here.sit("s", 1, first, 0, "one")
    here.rise("s", 1, first, comes_back=True)
    assert (there.tab("s", 1), there.tab("s", 0), there.here("s")) == ("one", None, set())
    there.sit("s", 1, second, 0, "two")
    assert here.tab("s", 1) == "two"
    there.rise("s", 1, second)
    assert here.tab("s", 1) is None


def test_a_seat_is_kept_for_a_minute_and_for_no_program(another: Another, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("packetpost.backends.memory.relay.COMES_BACK_WITHIN", "packetpost.signaling.COMES_BACK_WITHIN"):
        monkeypatch.setattr(module, 1)
    here, tab, program = another(), Ear(), Ear()
    here.sit("s", 1, tab, 0, "one")
    here.sit("s", 2, program, 0)
    here.rise("s", 1, tab, comes_back=True)
    here.rise("s", 2, program, comes_back=True)
    assert here.tab("s", 2) is None
    wait_until(lambda: here.tab("s", 1) is None, 10, "it is kept for ever")


def test_a_session_that_hung_up_keeps_no_seat(another: Another) -> None:
    here, ear = another(), Ear()
    here.sit("s", 1, ear, 0, "one")
    here.rise("s", 1, ear, comes_back=True)
    here.hang_up("s", 4010, "over")
    assert here.tab("s", 1) is None


def test_a_session_that_hung_up_is_in_no_tab(another: Another) -> None:
    here, there, ear = another(), another(), Ear()
    here.sit("s", 1, ear, 0, "one")
    there.hang_up("s", 4010, "over")
    ear.is_closed(4010)
    assert there.tab("s", 1) is None


def test_who_rises_is_not_here(another: Another) -> None:
    here, there, ear = another(), another(), Ear()
    here.sit("s", 1, ear, 0)
    assert there.here("s") == {1}
    assert here.rise("s", 1, ear)
    assert there.here("s") == set()


def test_all_but_one_are_told(another: Another) -> None:
    here, there, one, two = another(), another(), Ear(), Ear()
    here.sit("s", 0, one, 0)
    there.sit("s", 1, two, 0)
    here.tell_all("s", {"type": "present"}, but=0)
    two.hears({"type": "present"})
    there.send("s", 0, offer(1))
    one.hears(*numbered(1))


def test_sessions_do_not_hear_each_other(another: Another) -> None:
    here, there, ear = another(), another(), Ear()
    there.sit("a", 1, ear, 0)
    here.send("b", 1, {"type": "offer"})
    here.tell_all("b", {"type": "present"})
    here.send("a", 1, offer(1))
    ear.hears(*numbered(1))


def test_hanging_up_forgets_the_session(another: Another) -> None:
    here, there, ear, late = another(), another(), Ear(), Ear()
    there.sit("s", 1, ear, 0)
    here.send("s", 0, {"type": "answer"})
    here.hang_up("s", 4010, "It has ended.")
    ear.is_closed(4010)
    here.sit("s", 0, late, 0)
    assert (late.heard, here.here("s")) == ([], {0})


def test_a_process_closes_its_own_sockets_and_keeps_their_mail(another: Another) -> None:
    here, there, ear, again = another(), another(), Ear(), Ear()
    here.sit("s", 1, ear, 0)
    here.close_all(1012, "It restarts.")
    ear.is_closed(1012)
    here.rise("s", 1, ear)
    there.send("s", 1, offer(1))
    there.sit("s", 1, again, 0)
    again.hears(*numbered(1))


def test_a_process_knows_the_sessions_of_its_sockets(another: Another) -> None:
    relay, ear = another(), Ear()
    relay.sit("s", 1, ear, 0)
    assert relay.sessions() == {"s"}


@pytest.fixture
def both_sit(tmp_path: Path) -> Iterator[BothSit]:
    """A Redis to kill, the relay of one process with it, and two seats of a session there."""
    server, one, two = RedisServer(tmp_path / "redis").start(), Ear(), Ear()
    store = Store(server.url)
    processes = Processes(store)
    relay = RedisRelay(store, processes)
    relay.sit("s", 0, one, 0)
    relay.sit("s", 1, two, 0)
    yield server, relay, processes, one, two
    relay.stop()
    server.stop()


def test_who_went_while_redis_was_away_is_told_to_be_gone_even_if_nobody_listens_yet(both_sit: BothSit) -> None:
    server, relay, processes, one, two = both_sit
    server.kill()
    relay.rise("s", 1, two)
    server.start()
    processes.beat(time.monotonic())  # before the relay listens again
    one.hears(presence(1, False))


def test_who_went_is_told_to_be_gone_though_redis_has_forgotten_them(both_sit: BothSit) -> None:
    server, relay, _, one, two = both_sit
    server.empty()
    server.kill()
    relay.rise("s", 1, two)
    server.start()
    one.hears(presence(1, False))
