"""Who may speak to us and what browsers may do with our answers: cookies, origin checks, headers.

Owns the session cookie (receiver number, links visited and unlocked) and the owner's cookie.
"""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from flask import Flask, Response, request, session
from flask.sessions import NullSession, SecureCookieSessionInterface, SessionMixin
from itsdangerous import TimestampSigner, URLSafeTimedSerializer
from werkzeug.middleware.proxy_fix import ProxyFix

from packetpost import tokens
from packetpost.downloads import Receiver
from packetpost.errors import CrossSite, LinkPasswordNeeded, Prefetched, Unavailable, UploadPasswordNeeded
from packetpost.models import Link
from packetpost.web.http import limits
from packetpost.web.http.headers import basic_password, header
from packetpost.web.http.origin import local, public_origin
from packetpost.web.http.services import now, services

# One browser session remembers this many links; the oldest are dropped, to keep the cookie small.
_MOST_LINKS = 20
_OWNER_COOKIE = "owner"
_PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
    "worker-src 'self'; frame-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Robots-Tag": "noindex",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}


# What is answered also before the signing key is known.
_KEYLESS = ("static", "health.healthz", "health.metrics")


class _Signer(TimestampSigner):
    """By the clock of all instances: one that is ahead signs nothing that another takes for the future's."""

    def get_timestamp(self) -> int:
        return int(now())


class _Sessions(SecureCookieSessionInterface):
    """Secure cookies where the page came over https, also behind a proxy; signed by a key from the records."""

    def __init__(self, secret: Callable[[], bytes]) -> None:
        self._secret = secret

    def get_signing_serializer(self, app: Flask) -> URLSafeTimedSerializer | None:
        """None while the key is not known because the store is away: Flask gives an empty session then."""
        if not app.secret_key:
            with suppress(Unavailable):
                app.secret_key = self._secret()
        serializer = super().get_signing_serializer(app)
        if serializer:
            serializer.signer = _Signer
        return serializer

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Static files are the same for everybody: proxies may keep them for all, whatever cookies they come with."""
        if request.endpoint != "static":
            super().save_session(app, session, response)

    def get_cookie_path(self, app: Flask) -> str:
        """Other apps at our host have no use for it."""
        return local("/")

    def get_cookie_secure(self, app: Flask) -> bool:
        return request.is_secure


def init(app: Flask, secret: Callable[[], bytes], proxy_hops: int) -> None:
    """Put the guard around every request. `proxy_hops` is how many proxies in front may be believed.

    `secret` tells the key that signs cookies, or raises Unavailable.
    """
    app.config.update(SESSION_COOKIE_NAME="packetpost", SESSION_COOKIE_SAMESITE="Lax", SESSION_COOKIE_HTTPONLY=True)
    app.session_interface = _Sessions(secret)
    if proxy_hops:
        app.wsgi_app = ProxyFix(app.wsgi_app, proxy_hops, proxy_hops, proxy_hops, x_prefix=proxy_hops)  # type: ignore[method-assign]
    app.before_request(refuse_without_key)
    app.before_request(refuse_cross_site)
    app.after_request(add_headers)


def refuse_without_key() -> None:
    """Before the store has told the signing key once, no cookie can be read. Raises Unavailable."""
    if isinstance(session, NullSession) and request.endpoint not in _KEYLESS:
        raise Unavailable


def refuse_cross_site() -> None:
    """Let no other website's page write here (Fetch Metadata; Origin for browsers without it). Raises CrossSite."""
    if request.method not in ("GET", "HEAD", "OPTIONS"):
        check_same_site()


def check_same_site() -> None:
    """Only our own pages and programs may ask for this. Raises CrossSite."""
    site = header("Sec-Fetch-Site")
    if site is not None:
        if site not in ("same-origin", "none"):
            raise CrossSite
        return
    origin = header("Origin")
    if origin is None or origin == public_origin():
        return
    # Under `Referrer-Policy: no-referrer` a form on our own page, over plain http, says `Origin: null`. Our cookie is
    # SameSite=Lax, so another site's form cannot bring it along.
    if origin == "null" and "receiver" in session:
        return
    raise CrossSite


def add_headers(response: Response) -> Response:
    """What browsers may do with every answer: policies, no sniffing, no framing."""
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    if response.mimetype == "text/html":
        response.headers.setdefault("Content-Security-Policy", _PAGE_POLICY)
    if request.endpoint != "static" or response.status_code >= 400:
        response.headers.setdefault("Cache-Control", "no-store")
    return response


def _keep(name: str, link_id: str) -> None:
    kept: list[str] = session.get(name, [])
    if link_id not in kept:
        session[name] = [*kept, link_id][-_MOST_LINKS:]


def begin_session() -> None:
    """Give this browser a number, if it has none, by which it is one receiver."""
    session.setdefault("receiver", tokens.new_id())


def visited(link_id: str) -> None:
    """Remember that this browser had the link while it was open."""
    begin_session()
    _keep("seen", link_id)


def knows(link_id: str) -> bool:
    """Whether the asker may be told why the link has ended."""
    return link_id in session.get("seen", []) or services().links.owns(link_id, owner_token())


def visible(link_id: str) -> Link:
    """An open link of which the asker can still get something. Raises LinkGone or LinkEnded."""
    known = knows(link_id)
    link = services().links.find(link_id, now(), known)
    if not services().downloads.sees(link, receiver(link_id), now()):
        services().links.refuse_used_up(known)
    return link


def receiver(link_id: str) -> Receiver:
    """Who asks for the link's files: the browser's session, else its address and program."""
    number = session.get("receiver")
    who = number or f"{request.remote_addr} {request.user_agent.string}"
    return Receiver(tokens.hash_token(f"{link_id} {who}"), proven=bool(number))


def enter(link: Link) -> None:
    """Let in whoever unlocked the link or brings its password. Raises LinkPasswordNeeded or WrongPassword."""
    if not link.password_hash or link.id in session.get("unlocked", []):
        return
    password = header("X-Link-Password") or basic_password()
    if not password:
        raise LinkPasswordNeeded
    check_password(link, password)


def unlock(link: Link, password: str) -> None:
    """Check the password and remember it in the session. Raises WrongPassword."""
    check_password(link, password)
    begin_session()
    _keep("unlocked", link.id)


def check_password(link: Link, password: str) -> None:
    """Unlock a link. Raises WrongPassword, and TooMany for who guesses."""
    with limits.unlock_by_address(), limits.unlock_by_link():
        services().links.unlock(link, password)


def check_upload_password(given: str | None = None) -> None:
    """Where the operator asks for one: `given` by a form, else `X-Upload-Password` or Basic.

    Raises UploadPasswordNeeded.
    """
    expected = services().settings.upload_password
    if not expected:
        return
    password = given or header("X-Upload-Password") or basic_password()
    with limits.upload_password():
        if not tokens.same_text(password, expected):
            raise UploadPasswordNeeded(
                "That upload password is not right. Check it and try again." if password else None
            )


def refuse_prefetch() -> None:
    """A page that is only guessed at must not use up a download. Raises Prefetched."""
    purposes = (header(name) or "" for name in ("Sec-Purpose", "Purpose", "X-Moz"))
    if any("prefetch" in purpose.lower() for purpose in purposes):
        raise Prefetched


def owner_token() -> str:
    """The token of this browser for the link's owner, or ''."""
    return request.cookies.get(_OWNER_COOKIE, "")


def set_owner(response: Any, link_id: str, token: str, lifetime: float) -> None:
    """Make this browser the link's owner for `lifetime` seconds. `response` is Flask's or Werkzeug's."""
    response.set_cookie(
        _OWNER_COOKIE,
        token,
        max_age=int(lifetime),
        path=local(f"/l/{link_id}"),
        secure=request.is_secure,
        httponly=True,
        samesite="Strict",
    )
