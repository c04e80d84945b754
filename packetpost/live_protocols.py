"""What live sessions need from the world: `SessionRecords` keep facts, a `Relay` carries signals; the road has its own.

Each Protocol states who guarantees what.
"""

from collections.abc import Callable
from typing import Any, Protocol

from packetpost.models import Seat, Session, SessionState


class SessionRecords(Protocol):
    """Facts of live sessions, changed in whole steps like all `Records`."""

    def add_session(self, session: Session, sender: Seat) -> bool:
        """False when the code is taken."""

    def session(self, session_id: str) -> Session | None: ...

    def session_by_code(self, code: str) -> Session | None: ...

    def seats(self, session_id: str) -> list[Seat]: ...

    def take_seat(self, session_id: str, token_hash: str) -> Seat | None:
        """The lowest free receiver's seat, atomically; None when all are taken. The session counts as joined then."""

    def leave_seat(self, session_id: str, number: int) -> None: ...

    def change_session(self, session_id: str, change: Callable[[Session], Session]) -> Session | None:
        """Read, change and write one session in one step."""

    def count_sessions(self, now: float) -> dict[SessionState, int]:
        """How many of those that are kept are in which state at `now`; every state is named."""

    def forget_sessions(self, before: float) -> int:
        """Drop sessions that expired before then, with their seats; how many."""


class SignalReceiver(Protocol):
    """A browser's open socket, as the relay sees it. Both methods return at once."""

    def deliver(self, message: dict[str, Any]) -> None:
        """JSON for the browser. A browser that stopped reading is closed instead of queueing without end."""

    def close(self, code: int, reason: str) -> None: ...


class Relay(Protocol):
    """Carries signals between the seats of a session, never file bytes. Keeps what a seat missed, within bounds."""

    def sit(self, session_id: str, seat: int, browser: SignalReceiver, last: int, tab: str = "") -> None:
        """The seat's socket is open: it gets what came after message `last`, then all that comes.

        An older socket of the seat is closed, in whatever process it is. `tab` is which tab of a browser has it.
        """

    def newest(self, session_id: str, seat: int) -> int:
        """The number of the last message for the seat, also where it has fallen out of its mailbox."""

    def tab(self, session_id: str, seat: int) -> str | None:
        """Which tab's socket the seat has now, in whatever process, or had when it broke `COMES_BACK_WITHIN` ago.

        '' where it did not say, None where there is none.
        """

    def rise(self, session_id: str, seat: int, browser: SignalReceiver, comes_back: bool = False) -> bool:
        """The socket is closed; False when another one has replaced it. `comes_back`: the seat is kept for its tab.

        Also while the store is away; the relay then tells the others later.
        """

    def send(self, session_id: str, to: int, message: dict[str, Any]) -> None:
        """Deliver, and keep for a reconnect."""

    def here(self, session_id: str) -> set[int]:
        """Seats with an open socket."""

    def tell_all(self, session_id: str, message: dict[str, Any], but: int = -1) -> None:
        """Deliver to every open socket of the session; not kept, and told to nobody while the store is away."""

    def sessions(self) -> set[str]:
        """Those with an open socket, or a mailbox, in this process."""

    def close_all(self, code: int, reason: str) -> None:
        """Close every socket of this process, and each that still sits down; mailboxes stay."""

    def hang_up(self, session_id: str, code: int, reason: str) -> None:
        """Close every socket of the session and forget its mailboxes."""

    def stop(self) -> None:
        """Carry nothing more: the process ends."""
