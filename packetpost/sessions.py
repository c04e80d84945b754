"""Live sessions: made, joined, extended, closed, fallen back to a link. `signaling` checks what is said in them."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from packetpost import codes, ice_servers, tokens
from packetpost.errors import AlreadyFellBack, BadRequest, NotOwner, SessionEnded, SessionFull, SessionNotFound
from packetpost.live_protocols import Relay, SessionRecords
from packetpost.models import Seat, Session
from packetpost.settings import Settings

MINUTE = 60
LEAST_MINUTES, MOST_MINUTES = 10, 30
MOST_RECEIVERS = 16
# However often it is extended, a session ends after this, in seconds.
_LONGEST = 24 * 3600
# A seat that said "moving" keeps its session for this long, in seconds.
_MOVING = 60
# Who turns a session into a link has so long to make the link, in seconds.
_MAKING = 60
# While bytes flow, browsers get new TURN credentials about this often, in seconds: before the old ones end.
_RENEWAL = 30
# Ended sessions are remembered for this long, in seconds, so that late joiners learn why, or find the link.
REMEMBERED = 24 * 3600
_TRIES = 8
ENDED_CODE = 4010


@dataclass(frozen=True, slots=True)
class Seated:
    """A session, a seat in it, and the seat's token where it was just given out."""

    session: Session
    seat: Seat
    token: str = ""


class Sessions:
    """The rules of sessions over the facts and the relay. Times are Unix seconds."""

    def __init__(self, records: SessionRecords, relay: Relay, settings: Settings) -> None:
        self._records, self._relay, self._settings = records, relay, settings
        # When the sessions of this process's sockets end, as far as was read: it is later at most.
        self._ends: dict[str, float] = {}

    def create(
        self, now: float, ttl_minutes: int | None = None, max_receivers: int = 1, sealed: bool = False
    ) -> Seated:
        """A new session with its sender seated; the code of a `sealed` one is half a code. Raises BadRequest."""
        minutes = self._settings.session_ttl // MINUTE if ttl_minutes is None else ttl_minutes
        if not LEAST_MINUTES <= minutes <= MOST_MINUTES:
            raise BadRequest(f"A session may wait from {LEAST_MINUTES} to {MOST_MINUTES} minutes.")
        if not 1 <= max_receivers <= MOST_RECEIVERS:
            raise BadRequest(f"A session has from 1 to {MOST_RECEIVERS} receivers.")
        token = tokens.new_token()
        for taken in range(_TRIES):
            code = codes.new_code(sealed, taken)
            session = Session(tokens.new_id(), code, now, now + minutes * MINUTE, max_receivers)
            seat = Seat(session.id, 0, tokens.hash_token(token))
            if self._records.add_session(session, seat):
                return Seated(session, seat, token)
        raise RuntimeError("no free code was found")

    def join(self, code: str, now: float, token: str = "") -> Seated:
        """A receiver's seat: the one that `token` holds, else a free one.

        Raises BadRequest, SessionNotFound, SessionEnded, SessionFull.
        """
        session = self.by_code(code, now)
        if token and (seat := self._seat_of(session.id, token)) and seat.number:
            return Seated(session, seat, token)
        token = tokens.new_token()
        taken = self._records.take_seat(session.id, tokens.hash_token(token))
        if taken is None:
            raise SessionFull
        self._relay.tell_all(session.id, {"type": "joined", "seat": taken.number})
        return Seated(replace(session, joined=True), taken, token)

    def by_code(self, code: str, now: float) -> Session:
        """An open session. Raises BadRequest, SessionNotFound, SessionEnded."""
        session = self.find(code)
        if session.state(now) in ("closed", "expired"):
            raise SessionEnded
        return session

    def find(self, code: str) -> Session:
        """The session of a code, open or ended. Raises BadRequest, SessionNotFound."""
        session = self._records.session_by_code(codes.parse_code(code))
        if session is None:
            raise SessionNotFound
        return session

    def seated(self, session: Session, token: str) -> Seated | None:
        """The seat that the token holds, in whatever state its session is."""
        seat = self._seat_of(session.id, token) if token else None
        return Seated(session, seat) if seat else None

    def _seat_of(self, session_id: str, token: str) -> Seat | None:
        for seat in self._records.seats(session_id):
            if tokens.token_matches(token, seat.token_hash):
                return seat
        return None

    def extend(self, seated: Seated, now: float) -> Session:
        """Start the time to live again. Raises NotOwner, SessionEnded."""
        self._sender_only(seated, now)
        until = min(now + self._settings.session_ttl, seated.session.created_at + _LONGEST)
        session = self._change(
            seated.session, lambda session: replace(session, expires_at=max(until, session.expires_at))
        )
        self._tell_extended(session)
        return session

    def close(self, seated: Seated) -> Session:
        """A receiver leaves its seat; the sender ends the session for all."""
        if seated.seat.number:
            self._records.leave_seat(seated.session.id, seated.seat.number)
            self._relay.tell_all(seated.session.id, {"type": "left", "seat": seated.seat.number})
            return seated.session
        session = self._change(seated.session, lambda session: replace(session, closed=True))
        self._end(session, "closed")
        return session

    def moving(self, session: Session, now: float) -> None:
        """Bytes flow between its browsers, which may keep it beyond its time to live."""
        moved = self._change(session, lambda session: replace(session, moving_until=now + _MOVING))
        if moved.ends_at // _RENEWAL > session.ends_at // _RENEWAL:
            self._tell_extended(moved)

    def _tell_extended(self, session: Session) -> None:
        self._relay.tell_all(session.id, {"type": "extended", "expiresAt": int(session.ends_at)})

    def fall_back(self, seated: Seated, make_link: Callable[[], str], now: float) -> Session:
        """Turn the session into the link that `make_link` makes (its id), which is to be ended when this raises.

        Raises NotOwner, SessionEnded, AlreadyFellBack.
        """
        self._sender_only(seated, now)
        self._claim_fall_back(seated.session, now)
        try:
            link_id = make_link()
        except BaseException:
            self._change(seated.session, lambda session: replace(session, falling_back_until=0))
            raise
        session = self._change(
            seated.session, lambda session: replace(session, link_id=session.link_id or link_id, falling_back_until=0)
        )
        if session.link_id != link_id:
            raise AlreadyFellBack  # it took too long, and somebody else was faster
        for seat in self._records.seats(session.id):
            if seat.number:
                self._relay.send(session.id, seat.number, {"type": "link", "url": f"/l/{link_id}"})
        return session

    def _claim_fall_back(self, session: Session, now: float) -> None:
        """Of many that ask at once one makes the link. Raises AlreadyFellBack for the others."""
        mine = False

        def claim(session: Session) -> Session:
            nonlocal mine
            mine = not session.link_id and session.falling_back_until <= now
            return replace(session, falling_back_until=now + _MAKING) if mine else session

        self._change(session, claim)
        if not mine:
            raise AlreadyFellBack

    def ask_for_link(self, seated: Seated, now: float, store: bool = True) -> None:
        """A receiver that cannot take part live says so for want of a socket, and whether its files may be stored.

        Raises NotOwner, SessionEnded.
        """
        if not seated.seat.number:
            raise NotOwner("Only a receiver asks for a link.")
        if seated.session.state(now) in ("closed", "expired"):
            raise SessionEnded
        ready = {"type": "ready", "from": seated.seat.number, "webrtc": False, **({} if store else {"link": False})}
        self._relay.send(seated.session.id, 0, ready)

    def ice_servers(self, seated: Seated, until: float) -> list[dict[str, Any]]:
        """For one seat, with TURN credentials until then: when its session ends, as far as is known."""
        who = f"{seated.session.id}.{seated.seat.number}"
        settings = self._settings
        return ice_servers.ice_servers(
            settings.ice.servers, settings.ice.turn_urls, settings.ice.turn_secret, who, until
        )

    def end_expired(self, now: float) -> None:
        """Tell the browsers of this process whose session has expired. Reads only what may have."""
        here = self._relay.sessions()
        self._ends = {session_id: ends for session_id, ends in self._ends.items() if session_id in here}
        for session_id in here:
            if self._ends.get(session_id, now) > now:
                continue
            session = self._records.session(session_id)
            if session is None or session.state(now) in ("closed", "expired"):
                self._relay.tell_all(
                    session_id, {"type": "ended", "state": session.state(now) if session else "expired"}
                )
                self._relay.hang_up(session_id, ENDED_CODE, "The session has ended.")
            else:
                self._ends[session_id] = session.ends_at

    def forget(self, now: float) -> int:
        """Drop what ended long ago; how many sessions."""
        return self._records.forget_sessions(now - REMEMBERED)

    def _sender_only(self, seated: Seated, now: float) -> None:
        if seated.seat.number:
            raise NotOwner("Only the sender can do that.")
        if seated.session.state(now) in ("closed", "expired"):
            raise SessionEnded

    def _change(self, session: Session, change: Callable[[Session], Session]) -> Session:
        changed = self._records.change_session(session.id, change)
        if changed is None:
            raise SessionNotFound
        return changed

    def _end(self, session: Session, state: str) -> None:
        self._relay.tell_all(session.id, {"type": "ended", "state": state})
        self._relay.hang_up(session.id, ENDED_CODE, "The session has ended.")
