"""Any order of everything that can happen to a session, against a model of it that fits on one screen."""

import tempfile
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from packetpost.backends.memory.relay import MemoryRelay
from packetpost.backends.sqlite.database import Database
from packetpost.backends.sqlite.sessions import SqliteSessions
from packetpost.errors import NotOwner, SessionEnded, SessionFull
from packetpost.sessions import Seated, Sessions
from packetpost.settings import Settings

MINUTE, DAY = 60.0, 24 * 3600.0


class Meeting(RuleBasedStateMachine):
    """`taken` maps seats to tokens; `until` and `moving` are times."""

    def __init__(self) -> None:
        super().__init__()
        self._folder = tempfile.TemporaryDirectory()
        records = SqliteSessions(Database(Path(self._folder.name) / "facts.sqlite"))
        self.sessions = Sessions(records, MemoryRelay(), Settings.from_environ({}))
        self.records, self.now, self.closed, self.joined = records, 1000.0, False, False
        self.moving = 0.0

    def teardown(self) -> None:
        self._folder.cleanup()

    @initialize(minutes=st.integers(10, 30), most=st.integers(1, 16))
    def create(self, minutes: int, most: int) -> None:
        self.sender = self.sessions.create(self.now, minutes, most)
        self.code, self.most, self.begun = self.sender.session.code, most, self.now
        self.taken: dict[int, str] = {}
        self.until = self.now + minutes * MINUTE

    @property
    def state(self) -> Literal["created", "joined", "closed", "expired"]:
        if self.closed:
            return "closed"
        if self.now >= max(self.until, self.moving):
            return "expired"
        return "joined" if self.joined else "created"

    @property
    def open(self) -> bool:
        return self.state in ("created", "joined")

    def seated(self, token: str) -> Seated:
        found = self.sessions.seated(self.sessions.find(self.code), token)
        assert found
        return found

    @rule()
    def join(self) -> None:
        try:
            joined = self.sessions.join(self.code, self.now)
        except SessionEnded:
            assert not self.open
        except SessionFull:
            assert self.open
            assert len(self.taken) == self.most
        else:
            assert self.open
            assert joined.seat.number == min(set(range(1, self.most + 1)) - self.taken.keys())
            self.taken[joined.seat.number], self.joined = joined.token, True

    @rule(pick=st.integers(0, 15))
    def come_back(self, pick: int) -> None:
        if not self.taken or not self.open:
            return
        number, token = sorted(self.taken.items())[pick % len(self.taken)]
        assert self.sessions.join(self.code, self.now, token).seat.number == number

    @rule(pick=st.integers(0, 15))
    def leave(self, pick: int) -> None:
        if not self.taken:
            return
        number, token = sorted(self.taken.items())[pick % len(self.taken)]
        self.sessions.close(self.seated(token))
        del self.taken[number]

    @rule()
    def extend(self) -> None:
        try:
            self.sessions.extend(self.seated(self.sender.token), self.now)
        except SessionEnded:
            assert not self.open
        else:
            assert self.open
            self.until = max(self.until, min(self.now + 15 * MINUTE, self.begun + DAY))

    @rule()
    def no_receiver_does_what_only_the_sender_may(self) -> None:
        for token in self.taken.values():
            with pytest.raises(NotOwner):
                self.sessions.extend(self.seated(token), self.now)
            with pytest.raises(NotOwner):
                self.sessions.fall_back(self.seated(token), lambda: "link", self.now)

    @rule()
    def move(self) -> None:
        if self.open:
            self.sessions.moving(self.sessions.find(self.code), self.now)
            self.moving = self.now + 60

    @rule(seconds=st.sampled_from([1.0, 59.0, 60.0, 5 * MINUTE, 16 * MINUTE]))
    def wait(self, seconds: float) -> None:
        self.now += seconds

    @rule()
    def close(self) -> None:
        self.sessions.close(self.seated(self.sender.token))
        self.closed = True

    @invariant()
    def it_is_what_the_model_says(self) -> None:
        session = self.sessions.find(self.code)
        assert session.state(self.now) == self.state
        assert {seat.number for seat in self.records.seats(session.id)} == {0, *self.taken}

    @invariant()
    def a_stranger_holds_no_seat(self) -> None:
        assert self.sessions.seated(self.sessions.find(self.code), "x" * 32) is None


def _small(machine: type[RuleBasedStateMachine]) -> type[RuleBasedStateMachine]:
    machine.TestCase.settings = settings(
        max_examples=60, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
    )
    return machine


TestMeeting = _small(Meeting).TestCase
