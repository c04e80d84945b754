"""What browsers may say to each other over the server."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from packetpost.signaling import (
    KEY_STEPS,
    MOST_BYTES,
    RULES,
    Hello,
    Role,
    Signal,
    SignalRefused,
    check_joined,
    parse_hello,
    parse_signal,
)

OFFER = {"type": "offer", "to": 0, "sdp": "v=0", "try": 1}
CANDIDATE = {"type": "ice-candidate", "to": 1, "candidate": "x.local", "sdpMid": "0", "sdpMLineIndex": 0, "try": 1}

MANIFEST = {"type": "manifest", "to": 1, "try": 1, "value": "A" * 12_000}
KEY = {"type": "key", "to": 0, "step": "hello", "value": "A" * 43}
MAC = "-_" + "A" * 41


def parse(message: object, role: Role = "receiver", joined: bool = True) -> Signal:
    signal = parse_signal(json.dumps(message), role)
    check_joined(signal, joined)
    return signal


def code_of(message: object, role: Role = "receiver", joined: bool = True) -> str:
    with pytest.raises(SignalRefused) as refused:
        parse(message, role, joined)
    return refused.value.code


def test_an_offer_is_relayed_to_the_sender() -> None:
    assert parse(OFFER) == Signal("offer", 0, {"sdp": "v=0", "try": 1})


def test_candidates_stay_opaque() -> None:
    assert parse(CANDIDATE, "sender").fields["candidate"] == "x.local"


@pytest.mark.parametrize(("message", "role"), [(OFFER, "receiver"), (CANDIDATE, "sender"), (MANIFEST, "sender")])
def test_a_mac_is_relayed_as_it_came(message: dict[str, Any], role: Role) -> None:
    assert parse({**message, "mac": MAC}, role).fields["mac"] == MAC


@pytest.mark.parametrize(("role", "step"), [(role, step) for role, steps in KEY_STEPS.items() for step in steps])
def test_each_role_takes_its_steps_of_the_key(role: Role, step: str) -> None:
    assert parse({**KEY, "to": 1 if role == "sender" else 0, "step": step}, role).fields["step"] == step


@pytest.mark.parametrize("link", [True, False])
def test_a_receiver_says_whether_its_files_may_be_stored(link: bool) -> None:
    assert parse({"type": "ready", "to": 0, "webrtc": True, "link": link}).fields["link"] is link


@pytest.mark.parametrize("link", [None, 0, "no"])
def test_whether_they_may_be_stored_is_yes_or_no(link: object) -> None:
    assert code_of({"type": "ready", "to": 0, "webrtc": True, "link": link}) == "field"


def test_moving_is_for_the_server_also_before_anybody_joined() -> None:
    assert parse({"type": "moving"}, "sender", joined=False) == Signal("moving", None, {})


@pytest.mark.parametrize(
    ("message", "role", "code"),
    [
        ({**OFFER, "type": "shout"}, "receiver", "type"),
        ({**OFFER, "type": None}, "receiver", "type"),
        ({**OFFER, "type": ["offer"]}, "receiver", "type"),
        (OFFER, "sender", "role"),
        ({**OFFER, "type": "answer"}, "receiver", "role"),
        ({**OFFER, "to": 1}, "receiver", "to"),
        ({**CANDIDATE, "to": 0}, "sender", "to"),
        ({**OFFER, "to": "0"}, "receiver", "to"),
        ({**OFFER, "to": True}, "receiver", "to"),
        ({**CANDIDATE, "to": 99}, "sender", "to"),
        ({"type": "offer", "to": 0, "try": 1}, "receiver", "field"),
        ({**OFFER, "sdp": 5}, "receiver", "field"),
        ({**OFFER, "sdp": "x" * 12_001}, "receiver", "field"),
        ({**OFFER, "try": -1}, "receiver", "field"),
        ({**OFFER, "extra": 1}, "receiver", "field"),
        ({**CANDIDATE, "sdpMLineIndex": 65}, "sender", "field"),
        ({**OFFER, "mac": "A" * 42}, "receiver", "field"),
        ({**OFFER, "mac": "A" * 42 + "!"}, "receiver", "field"),
        ({**OFFER, "mac": None}, "receiver", "field"),
        ({**MANIFEST, "to": 0}, "receiver", "role"),
        ({**MANIFEST, "value": ""}, "sender", "field"),
        ({**MANIFEST, "value": "A" * 12_001}, "sender", "field"),
        ({**MANIFEST, "value": "{}"}, "sender", "field"),
        ({"type": "manifest", "to": 1, "value": "A"}, "sender", "field"),
        ({**KEY, "step": "share"}, "receiver", "role"),
        ({**KEY, "to": 1}, "sender", "role"),
        ({**KEY, "step": "shout"}, "receiver", "role"),
        ({**KEY, "value": "A" * 401}, "receiver", "field"),
        ({**KEY, "value": "a+b"}, "receiver", "field"),
        ({"type": "key", "to": 0, "step": "hello"}, "receiver", "field"),
        ([OFFER], "receiver", "json"),
        ("offer", "receiver", "json"),
        ({**OFFER, "sdp": "x" * MOST_BYTES}, "receiver", "size"),
    ],
)
def test_a_message_against_the_table_is_refused_by_code(message: object, role: Role, code: str) -> None:
    assert code_of(message, role) == code


def test_a_beat_is_for_the_server_also_before_anybody_joined() -> None:
    assert parse({"type": "beat"}, "sender", joined=False) == Signal("beat", None, {})
    assert code_of({"type": "beat", "to": 0}) == "field"


def test_before_anybody_joined_nothing_is_relayed() -> None:
    assert code_of(CANDIDATE, "sender", joined=False) == "state"


@pytest.mark.parametrize("text", [b"{}", "{", "[" * 100_000])
def test_what_is_not_json_text_is_refused(text: str | bytes) -> None:
    with pytest.raises(SignalRefused):
        parse_signal(text, "sender")


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_whatever_is_sent_is_relayed_by_the_table_or_refused(message: Any) -> None:
    try:
        result = parse(message).type
    except SignalRefused as refused:
        result = refused.code
    assert result in {*RULES, "type", "role", "state", "to", "field", "json", "size"}


@given(
    st.sampled_from(sorted(RULES)),
    st.sampled_from(["sender", "receiver"]),
    st.booleans(),
    st.dictionaries(st.text(), st.integers()),
)
def test_only_the_roles_of_the_table_speak(kind: str, role: Role, joined: bool, extra: dict[str, int]) -> None:
    message = {**extra, "type": kind, "to": 1 if role == "sender" else 0}
    try:
        signal = parse(message, role, joined)
    except SignalRefused:
        return
    assert RULES[signal.type].sender in (None, role)
    assert set(signal.fields) <= RULES[kind].needed.keys() | RULES[kind].allowed.keys()


def test_a_hello_is_read() -> None:
    assert parse_hello('{"type":"hello","token":"abc","last":7}') == Hello("abc", 7)
    assert parse_hello('{"type":"hello"}') == Hello(None, 0)
    assert parse_hello('{"type":"hello","tab":"a-b","take":true}') == Hello(None, 0, "a-b", True)


@pytest.mark.parametrize(
    "text", ["", "{}", '{"type":"offer"}', '{"type":"hello","token":5}', '{"type":"hello","last":-1}']
)
def test_another_first_message_is_refused(text: str) -> None:
    with pytest.raises(SignalRefused):
        parse_hello(text)
