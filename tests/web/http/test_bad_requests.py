"""Whatever strangers send, to any address, by any method: an answer that blames the request, never a crash."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

import pytest
from flask import Flask

from tests.support import bad_values
from tests.support.bad_values import BadClient, form, in_url, multiparts
from tests.support.server_process import Server

ADMIN = "0123456789abcdef"
METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "TRACE", "WHAT")
# They take their time on purpose, whatever they are asked.
UNHURRIED = ("self_check.drip", "self_check.look_outside")
FORM = {"manifest": b'[{"path": "a", "size": 1, "type": "text/plain"}]', "complaint": b"other"}
FIELDS = (
    *("manifest", "expiry", "downloads", "password", "sealed", "upload_password", "receivers"),
    *("token", "complaint", "text", "contact", "code", "asked", "ready"),
)
JSON = {"outcome": '"direct"', "bytes": "1", "seconds": "1"}
KEYS = (
    *("transferCode", "token", "ttlMinutes", "maxReceivers", "uploadPassword"),
    *("outcome", "reason", "secondsToConnect", "bytes", "seconds"),
)
# Which views look at their query; what makes links does.
QUERIED = ("pages.create", "api.put", "tus.create", "live.find", "live.state", "health.healthz")
QUERY = ("code", "expiry", "downloads", "asked", "ready")
TUS = {"Tus-Resumable": b"1.0.0", "Content-Type": b"application/offset+octet-stream", "Upload-Length": b"1"}
HEADERS = (
    *("Host", "Cookie", "Content-Type", "Content-Length", "Authorization", "Accept", "Accept-Encoding", "User-Agent"),
    *("Range", "If-Range", "If-None-Match", "Origin", "Sec-Fetch-Site", "Expect", "Connection", "Transfer-Encoding"),
    *("HX-Request", "HX-Target", "X-Expiry", "X-Downloads", "X-Password", "X-Link-Password", "X-Upload-Password"),
    *("Upload-Length", "Upload-Offset", "Upload-Defer-Length", "Upload-Metadata", "Upload-Concat", "Upload-Checksum"),
    *("Tus-Resumable", "X-HTTP-Method-Override", "Upgrade", "Sec-WebSocket-Key", "Sec-WebSocket-Version"),
    *("X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Forwarded-Prefix", "X-Request-ID"),
)


# What ends what the others look at.
ENDING = ("pages.delete", "pages.delete_by_token", "live.close", "live.fall_back", "transfer_api.close", "tus.cancel")

# The arguments of routes, by their names, where all is well.
Known = Mapping[str, str]


@dataclass(frozen=True)
class Target:
    """One route with a method, and what is there for it."""

    endpoint: str
    method: str
    rule: str
    known: Known

    def path(self, bad: str | None = None) -> str:
        path = self.rule.replace("/api/files/<token>", "/api/files/<upload>")
        for name, good in self.known.items():
            path = path.replace(f"<{name}>", good if bad is None else bad)
        return path

    @property
    def headers(self) -> dict[str, bytes]:
        headers = {"Cookie": "owner={token}; seat={seat}".format(**self.known).encode()}
        if self.rule.startswith("/check"):
            headers["Authorization"] = f"Bearer {ADMIN}".encode()
        return headers | (TUS | {"Upload-Offset": b"0"} if self.rule.startswith("/api/files") else {})


@pytest.fixture(scope="module")
def server(serve: Callable[..., Server]) -> Server:
    # On the road a body waits for seconds for who takes it: `test_road_http.py` has what is refused there.
    return serve(
        PACKETPOST_ADMIN_TOKEN=ADMIN,
        PACKETPOST_PROXY_HOPS="1",
        PACKETPOST_SECURITY_CONTACT="mailto:a@post.example",
        PACKETPOST_ROAD="off",
    )


@pytest.fixture
def bad(server: Server) -> Iterator[BadClient]:
    client = BadClient(server)
    yield client
    client.close()


@pytest.fixture(scope="module")
def known(server: Server) -> Known:
    """What is there for as long as nothing ends it."""
    client = BadClient(server)
    made = make(client)
    client.close()
    return made


@pytest.fixture
def targets(app: Flask, bad: BadClient, known: Known) -> Iterator[Target]:
    """Every route with its methods, each over a link, an upload and a session that are there."""
    return (
        Target(rule.endpoint, method, re.sub(r"<\w+:", "<", rule.rule), make(bad) if ends else known)
        for rule in app.url_map.iter_rules()
        if rule.endpoint not in UNHURRIED
        for method in sorted(rule.methods or ())
        for ends in [method in ("POST", "DELETE") and rule.endpoint in ENDING]
    )


def make(bad: BadClient) -> Known:
    bad.close()  # nothing may be left on its connection
    link = bad.ask("PUT", "/a.txt", {}, b"x").headers
    owner = link["x-url-delete"].rpartition("/")[2]
    upload = bad.ask("POST", "/api/files", TUS).headers["location"].rpartition("/")[2]
    session = json.loads(bad.ask("POST", "/api/transfer/create", {}, b"{}").body)
    code, seat = session["session"]["transferCode"], session["senderToken"]
    names = {"position": "0", "name": "a", "filename": "js/main.js"}
    link_id = link["location"].rpartition("/")[2]
    return {**names, "link_id": link_id, "token": owner, "upload": upload, "code": code, "seat": seat}


class Crashes:
    """Gathers what no stranger should be able to bring about."""

    def __init__(self, bad: BadClient) -> None:
        self._bad = bad
        self.found: list[str] = []

    def ask(self, told: str, target: Target, path: str, headers: Mapping[str, bytes], body: bytes = b"") -> None:
        status = self._bad.ask(target.method, path, {**target.headers, **headers}, body).status
        if status >= 500 and status != 501:  # 501: a coding of bodies that nobody knows (RFC 9112 6.1)
            self.found.append(f"{target.method} {target.rule}: {told} → {status}")


@pytest.fixture
def crashes(bad: BadClient) -> Crashes:
    return Crashes(bad)


URLENCODED = {"Content-Type": b"application/x-www-form-urlencoded"}


def writing(targets: Iterator[Target]) -> Iterator[Target]:
    return (target for target in targets if target.method in ("POST", "PUT", "PATCH", "DELETE"))


def test_no_path_is_a_crash(targets: Iterator[Target], crashes: Crashes) -> None:
    for target in targets:
        for name, value in bad_values.TEXTS.items():
            if "<" in target.rule:
                crashes.ask(name, target, target.path(in_url(value)), {})
            crashes.ask(f"{name} behind it", target, f"{target.path()}/{in_url(value)}", {})
    assert crashes.found == []


def test_no_method_is_a_crash(targets: Iterator[Target], crashes: Crashes) -> None:
    for target in targets:
        for method in METHODS:
            crashes.ask(method, replace(target, method=method), target.path(), {}, b"{}")
    assert crashes.found == []


def test_no_query_is_a_crash(targets: Iterator[Target], crashes: Crashes) -> None:
    for target in targets:
        for name, value in bad_values.TEXTS.items():
            crashes.ask(f"{name} alone", target, f"{target.path()}?{in_url(value)}", {})
            for key in QUERY if target.endpoint in QUERIED and target.method in ("GET", "POST", "PUT") else ():
                crashes.ask(f"{key}: {name}", target, f"{target.path()}?{key}={in_url(value)}", {})
    assert crashes.found == []


@pytest.mark.slow
def test_no_form_is_a_crash(targets: Iterator[Target], crashes: Crashes) -> None:
    for target in targets:
        if target.method == "POST" and not target.endpoint.startswith(
            ("transfer_api", "tus", "api", "self_check.body")
        ):
            for key in FIELDS:
                for name, value in bad_values.TEXTS.items():
                    crashes.ask(f"{key}: {name}", target, target.path(), URLENCODED, form({**FORM, key: value}))
    assert crashes.found == []


@pytest.mark.parametrize(
    "file", ['{"path": %s, "size": 1}', '{"path": "a", "size": %s}', '{"path":"a","size":1,"type":%s}']
)
def test_no_manifest_is_a_crash(file: str, targets: Iterator[Target], crashes: Crashes) -> None:
    for target in targets:
        if target.endpoint in ("pages.create", "live.fall_back") and target.method == "POST":
            for name, text in bad_values.JSON.items():
                body = form({"manifest": f"[{file % text}]".encode()})
                crashes.ask(name, target, target.path(), URLENCODED, body)
    assert crashes.found == []


def test_no_form_with_files_is_a_crash(targets: Iterator[Target], crashes: Crashes) -> None:
    for target in writing(targets):
        for name, kind, body in multiparts():
            crashes.ask(name, target, target.path(), {"Content-Type": kind}, body)
    assert crashes.found == []


def test_no_json_is_a_crash(targets: Iterator[Target], crashes: Crashes) -> None:
    for target in writing(targets):
        for name, text in bad_values.JSON.items():
            crashes.ask(name, target, target.path(), {"Content-Type": b"application/json"}, text.encode())
            for key in KEYS if target.endpoint.startswith("transfer_api") else ():
                seat = {"transferCode": f'"{target.known["code"]}"', "token": f'"{target.known["seat"]}"'}
                given = {**JSON, **seat, key: text}
                body = ", ".join(f'"{name}": {value}' for name, value in given.items())
                crashes.ask(f"{key}: {name}", target, target.path(), {}, f"{{{body}}}".encode())
        for name, value in bad_values.TEXTS.items():
            crashes.ask(f"{name} for JSON", target, target.path(), {}, b'{"transferCode": "%b"}' % value)
    assert crashes.found == []


# What stands before a value for it to be looked at.
STARTS = {
    "Authorization": [b"Basic ", b"Bearer "],
    "Range": [b"bytes=", b"bytes=0-", b"bytes=-"],
    "Upload-Metadata": [b"filename "],
    "Upload-Checksum": [b"sha1 "],
    "Upload-Concat": [b"final;"],
    "Cookie": [b"owner=", b"seat=", b"packetpost="],
    "Accept": [b"text/html;q="],
    "Host": [b"", b"a:"],
}


@pytest.mark.slow
@pytest.mark.parametrize("header", HEADERS)
def test_no_header_is_a_crash(header: str, targets: Iterator[Target], crashes: Crashes) -> None:
    for target in targets:
        for name in bad_values.WORST if target.method not in ("OPTIONS", "HEAD") else ():
            for start in STARTS.get(header, [b""]):
                value = start + bad_values.TEXTS[name]
                crashes.ask(f"{header}: {start.decode()}{name}", target, target.path(), {header: value}, b"x")
    assert crashes.found == []


def test_what_was_refused_left_no_crash_in_the_log(server: Server) -> None:
    lines = [line for line in server.log.read_text().splitlines() if '"crash"' in line or "Traceback" in line]
    assert lines == []
