"""The road's addresses, against the real server: a body up, an answer down."""

import os
import socket
import struct
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests
from urllib3.exceptions import ProtocolError

from packetpost.road import GRACE, HEAD_BYTES, MOST_BODY, MOST_STRETCH
from tests.support.seats import Session, session
from tests.support.server_process import Server, wait_until

Head = tuple[int, int, int, int]
SECONDS = 20


@pytest.fixture(scope="module")
def server(serve: Callable[..., Server]) -> Server:
    return serve(PACKETPOST_ROAD="on")


def road(server: Server, code: str, *seat: int) -> str:
    return "/".join([f"{server.url}/live/{code}/road", *map(str, seat)])


def as_seat(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def put(server: Server, made: Session, content: Any, **changes: Any) -> requests.Response:
    """A body of the sender's for the receiver, unless something is changed."""
    code, sender, _ = made
    asked = {"params": {"lane": 7, "n": 1}, "headers": as_seat(sender), "data": content, "timeout": SECONDS, **changes}
    return requests.put(road(server, code, asked.pop("seat", 1)), **asked)


def get(server: Server, made: Session, **changes: Any) -> requests.Response:
    """The receiver's answer, unless something is changed."""
    code, _, receiver = made
    asked = {"params": {"page": "p"}, "headers": as_seat(receiver), "stream": True, "timeout": SECONDS, **changes}
    return requests.get(road(server, code), **asked)


@contextmanager
def listening(server: Server, made: Session, **changes: Any) -> Iterator[Iterator[tuple[Head, bytes]]]:
    """The stretches of the receiver's answer, signs of life too; its first one has come."""
    with get(server, made, **changes) as answer:
        assert answer.status_code == 200, answer.text
        parts = stretches(answer)
        assert next(parts) == ((0, 0, 0, 0), b"")
        yield parts


def stretches(answer: requests.Response) -> Iterator[tuple[Head, bytes]]:
    gathered = b""
    for piece in answer.raw.stream(MOST_STRETCH):
        gathered += piece
        while len(gathered) >= HEAD_BYTES:
            lane, n, seat_and_length, left = struct.unpack(">IIII", gathered[:HEAD_BYTES])
            head: Head = (lane, n, seat_and_length & 0xFFFFFF, left)
            end = HEAD_BYTES + head[2]
            if len(gathered) < end:
                break
            yield head, gathered[HEAD_BYTES:end]
            gathered = gathered[end:]


def receive(parts: Iterator[tuple[Head, bytes]], bodies: int) -> dict[tuple[int, int], bytes]:
    """Whole bodies, as many."""
    found: dict[tuple[int, int], bytes] = {}
    for (lane, n, length, left), content in parts:
        if length:
            found[lane, n] = found.get((lane, n), b"") + content
            bodies -= not left
        if not bodies:
            break
    return found


def test_bodies_go_from_page_to_page_and_leave_nothing_on_the_disk(server: Server) -> None:
    made = session(server)
    contents = [os.urandom(size) for size in (1, 70_000, MOST_BODY)]
    before = files(server)
    with listening(server, made) as parts, ThreadPoolExecutor(1) as crew:
        received = crew.submit(receive, parts, 3)
        for n, content in enumerate(contents):
            assert put(server, made, content, params={"lane": 9, "n": n + 1}).status_code == 204
        assert received.result(SECONDS) == {(9, n + 1): content for n, content in enumerate(contents)}
    assert files(server) == before


def files(server: Server) -> dict[str, int]:
    """What the data folder holds but for the database, whose session is not of the road."""
    found = (path for path in Path(server.data_dir).rglob("*") if path.is_file() and "sqlite" not in path.name)
    return {str(path): path.stat().st_size for path in found}


def test_the_other_direction_works_by_cookies_too(server: Server) -> None:
    made = session(server)
    _, sender, receiver = made
    with listening(server, made, headers={}, cookies={"seat": sender}) as parts, ThreadPoolExecutor(1) as crew:
        received = crew.submit(receive, parts, 1)
        assert put(server, made, b"back", seat=0, headers={}, cookies={"seat": receiver}).status_code == 204
        assert received.result(SECONDS) == {(7, 1): b"back"}


def test_the_answer_flows_and_is_kept_by_nobody(server: Server) -> None:
    with get(server, session(server)) as answer:
        assert answer.headers["X-Accel-Buffering"] == "no"
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Content-Type"] == "application/octet-stream"
        assert "Content-Length" not in answer.headers


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"params": {"n": 0}}, 400, "bad-request"),
        ({"params": {"lane": -1, "n": 0}}, 400, "bad-request"),
        ({"params": {"lane": 2**32, "n": 0}}, 400, "bad-request"),
        ({"params": {"lane": "9" * 5000, "n": 0}}, 400, "bad-request"),
        ({"params": {"lane": "²", "n": 0}}, 400, "bad-request"),
        ({"params": {"lane": 7, "n": "1e3"}}, 400, "bad-request"),
        ({"content": b""}, 400, "bad-request"),
        ({"content": bytes(MOST_BODY + 1)}, 413, "too-large"),
        ({"content": iter([b"chunked"])}, 411, "length-needed"),
        ({"headers": {}}, 403, "not-owner"),
        ({"headers": as_seat("wrong")}, 403, "not-owner"),
        ({"seat": 0}, 403, "not-owner"),
        ({"seat": 2}, 404, "not-found"),
        ({"seat": 10**30}, 404, "not-found"),
    ],
)
def test_a_body_that_may_not_go_is_refused(server: Server, changes: dict[str, Any], status: int, code: str) -> None:
    answer = put(server, session(server), **{"content": b"hello", **changes})
    assert (answer.status_code, code_of(answer)) == (status, code)


def code_of(answer: requests.Response) -> str:
    return str(answer.json()["code"])


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"params": {}}, 400),
        ({"params": {"page": "x" * 65}}, 400),
        ({"params": {"page": "a b"}}, 400),
        ({"headers": {}}, 403),
    ],
    ids=str,
)
def test_an_answer_that_may_not_be_is_refused(server: Server, changes: dict[str, Any], status: int) -> None:
    answer = get(server, session(server), **changes)
    assert (answer.status_code, code_of(answer)) == (status, {400: "bad-request", 403: "not-owner"}[status])


def several(server: Server, count: int) -> tuple[str, str, list[str]]:
    """A session with so many receivers: its code, the sender's token, and theirs."""
    made = requests.post(f"{server.url}/api/transfer/create", json={"maxReceivers": count}, timeout=10).json()
    code, tokens = made["session"]["transferCode"], []
    for _ in range(count):
        joined = requests.post(f"{server.url}/api/transfer/join", json={"transferCode": code}, timeout=10).json()
        tokens.append(joined["receiverToken"])
    return code, made["senderToken"], tokens


def test_a_receiver_has_no_road_to_another_receiver(server: Server) -> None:
    code, _, tokens = several(server, 2)
    both = (code, tokens[0], tokens[1])
    assert put(server, both, b"hello", seat=2).status_code == 403


def test_a_seat_of_another_session_opens_nothing(server: Server) -> None:
    made, other = session(server), session(server)
    assert put(server, made, b"hello", headers=as_seat(other[1])).status_code == 403
    assert get(server, made, headers=as_seat(other[2])).status_code == 403


@pytest.mark.parametrize(
    "foreign", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://elsewhere.example"}], ids=str
)
def test_another_website_gets_nothing(server: Server, foreign: dict[str, str]) -> None:
    made = session(server)
    _, sender, receiver = made
    assert put(server, made, b"hello", headers={**as_seat(sender), **foreign}).status_code == 403
    assert get(server, made, headers={**as_seat(receiver), **foreign}).status_code == 403


def test_where_nobody_listens_a_body_is_refused_in_seconds(server: Server) -> None:
    answer = put(server, session(server), b"hello")
    assert (answer.status_code, code_of(answer)) == (409, "nobody-listens")


def test_a_hello_waits_for_nobody(server: Server) -> None:
    """What a page says again and again must not take up its connections meanwhile."""
    answer = put(server, session(server), b"hello", params={"lane": 7, "n": 0})
    assert (answer.status_code, code_of(answer)) == (409, "nobody-listens")
    assert answer.elapsed.total_seconds() < GRACE / 2


def test_one_answer_brings_what_all_receivers_say(server: Server) -> None:
    code, sender, receivers = several(server, 3)
    with listening(server, (code, "", sender)) as parts, ThreadPoolExecutor(1) as crew:
        received = crew.submit(receive, parts, 3)
        for lane, receiver in enumerate(receivers, 1):
            params = {"lane": lane, "n": 1}
            assert put(server, (code, receiver, ""), b"ack", seat=0, params=params).status_code == 204
        assert received.result(SECONDS) == {(lane, 1): b"ack" for lane in (1, 2, 3)}


def test_when_the_session_has_ended_nothing_goes_any_more(server: Server) -> None:
    made = session(server)
    asked = {"transferCode": made[0], "token": made[1]}
    requests.post(f"{server.url}/api/transfer/close", json=asked, timeout=SECONDS)
    assert put(server, made, b"hello").status_code == 410
    assert get(server, made).status_code == 410


def test_with_the_road_off_nothing_goes(serve: Callable[..., Server]) -> None:
    off = serve(PACKETPOST_ROAD="off")
    made = session(off)
    answer = put(off, made, b"hello")
    assert (answer.status_code, code_of(answer)) == (403, "road-off")
    assert get(off, made).status_code == 403


def test_a_head_opens_no_answer(server: Server) -> None:
    made = session(server)
    code, _, receiver = made
    asked = requests.head(road(server, code), params={"page": "p"}, headers=as_seat(receiver), timeout=SECONDS)
    assert asked.status_code == 204
    assert put(server, made, b"hello").status_code == 409


def test_a_page_that_left_is_noticed_and_its_place_taken(server: Server) -> None:
    made = session(server)
    with listening(server, made, params={"page": "before"}):
        pass
    with listening(server, made, params={"page": "after"}) as parts, ThreadPoolExecutor(1) as crew:
        received = crew.submit(receive, parts, 1)
        assert put(server, made, b"hello").status_code == 204
        assert received.result(SECONDS) == {(7, 1): b"hello"}


def test_an_older_page_is_cut_when_the_seat_is_opened_anew(server: Server) -> None:
    made = session(server)
    with (
        listening(server, made, params={"page": "before"}) as before,
        listening(server, made, params={"page": "after"}),
        pytest.raises(ProtocolError),
    ):
        list(before)


def test_a_body_that_breaks_off_ends_nothing_else(server: Server) -> None:
    made = session(server)
    code, sender, _ = made
    with listening(server, made) as parts, ThreadPoolExecutor(1) as crew:
        with socket.create_connection(("localhost", server.port), SECONDS) as raw:
            head = f"PUT /live/{code}/road/1?lane=7&n=1 HTTP/1.1\r\nHost: localhost:{server.port}\r\n"
            raw.sendall(f"{head}Authorization: Bearer {sender}\r\nContent-Length: 1000\r\n\r\nhalf".encode())
            assert next(part for head, part in parts if head[2]) == b"half"
        received = crew.submit(receive, parts, 1)
        wait_until(lambda: put(server, made, b"whole", params={"lane": 8, "n": 1}).status_code == 204, SECONDS, "")
        assert received.result(SECONDS) == {(8, 1): b"whole"}
