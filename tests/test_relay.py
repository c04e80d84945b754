"""What every relay must do, in one process."""

from packetpost.backends.memory_relay import MemoryRelay
from tests.test_sessions import Ear


def test_a_message_reaches_its_seat_with_its_number() -> None:
    relay, ear = MemoryRelay(), Ear()
    relay.sit("s", 1, ear, 0)
    relay.send("s", 1, {"type": "offer"})
    assert ear.heard == [{"type": "offer", "n": 1}]


def test_what_was_missed_comes_with_the_next_socket() -> None:
    relay, ear = MemoryRelay(), Ear()
    for number in range(3):
        relay.send("s", 1, {"type": "offer", "try": number})
    relay.sit("s", 1, ear, 1)
    assert [message["n"] for message in ear.heard] == [2, 3]


def test_numbers_from_before_a_restart_hide_nothing() -> None:
    relay, ear = MemoryRelay(), Ear()
    relay.send("s", 1, {"type": "offer"})
    relay.sit("s", 1, ear, 99)
    assert len(ear.heard) == 1


def test_a_mailbox_is_bounded_and_keeps_the_newest() -> None:
    relay, ear = MemoryRelay(), Ear()
    for _ in range(1000):
        relay.send("s", 1, {"type": "offer"})
    relay.sit("s", 1, ear, 0)
    assert (len(ear.heard), ear.heard[-1]["n"]) == (256, 1000)


def test_a_second_socket_replaces_the_first() -> None:
    relay, first, second = MemoryRelay(), Ear(), Ear()
    relay.sit("s", 1, first, 0)
    relay.sit("s", 1, second, 0)
    assert first.closed == 4001
    assert not relay.rise("s", 1, first)
    assert relay.here("s") == {1}


def test_who_rises_is_not_here() -> None:
    relay, ear = MemoryRelay(), Ear()
    relay.sit("s", 1, ear, 0)
    assert relay.rise("s", 1, ear)
    assert relay.here("s") == set()


def test_all_but_one_are_told() -> None:
    relay, one, two = MemoryRelay(), Ear(), Ear()
    relay.sit("s", 0, one, 0)
    relay.sit("s", 1, two, 0)
    relay.tell_all("s", {"type": "present"}, but=0)
    assert (one.heard, two.heard) == ([], [{"type": "present"}])


def test_sessions_do_not_hear_each_other() -> None:
    relay, ear = MemoryRelay(), Ear()
    relay.sit("a", 1, ear, 0)
    relay.send("b", 1, {"type": "offer"})
    relay.tell_all("b", {"type": "present"})
    assert ear.heard == []


def test_hanging_up_forgets_the_session() -> None:
    relay, ear, late = MemoryRelay(), Ear(), Ear()
    relay.sit("s", 1, ear, 0)
    relay.send("s", 0, {"type": "answer"})
    relay.hang_up("s", 4010, "ended")
    relay.sit("s", 0, late, 0)
    assert (ear.closed, late.heard) == (4010, [])
