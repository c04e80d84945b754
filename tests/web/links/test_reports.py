"""Reports about links, and what an operator does about them."""

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from packetpost.web.http.services import Services
from tests.support.pages_steps import a_link
from tests.web.http.test_metrics import read

REPORT = {"complaint": "malware", "text": "It bites.", "contact": "me@home.example"}


def kept(app: Flask) -> list[tuple[str, str, str, str]]:
    services: Services = app.extensions["packetpost"]
    return [(one.link_id, one.complaint, one.text, one.contact) for one in services.records.reports()]


def test_every_link_page_has_the_form(client: FlaskClient, app: Flask) -> None:
    for link in (a_link(client), a_link(client, password="x")):
        assert f'action="/l/{link.id}/report"' in app.test_client().get(f"/l/{link.id}").text


def test_a_report_is_kept_and_thanked_for(client: FlaskClient, app: Flask) -> None:
    link = a_link(client)
    answer = client.post(f"/l/{link.id}/report", data=REPORT)
    assert (answer.status_code, "Thank you" in answer.text) == (201, True)
    assert kept(app) == [(link.id, "malware", "It bites.", "me@home.example")]


def test_htmx_gets_the_thanks_alone(client: FlaskClient) -> None:
    answer = client.post(f"/l/{a_link(client).id}/report", data=REPORT, headers={"HX-Request": "true"})
    assert answer.status_code == 201
    assert answer.text.strip().startswith("<p")


@pytest.mark.parametrize(
    "wrong", [{"complaint": ""}, {"complaint": "boredom"}, {"text": "x" * 2001}, {"contact": "x" * 201}]
)
def test_a_report_that_makes_no_sense_is_refused(client: FlaskClient, app: Flask, wrong: dict[str, str]) -> None:
    assert client.post(f"/l/{a_link(client).id}/report", data={**REPORT, **wrong}).status_code == 400
    assert kept(app) == []


def test_what_is_not_there_cannot_be_reported(client: FlaskClient) -> None:
    assert client.post("/l/AAAAAAAAAAAAAAAAAAAAAA/report", data=REPORT).status_code == 404


def test_reports_are_limited_by_address_and_by_link(client: FlaskClient, make_app: Callable[..., Flask]) -> None:
    link = a_link(client)
    for _ in range(21):
        assert client.post(f"/l/{link.id}/report", data=REPORT).status_code == 201
    assert len(kept(client.application)) == 20
    limited = make_app(PACKETPOST_RATE_LIMITS="on").test_client()
    assert [limited.post(f"/l/{link.id}/report", data=REPORT).status_code for _ in range(6)][-1] == 429


def test_the_log_tells_of_a_report_and_not_of_which_link(
    make_app: Callable[..., Flask], capsys: pytest.CaptureFixture[str]
) -> None:
    client = make_app().test_client()
    link = a_link(client)
    client.post(f"/l/{link.id}/report", data=REPORT)
    text = capsys.readouterr().err
    assert '"event": "report"' in text
    assert [word for word in (link.id, "bites", "home.example") if word in text] == []


class Hook(HTTPServer):
    """An operator's program that is told of reports."""

    def __init__(self, status: int) -> None:
        self.told: list[dict[str, Any]] = []
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                hook.told.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(status)
                self.end_headers()

            def log_message(self, *_: object) -> None: ...

        super().__init__(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()


@pytest.fixture
def hook(request: pytest.FixtureRequest) -> Iterator[Hook]:
    hook = Hook(request.param)
    yield hook
    hook.shutdown()
    hook.server_close()


@pytest.mark.parametrize(("hook", "how"), [(204, "posted"), (500, "failed")], indirect=["hook"])
def test_a_webhook_is_told_and_its_failures_are_counted(hook: Hook, how: str, make_app: Callable[..., Flask]) -> None:
    client = make_app(PACKETPOST_REPORT_WEBHOOK=f"http://127.0.0.1:{hook.server_port}/secret").test_client()
    before = read(client.get("/metrics").text, "report_webhooks_total", how=how)
    link = a_link(client)
    assert client.post(f"/l/{link.id}/report", data=REPORT).status_code == 201
    assert {**hook.told[0], "at": 0} == {
        **REPORT,
        "event": "report",
        "link": f"http://localhost/l/{link.id}",
        "at": 0,
    }
    assert read(client.get("/metrics").text, "report_webhooks_total", how=how) == before + 1


def run(app: Flask, *words: str) -> str:
    result = app.test_cli_runner().invoke(args=words)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_a_takedown_is_told_to_everybody_and_frees_the_bytes(
    client: FlaskClient, app: Flask, services: Services
) -> None:
    link = a_link(client)
    assert "taken down" in run(app, "takedown", f"https://post.example/l/{link.id}/#the-secret")
    stranger = app.test_client().get(f"/l/{link.id}")
    assert (stranger.status_code, "taken this link down" in stranger.text) == (451, True)
    assert app.test_client().get(f"/api/download/{link.id}").status_code == 451
    assert list(services.files.stored()) == []


def test_the_owners_card_says_that_the_link_was_taken_down(client: FlaskClient, app: Flask) -> None:
    link = a_link(client)
    run(app, "takedown", link.id)
    client.get(f"/l/{link.id}/owner/{link.token}")
    card = client.get(f"/l/{link.id}/owner")
    assert (card.status_code, "This link was taken down" in card.text) == (200, True)
    assert "Taken down" in client.get(f"/l/{link.id}/owner/state").text


def test_a_takedown_of_nothing_says_so(app: Flask) -> None:
    result = app.test_cli_runner().invoke(args=["takedown", "nothing"])
    assert (result.exit_code, result.stderr) == (1, "Error: There is no open link at that address.\n")


def test_links_are_listed_for_people_and_for_programs(client: FlaskClient, app: Flask) -> None:
    first, second = a_link(client), a_link(client, bytes(2000))
    run(app, "takedown", first.id)
    told = json.loads(run(app, "links", "--json"))
    assert [(one["link"], one["state"], one["bytes"]) for one in told] == [
        (second.id, "open", 2000),
        (first.id, "taken-down", 0),
    ]
    table = run(app, "links").splitlines()
    assert table[0].split() == ["LINK", "STATE", "MADE", "EXPIRES", "FILES", "BYTES", "DOWNLOADS"]
    assert second.id in table[1]
    assert "2.0 kB" in table[1]


def test_reports_are_listed_with_what_became_of_their_link(client: FlaskClient, app: Flask) -> None:
    assert run(app, "reports") == "Nobody has reported anything.\n"
    link = a_link(client)
    client.post(f"/l/{link.id}/report", data={**REPORT, "text": "It bites.\n\x1b[2JHard."})
    run(app, "takedown", link.id)
    assert json.loads(run(app, "reports", "--json"))[0]["state"] == "taken-down"
    assert "It bites. [2JHard." in run(app, "reports")


def test_usage_tells_what_is_stored_and_what_is_left(client: FlaskClient, app: Flask) -> None:
    a_link(client, bytes(5000))
    told = json.loads(run(app, "usage", "--json"))
    assert (told["links"], told["promised_bytes"], told["created_sessions"]) == (1, 5000, 0)
    assert told["room_bytes"] > 0
    assert "promised           5.0 kB" in run(app, "usage")
