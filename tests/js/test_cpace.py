"""CPace in the browser and in Python: the figures of the draft, one with the other, and points that are none."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support import cpace
from tests.support.seal_client import Codec, Refused

# Test vectors of draft-irtf-cfrg-cpace for ristretto255 with SHA-512.
DRAFT = {
    "PRS": "50617373776f7264",
    "CI": "0b415f696e69746961746f720b425f726573706f6e646572",
    "sid": "7e4b4791d6a8ef019b936c79fb7f2c57",
    "g": "222b6b195fe84b1652badb6f6a3ae3d24341e7306967f0b8115b40d5698c7e56",
    "ya": "da3d23700a9e5699258aef94dc060dfda5ebb61f02a5ea77fad53f4ff0976d08",
    "ADa": "414461",
    "Ya": "d6bac480f2c386c394efc7c47adb9925dcd2630b64f240c50f8d0eec482b9157",
    "yb": "d2316b454718c35362d83d69df6320f38578ed5984651435e2949762d900b80d",
    "ADb": "414462",
    "Yb": "3ea7e0b19560d7c0b0f5734f63b955286dfa8232b5ebe63324e2d9e7433f7258",
    "ISK_IR": "b69effbf61b51d56401c0f65601abe428de8206feaaf0e32198896dcae7b35cd"
    "2b38950a39dfd5d4a79164614c2984f7daa460b588c1e80c3fa2068af7900447",
}
NO_POINTS = {
    "not on the curve": "2b3c6b8c4f3800e7aef6864025b4ed79bd599117e427c41bd47d93d654b4a51c",
    "the neutral one": "0000000000000000000000000000000000000000000000000000000000000000",
    "not canonical": "f1ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "odd": "0100000000000000000000000000000000000000000000000000000000000000",
    "short": "2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c2c",
    "long": "000000000000000000000000000000000000000000000000000000000000000000",
    "none at all": "",
}


@pytest.fixture(scope="module")
def node() -> Iterator[Codec]:
    node = Codec("cpace.mjs")
    yield node
    node.close()


def draft(name: str) -> bytes:
    return bytes.fromhex(DRAFT[name])


def share(node: Codec, random: str = "", password: str = "aa", sid: str = "cc") -> Any:
    return node.call("share", password=password, channel="bb", sid=sid, random=random)


def test_the_browser_makes_the_drafts_figures(node: Codec) -> None:
    said = {"password": DRAFT["PRS"], "channel": DRAFT["CI"], "sid": DRAFT["sid"]}
    a, b = (node.call("share", **said, random=DRAFT[scalar]) for scalar in ("ya", "yb"))
    assert (a["point"], b["point"]) == (DRAFT["Ya"], DRAFT["Yb"])
    initiated = node.call("initiated", id=a["id"], other=b["point"], ours=DRAFT["ADa"], theirs=DRAFT["ADb"])
    answered = node.call("answered", id=b["id"], other=a["point"], ours=DRAFT["ADb"], theirs=DRAFT["ADa"])
    assert initiated == answered == DRAFT["ISK_IR"]


def test_python_makes_the_drafts_figures() -> None:
    said = draft("PRS"), draft("CI"), draft("sid")
    assert cpace.encode(cpace.generator(*said)) == draft("g")
    a, b = (cpace.Share.make(*said, random=draft(scalar)) for scalar in ("ya", "yb"))
    assert (a.point, b.point) == (draft("Ya"), draft("Yb"))
    assert a.initiated(b.point, draft("ADa"), draft("ADb")) == draft("ISK_IR")
    assert b.answered(a.point, draft("ADb"), draft("ADa")) == draft("ISK_IR")


def test_browser_and_python_agree_on_the_key_in_either_role(node: Codec) -> None:
    theirs, ours = share(node), cpace.Share.make(b"\xaa", b"\xbb", b"\xcc")
    said: dict[str, Any] = {"id": theirs["id"], "other": ours.point.hex(), "ours": "01", "theirs": "02"}
    point = bytes.fromhex(theirs["point"])
    assert node.call("initiated", **said) == ours.answered(point, b"\2", b"\1").hex()
    assert node.call("answered", **said) == ours.initiated(point, b"\2", b"\1").hex()


@pytest.mark.parametrize("other", [{"password": "ab"}, {"sid": "cd"}])
def test_another_password_or_session_gives_another_key(node: Codec, other: dict[str, str]) -> None:
    a, b = share(node), share(node, **other)
    initiated = node.call("initiated", id=a["id"], other=b["point"], ours="", theirs="")
    assert initiated != node.call("answered", id=b["id"], other=a["point"], ours="", theirs="")


def test_two_who_both_think_they_began_have_no_key_in_common(node: Codec) -> None:
    a, b = share(node), share(node)
    keys = {
        node.call("initiated", id=one["id"], other=two["point"], ours="", theirs="") for one, two in ((a, b), (b, a))
    }
    assert len(keys) == 2


@pytest.mark.parametrize("name", NO_POINTS)
def test_what_is_no_point_of_the_group_is_refused(node: Codec, name: str) -> None:
    with pytest.raises(Refused, match="PointRefused"):
        node.call("initiated", id=share(node)["id"], other=NO_POINTS[name], ours="", theirs="")
    with pytest.raises(cpace.PointRefused):
        cpace.Share.make(b"a", b"b", b"c").initiated(bytes.fromhex(NO_POINTS[name]))


def test_ones_own_point_reflected_is_refused(node: Codec) -> None:
    ours = share(node)
    for role in ("initiated", "answered"):
        with pytest.raises(Refused, match="PointRefused"):
            node.call(role, id=ours["id"], other=ours["point"], ours="", theirs="")
