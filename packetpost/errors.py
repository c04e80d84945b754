"""Every way a request can be refused, each with its status, its code and a sentence a person can act on.

Owns the names and the words; `web/problems.py` turns them into a page, an alert, JSON or tus text.
"""

from collections.abc import Iterable


class Problem(Exception):
    """A refusal. `status` is the HTTP status, `code` the public name, `message` the sentence for people."""

    status = 400
    code = "bad-request"
    message = "That request could not be understood."

    def __init__(self, message: str | None = None, *, retry_after: int | None = None) -> None:
        """`retry_after` is in seconds and becomes a `Retry-After` header."""
        super().__init__(message or self.message)
        self.retry_after = retry_after

    def __str__(self) -> str:
        return str(self.args[0])


class BadRequest(Problem):
    """Something in the request is malformed; the message says what."""


class NoFile(Problem):
    code = "no-file"
    message = "No file was sent. Choose at least one file and try again."


class CrossSite(Problem):
    status = 403
    code = "cross-site"
    message = "This request came from another website, so it was refused. Open this page directly and try again."


class UploadPasswordNeeded(Problem):
    status = 401
    code = "upload-password"
    message = "This server asks for an upload password. Enter it and try again."


class LinkPasswordNeeded(Problem):
    status = 401
    code = "password-needed"
    message = "These files are protected. Enter the link's password to open them."


class WrongPassword(Problem):
    status = 403
    code = "wrong-password"
    message = "That password is not right. Check it and try again."


class NotOwner(Problem):
    status = 403
    code = "not-owner"
    message = "Only the person who made this link can do that, in the browser that made it."


class NotOperator(Problem):
    status = 403
    code = "not-operator"
    message = "That is not this server's admin token. It is what PACKETPOST_ADMIN_TOKEN was set to."


class NotFound(Problem):
    status = 404
    code = "not-found"
    message = "There is nothing at this address."


class BrokenAddress(NotFound):
    """The address cannot be one of ours; the message says why."""

    code = "broken-address"


class OtherRelease(Problem):
    status = 404
    code = "other-release"
    message = "This page and the server are of different versions. Reload the page."


class LinkGone(Problem):
    """Expired, used up, deleted or never made: one answer for all, so that a guess learns nothing."""

    status = 404
    code = "link-gone"
    message = (
        "Nothing can be downloaded here. The link may have expired, reached its download limit, been deleted "
        "by its sender, or never existed. Check the address, or ask the sender for a new link."
    )


class LinkEnded(LinkGone):
    """The same, told to somebody who is known to have had the link."""

    status = 410


class LinkTakenDown(Problem):
    """Told to everybody who has the address: 128 random bits are no guess."""

    status = 451
    code = "taken-down"
    message = "The operator of this server has taken this link down. Its files are gone and cannot be downloaded."


class SealedForBrowsers(Problem):
    status = 406
    code = "sealed"
    message = (
        "These files are end-to-end encrypted. Open the whole link, with what stands behind its #, in a browser. "
        "README tells how programs open it."
    )


class LinkBusy(Problem):
    status = 409
    code = "link-busy"
    message = "The last allowed download of this link is running right now. Try again in a minute."


class Prefetched(Problem):
    status = 403
    code = "prefetched"
    message = "Downloads are not given out ahead of a click."


class MethodNotAllowed(Problem):
    """`methods` are those that the address takes, for `Allow` (RFC 9110 section 15.5.6)."""

    status = 405
    code = "method-not-allowed"
    message = (
        "This address does not take that. Send files to the server's own address, as in: curl -T photo.jpg …/ "
        "or: curl -F file=@photo.jpg …/api/upload"
    )

    def __init__(self, methods: Iterable[str]) -> None:
        super().__init__()
        self.methods = sorted(methods)


class NotReady(Problem):
    status = 409
    code = "not-ready"
    message = "The sender is still preparing this file. Try again in a moment."


class LengthNeeded(Problem):
    """RFC 9110 section 15.5.12."""

    status = 411
    code = "length-needed"
    message = "Say how long the file is (Content-Length), or send it in chunks over HTTP/1.1."


class TooLarge(Problem):
    status = 413
    code = "too-large"
    message = "That is larger than this server takes."


class RangeNotSatisfiable(Problem):
    """`size` is the file's whole size in bytes, for `Content-Range: bytes */size` (RFC 9110 section 15.5.17)."""

    status = 416
    code = "range"
    message = "The file has no such part."

    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = size


class UploadLocked(Problem):
    status = 423
    code = "locked"
    message = "Somebody else is writing to this upload right now. Try again in a few seconds."


class TooMany(Problem):
    status = 429
    code = "too-many"
    message = "Too many tries from your address. Wait a little and try again."


class ShareTaken(Problem):
    """Nobody may hold all of the room."""

    status = 429
    code = "share-taken"
    message = (
        "Your network holds as much here as one may. Wait until some of it has expired, or delete what is no longer "
        "needed."
    )


class TooManyConnections(TooMany):
    code = "too-many-connections"
    message = "Your address holds as many connections to this server as it may. Close some, or wait a little."

    def __init__(self) -> None:
        super().__init__(retry_after=5)


class Unavailable(Problem):
    """A store, of facts or of bytes, is away. What ran already goes on; what needs it must wait."""

    status = 503
    code = "unavailable"
    message = "This server cannot reach its store right now. Nothing is lost: try again in a few seconds."

    def __init__(self, message: str | None = None, *, retry_after: int | None = 5) -> None:
        super().__init__(message, retry_after=retry_after)


class NoSpace(Problem):
    status = 507
    code = "no-space"
    message = "This server has no room for that right now. Try again later, or send something smaller."


class SessionNotFound(Problem):
    status = 404
    code = "no-session"
    message = "There is no session with that code. Check it, or ask the sender for a new one."


class SessionEnded(Problem):
    status = 410
    code = "session-ended"
    message = "That session has ended. Ask the sender for a new code."


class Elsewhere(Problem):
    status = 409
    code = "elsewhere"
    message = "This session is open in another tab."


class SessionFull(Problem):
    status = 409
    code = "session-full"
    message = "Everybody that the sender expects is there already. Ask the sender for a new code."


class AlreadyFellBack(Problem):
    status = 409
    code = "already-link"
    message = "This session has become a link already, or is becoming one."


class ClientGone(Problem):
    """The client went away, or sent nothing for the whole time-out, before the promised bytes arrived."""

    status = 400
    code = "client-gone"
    message = "The connection ended before all bytes arrived."


class RelayFailed(Exception):
    """A TURN relay that does not do its work; the message says what it does instead."""


class ClockOff(Exception):
    """A machine whose clock is off; the message says by how much."""


class SettingsError(Exception):
    """A setting that cannot be: the message says which, why, and what to set instead."""
