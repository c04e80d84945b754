"""How static files are served: addresses that say what they hold, kept for a year, compressed, alike for everybody."""

import gzip
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import brotli  # type: ignore[import-untyped]
import pytest
from flask import Flask
from flask.testing import FlaskClient

from packetpost.web import factory
from packetpost.web.assets import static_files, styles
from packetpost.web.assets.modules import NotUnderstood
from tests.support.pages_steps import a_link

STATIC = Path(__file__).parents[3] / "static"
FOREVER = "public, max-age=31536000, immutable"
EVERYTHING = {"Accept-Encoding": "gzip, deflate, br, zstd"}


def addresses(client: FlaskClient, page: str = "/") -> list[str]:
    """All static files that a page names."""
    return re.findall(r'="(/static/[^"]+)"', client.get(page).text)


def address(client: FlaskClient, name: str, page: str = "/") -> str:
    return next(each for each in addresses(client, page) if each.endswith(f"/{name}"))


def sheet() -> bytes:
    """The styles of all pages, as one file."""
    return b"\n".join((STATIC / "css" / name).read_bytes() for name in styles.ORDER)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the static files, of which apps are made from here on; each look at it counts."""
    copy = tmp_path / "static"
    shutil.copytree(STATIC, copy)
    monkeypatch.setattr(factory, "STATIC", copy)
    monkeypatch.setattr(static_files, "LOOK", 0)
    return copy


def test_all_that_a_page_names_has_a_fingerprint_and_may_be_kept_for_a_year(client: FlaskClient) -> None:
    named = addresses(client)
    assert len(named) == 9
    for each in named:
        assert re.match(r"/static/[0-9a-f]{12}/", each)
        with client.get(each) as answer:
            assert (answer.status_code, answer.headers["Cache-Control"]) == (200, FOREVER)


def test_static_files_are_the_same_for_everybody(client: FlaskClient) -> None:
    client.get("/")  # a cookie
    with client.get(address(client, "base.js")) as answer:
        assert "Cookie" not in answer.headers["Vary"]
        assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("gzip, deflate, br, zstd", "br"),
        ("gzip", "gzip"),
        ("br;q=0, gzip", "gzip"),
        ("GZIP;q=0.5", "gzip"),
        ("*", "br"),
        ("br;q=0, *", "gzip"),
        ("identity", None),
        ("*;q=0", None),
        ("", None),
        (None, None),
    ],
)
def test_texts_are_compressed_as_the_client_takes_them(
    client: FlaskClient, accepted: str | None, coding: str | None
) -> None:
    headers = {} if accepted is None else {"Accept-Encoding": accepted}
    with client.get(address(client, "packetpost.css"), headers=headers) as answer:
        assert answer.headers.get("Content-Encoding") == coding
        assert answer.headers["Vary"] == "Accept-Encoding"
        assert int(answer.headers["Content-Length"]) == len(answer.data)
        undo: Callable[[bytes], bytes] = {"br": brotli.decompress, "gzip": gzip.decompress, None: bytes}[coding]
        assert undo(answer.data) == sheet()


def test_head_is_answered_as_get_without_a_body(client: FlaskClient) -> None:
    script = address(client, "base.js")
    got, asked = client.get(script, headers=EVERYTHING), client.head(script, headers=EVERYTHING)
    left = {"Date", "X-Request-ID"}
    assert {pair for pair in got.headers if pair[0] not in left} == {p for p in asked.headers if p[0] not in left}
    assert asked.data == b""


def test_who_has_a_file_is_told_so_and_each_coding_is_a_file_of_its_own(client: FlaskClient) -> None:
    script = address(client, "base.js")
    tags = {}
    for accepted in ("br", "gzip", "identity"):
        headers = {"Accept-Encoding": accepted}
        tags[accepted] = client.get(script, headers=headers).headers["ETag"]
        again = client.get(script, headers={**headers, "If-None-Match": tags[accepted]})
        assert (again.status_code, again.data, again.headers["Cache-Control"]) == (304, b"", FOREVER)
        assert again.headers["Vary"] == "Accept-Encoding"
    assert len(set(tags.values())) == 3


def test_a_part_is_of_the_file_as_it_is(client: FlaskClient) -> None:
    with client.get(address(client, "packetpost.css"), headers={**EVERYTHING, "Range": "bytes=10-19"}) as answer:
        assert (answer.status_code, answer.data) == (206, sheet()[10:20])
        assert "Content-Encoding" not in answer.headers


@pytest.mark.parametrize("path", ["/static/favicon.svg", "/static/js/main.js", "/live/save/worker.js"])
def test_what_has_no_fingerprint_is_asked_for_again_each_time(client: FlaskClient, path: str) -> None:
    with client.get(path) as answer:
        assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-cache")
        tag = answer.headers["ETag"]
    assert client.get(path, headers={"If-None-Match": tag}).status_code == 304


def test_the_originals_are_where_the_source_map_says(client: FlaskClient) -> None:
    script = address(client, "base.js")
    told = client.get(f"{script}.map").json
    assert told
    assert "../js/lib/dom.js" in told["sources"]
    with client.get(script.replace("joined/base.js", "js/lib/dom.js")) as answer:
        assert answer.data == (STATIC / "js/lib/dom.js").read_bytes()


@pytest.mark.parametrize(
    "path", ["nothing.js", "../app.py", "0123456789ab/nothing.js", "0123456789ab/../../app.py", "joined", ""]
)
def test_what_is_not_there_is_not_found_and_never_kept(client: FlaskClient, path: str) -> None:
    answer = client.get(f"/static/{path}")
    assert (answer.status_code, answer.headers["Cache-Control"]) == (404, "no-store")


def test_vendored_modules_find_each_other_by_one_fingerprint(client: FlaskClient) -> None:
    chunk = client.get(address(client, "base.js")).text
    found = re.search(r"new URL\('\.\./\.\./(\w{12}/vendor/noble-hashes/)sha2\.js'", chunk)
    assert found
    for name in ("sha2.js", "_md.js", "_u64.js", "utils.js"):
        assert client.get(f"/static/{found[1]}{name}").headers["Cache-Control"] == FOREVER


def test_pages_are_compressed_and_those_that_another_site_asked_for_are_not(client: FlaskClient) -> None:
    plain = client.get("/").data
    with client.get("/", headers=EVERYTHING) as answer:
        assert answer.headers["Content-Encoding"] == "br"
        assert len(answer.data) < len(plain) / 2
        assert "Accept-Encoding" in answer.headers["Vary"]
    for site in ("cross-site", "same-site"):
        with client.get("/", headers={**EVERYTHING, "Sec-Fetch-Site": site}) as answer:
            assert "Content-Encoding" not in answer.headers
            assert answer.data == plain


def test_a_pages_head_is_that_of_the_compressed_page(client: FlaskClient) -> None:
    client.get("/")  # its cookie, so that both answers have the same headers
    got, asked = (client.open("/l/nothing", method=method, headers=EVERYTHING) for method in ("GET", "HEAD"))
    names = ("Content-Encoding", "Content-Length", "Vary", "Content-Type")
    assert [asked.headers.get(name) for name in names] == [got.headers.get(name) for name in names]
    assert asked.data == b""


def test_downloads_pass_as_they_are(client: FlaskClient) -> None:
    """Also those that say that they are pages."""
    body = b"<p>\n" * 5000
    link = a_link(client, body, "page.html")
    with client.get(f"/api/download/{link.id}", headers=EVERYTHING) as answer:
        assert "Content-Encoding" not in answer.headers
        assert answer.data == body


def test_a_deploy_gives_what_has_changed_new_addresses_and_nothing_else(
    folder: Path, make_app: Callable[..., Flask]
) -> None:
    before = addresses(make_app().test_client())
    for name in ("js/lib/format.js", "css/pieces.css"):
        (folder / name).write_text((folder / name).read_text() + "\n/* new */\n")
    client = make_app().test_client()
    changed = {each.split("/", 3)[3] for each in set(addresses(client)) - set(before)}
    assert changed == {
        "css/packetpost.css",
        "js/before-htmx.js",
        *(f"joined/{name}.js" for name in ("base", "others", "choose")),
    }
    assert b"/* new */" in client.get(address(client, "packetpost.css")).data


def test_a_page_of_another_release_gets_what_works_alone_and_a_sentence_for_the_rest(
    folder: Path, make_app: Callable[..., Flask]
) -> None:
    """An open page after a deploy; and, while it is rolled out, a new page that asks an old server."""
    old = addresses(make_app().test_client())
    style, script, first = (
        next(e for e in old if e.endswith(n)) for n in ("packetpost.css", "/base.js", "/before-htmx.js")
    )
    for name in ("js/lib/format.js", "css/pieces.css", "vendor/htmx.min.js", "js/live/lanes/frames.js"):
        (folder / name).write_text((folder / name).read_text() + "\n// new\n")
    new = make_app().test_client()
    for name in (style, first, script.replace("base.js", "disk-sink-worker.js")):
        with new.get(name) as answer:
            assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-cache")
    with new.get(script, headers={"Accept": "text/plain"}) as answer:
        assert (answer.status_code, answer.headers["Cache-Control"]) == (404, "no-store")
        assert answer.data == b"This page and the server are of different versions. Reload the page.\n"


@pytest.mark.parametrize("change", ["one too many", "one too few"])
def test_a_style_file_without_a_place_is_named(change: str) -> None:
    files = {f"css/{name}": b"" for name in styles.ORDER}
    if change == "one too many":
        files["css/new.css"] = b""
    else:
        del files["css/pages.css"]
    with pytest.raises(NotUnderstood, match=r"^(new|pages)\.css: not both in static/css/ and in styles\.ORDER$"):
        styles.joined(files)


def test_who_edits_a_module_reloads_the_page_and_sees_it(folder: Path, make_app: Callable[..., Flask]) -> None:
    client = make_app().test_client()
    before = address(client, "base.js")
    module = folder / "js/lib/format.js"
    module.write_text(module.read_text() + "const edited = 1\n")
    after = address(client, "base.js")
    assert after != before
    assert "const edited = 1\n" in client.get(after).text


def test_another_process_that_has_not_looked_yet_looks_when_it_is_asked(
    folder: Path, make_app: Callable[..., Flask]
) -> None:
    one, other = make_app().test_client(), make_app().test_client()
    module = folder / "js/lib/format.js"
    module.write_text(module.read_text() + "const edited = 1\n")
    assert other.get(address(one, "base.js")).status_code == 200


def test_a_module_that_cannot_be_joined_leaves_the_page_as_it_was_and_says_where(
    folder: Path, make_app: Callable[..., Flask], caplog: pytest.LogCaptureFixture
) -> None:
    client = make_app().test_client()
    before = addresses(client)
    (folder / "js/lib/format.js").write_text("export default 1\n")
    assert addresses(client) == before
    assert "lib/format.js:1: " in caplog.text


def test_each_kind_of_page_runs_its_own_scripts_and_the_shared_ones(make_app: Callable[..., Flask]) -> None:
    app = make_app(PACKETPOST_ADMIN_TOKEN="0123456789abcdef")
    client = app.test_client()

    def scripts(page: str, client: FlaskClient = client) -> list[str]:
        return [each.rpartition("/")[2] for each in addresses(client, page) if "/joined/" in each]

    assert scripts("/") == ["base.js", "others.js", "choose.js"]
    session = client.post("/live").headers["Location"]
    assert scripts(session) == ["base.js", "others.js", "choose.js", "send-receive.js", "send.js"]
    assert scripts(session, app.test_client()) == ["base.js", "send-receive.js", "receive.js"]
    assert scripts(f"/l/{a_link(client).id}") == ["base.js", "others.js", "link.js"]
    assert scripts("/check") == ["base.js", "others.js", "check.js"]
    assert scripts("/l/nothing") == ["base.js"]
