"""A seat's signals over HTTP, against the real server: what WebSockets carry, where none can be opened."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import requests

from tests.support.seats import hear, hear_of, say, seat, session, unnumbered
from tests.support.server_process import Server, wait_until

SECONDS = 20
Heard = Iterator[dict[str, Any]]


def signals(server: Server, code: str) -> str:
    return f"{server.url}/live/{code}/signals"


def greet(server: Server, code: str, token: str, page: str = "p", **hello: Any) -> requests.Response:
    """The answer to a hello; its body flows."""
    body = json.dumps({"type": "hello", "token": token, **hello})
    return requests.post(signals(server, code), body, params={"page": page}, stream=True, timeout=SECONDS)


@contextmanager
def listening(server: Server, code: str, token: str, **hello: Any) -> Iterator[Heard]:
    """What a seat hears after its welcome."""
    with greet(server, code, token, **hello) as answer:
        assert answer.status_code == 200, answer.text
        heard = messages(answer)
        assert next(heard)["type"] == "welcome"
        yield heard


def messages(answer: requests.Response) -> Heard:
    for line in answer.iter_lines(chunk_size=1):
        if line:
            yield json.loads(line)


def tell(server: Server, code: str, token: str, *said: object, tab: str = "") -> requests.Response:
    body = "\n".join(json.dumps(message) for message in said)
    headers = {"Authorization": f"Bearer {token}"}
    return requests.put(signals(server, code), body, params={"tab": tab}, headers=headers, timeout=SECONDS)


def answered(answer: requests.Response) -> list[dict[str, Any]]:
    assert answer.status_code == 200, answer.text
    return [json.loads(line) for line in answer.text.splitlines()]


def test_offers_and_answers_go_from_http_to_http(server: Server) -> None:
    code, sender, receiver = session(server)
    with listening(server, code, sender) as one, listening(server, code, receiver) as two:
        assert next(one) == {"type": "present", "seat": 1, "here": True}
        assert answered(tell(server, code, receiver, {"type": "offer", "to": 0, "sdp": "v=0", "try": 1})) == []
        assert unnumbered(next(one)) == {"type": "offer", "from": 1, "sdp": "v=0", "try": 1}
        tell(server, code, sender, {"type": "answer", "to": 1, "sdp": "v=1", "try": 1})
        assert next(two)["sdp"] == "v=1"


def test_they_go_between_http_and_a_websocket(server: Server) -> None:
    code, sender, receiver = session(server)
    with seat(server, code, sender) as one, listening(server, code, receiver) as two:
        hear_of(one, 1, here=True)
        tell(server, code, receiver, {"type": "offer", "to": 0, "sdp": "v=0", "try": 1})
        assert hear(one)["sdp"] == "v=0"
        say(one, type="answer", to=1, sdp="v=1", **{"try": 1})
        assert next(two)["sdp"] == "v=1"
    with seat(server, code, sender) as one:
        wait_until(lambda: not here(server, code, sender), SECONDS, "the receiver is still here")


def here(server: Server, code: str, token: str) -> bool:
    with greet(server, code, token) as answer:
        welcome: dict[str, Any] = next(messages(answer))
        return any(one["here"] for one in welcome["seats"])


def test_messages_are_taken_in_their_order_and_each_refusal_is_said(server: Server) -> None:
    code, sender, receiver = session(server)
    with listening(server, code, sender) as one, listening(server, code, receiver):
        next(one)
        candidates = [{"type": "ice-candidate", "to": 0, "candidate": str(n), "try": 0} for n in range(20)]
        said = [*candidates[:10], {"type": "nonsense"}, *candidates[10:], {"type": "beat"}]
        assert [(one["type"], one.get("code")) for one in answered(tell(server, code, receiver, *said))] == [
            ("error", "type"),
            ("beat", None),
        ]
        assert [next(one)["candidate"] for _ in range(20)] == [str(n) for n in range(20)]


def test_the_next_answer_takes_over_without_a_gap_and_nobody_sees_it(server: Server) -> None:
    code, sender, receiver = session(server)
    with seat(server, code, sender) as one, listening(server, code, receiver, tab="t") as first:
        hear_of(one, 1, here=True)
        say(one, type="ready", to=1, webrtc=True)
        seen = next(first)["n"]
        with listening(server, code, receiver, tab="t", last=seen) as second:
            assert next(first)["code"] == 4011
            assert list(first) == []
            say(one, type="ready", to=1, webrtc=False)
            assert next(second)["n"] == seen + 1
            say(one, type="beat")
            told = [hear(one)]
            while told[-1]["type"] != "beat":
                told.append(hear(one))
            assert {"type": "present", "seat": 1, "here": False} not in told


def test_what_was_missed_is_made_up_for(server: Server) -> None:
    code, sender, receiver = session(server)
    with listening(server, code, receiver):
        pass
    with seat(server, code, sender) as one:
        say(one, type="ready", to=1, webrtc=True)
        say(one, type="beat")
        hear(one)
    with listening(server, code, receiver) as two:
        assert next(two)["type"] == "ready"


def test_a_page_that_says_that_it_goes_frees_its_seat_at_once(server: Server) -> None:
    code, sender, receiver = session(server)
    headers = {"Authorization": f"Bearer {receiver}"}
    with seat(server, code, sender) as one, listening(server, code, receiver, page="mine", tab="t") as two:
        hear_of(one, 1, here=True)
        for page in ("another", "mine"):
            left = requests.delete(signals(server, code), params={"page": page}, headers=headers, timeout=SECONDS)
            assert left.status_code == 204
            if page == "another":
                say(one, type="ready", to=1, webrtc=True)
                assert next(two)["type"] == "ready"  # it goes on
        assert next(two)["type"] == "closed"
        hear_of(one, 1, here=False)
        with listening(server, code, receiver, tab="another"):
            pass


def test_a_second_tab_takes_no_seat_unasked_and_the_first_says_nothing_more(server: Server) -> None:
    code, _, receiver = session(server)
    with listening(server, code, receiver, tab="first") as first:
        refused = greet(server, code, receiver, tab="second")
        assert (refused.status_code, refused.json()["code"]) == (409, "elsewhere")
        with listening(server, code, receiver, tab="second", take=True):
            assert list(first)[-1]["code"] == 4001
            refused = tell(server, code, receiver, {"type": "beat"}, tab="first")
            assert (refused.status_code, refused.json()["code"]) == (409, "elsewhere")
            assert answered(tell(server, code, receiver, {"type": "beat"}, tab="second")) == [{"type": "beat"}]


def test_who_hears_nothing_says_nothing(server: Server) -> None:
    code, _, receiver = session(server)
    refused = tell(server, code, receiver, {"type": "beat"})
    assert (refused.status_code, refused.json()["code"]) == (409, "nobody-listens")


def test_a_session_that_ends_is_told_and_takes_nothing_more(server: Server) -> None:
    code, sender, receiver = session(server)
    with listening(server, code, receiver) as two:
        asked = {"transferCode": code, "token": sender}
        requests.post(f"{server.url}/api/transfer/close", json=asked, timeout=SECONDS)
        told = list(two)
        assert told[-1]["type"] == "closed"
        assert told[-1]["code"] == 4010
    assert tell(server, code, receiver, {"type": "beat"}).status_code == 410
    assert greet(server, code, receiver).status_code == 410


@pytest.mark.parametrize(
    "body",
    ["", "x", "[]", "{}", '{"type":"hello","last":-1}', '{"type":"hello","tab":"ü"}', '{"type":"offer"}', "\0"],
)
def test_a_hello_that_is_none_is_refused(server: Server, body: str) -> None:
    code, _, receiver = session(server)
    headers = {"Authorization": f"Bearer {receiver}", "Content-Length": str(len(body.encode()))}
    asked: dict[str, Any] = {"params": {"page": "p"}, "headers": headers, "timeout": SECONDS}
    answer = requests.post(signals(server, code), body.encode(), **asked)
    assert (answer.status_code, answer.json()["code"]) == (400, "bad-request")


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"token": "wrong"}, 403, "not-owner"),
        ({"code": "AAAA-BBBB"}, 403, "not-owner"),
        ({"page": ""}, 400, "bad-request"),
        ({"page": "x" * 65}, 400, "bad-request"),
        ({"tab": "x" * 44}, 400, "bad-request"),
    ],
)
def test_who_may_not_hear_is_told_why(server: Server, change: dict[str, str], status: int, code: str) -> None:
    made, _, receiver = session(server)
    asked: dict[str, Any] = {"code": made, "token": receiver, **change}
    answer = greet(server, **asked)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


@pytest.mark.parametrize(
    ("body", "params", "status"),
    [
        (b"\xff", {"tab": ""}, 400),
        (b"\n".join([b'{"type":"beat"}'] * 65), {"tab": ""}, 400),
        (b"x" * (256 * 1024 + 1), {"tab": ""}, 413),
        (iter([b"chunked"]), {"tab": ""}, 411),
        (b"", {"tab": "ü"}, 400),
    ],
    ids=["no text", "65 lines", "too long", "no length", "no tab"],
)
def test_what_cannot_be_said_is_refused_and_ends_nothing(
    server: Server, body: Any, params: dict[str, str], status: int
) -> None:
    code, _, receiver = session(server)
    headers = {"Authorization": f"Bearer {receiver}"}
    with listening(server, code, receiver):
        asked: dict[str, Any] = {"params": params, "headers": headers, "timeout": SECONDS}
        assert requests.put(signals(server, code), data=body, **asked).status_code == status
        assert answered(tell(server, code, receiver, {"type": "beat"})) == [{"type": "beat"}]


@pytest.mark.parametrize(
    "foreign", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://elsewhere.example"}], ids=str
)
def test_another_website_hears_and_says_nothing(server: Server, foreign: dict[str, str]) -> None:
    code, _, receiver = session(server)
    hello, cookies = json.dumps({"type": "hello"}), {"seat": receiver}
    for method, query in (("POST", {"page": "p"}), ("PUT", {"tab": ""}), ("DELETE", {"page": "p"})):
        asked: dict[str, Any] = {"params": query, "headers": foreign, "cookies": cookies, "timeout": SECONDS}
        assert requests.request(method, signals(server, code), data=hello, **asked).status_code == 403


def test_the_cookie_of_the_page_says_who_it_is(server: Server) -> None:
    code, _, receiver = session(server)
    asked: dict[str, Any] = {"params": {"page": "p"}, "cookies": {"seat": receiver}, "timeout": SECONDS}
    with requests.post(signals(server, code), '{"type":"hello"}', stream=True, **asked) as answer:
        assert next(messages(answer))["seat"] == 1


def test_a_silent_answer_shows_signs_of_life_and_is_kept_by_nobody(server: Server) -> None:
    code, _, receiver = session(server)
    with greet(server, code, receiver) as answer:
        assert answer.headers["X-Accel-Buffering"] == "no"
        assert answer.headers["Cache-Control"] == "no-store"
        lines = answer.iter_lines(chunk_size=1)
        assert next(lines) == b""
        assert json.loads(next(lines))["type"] == "welcome"
        assert next(lines) == b""


def test_the_metrics_count_open_answers(serve: Callable[..., Server]) -> None:
    counted = serve()
    code, _, receiver = session(counted)

    def is_told(count: int) -> bool:
        told = requests.get(f"{counted.url}/metrics", timeout=SECONDS).text
        return f"packetpost_signal_answers {count}.0" in told

    with listening(counted, code, receiver):
        assert is_told(1)
    wait_until(lambda: is_told(0), SECONDS, "the answer is still counted")
