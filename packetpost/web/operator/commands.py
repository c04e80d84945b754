"""What operators type: `flask --app app links`, `takedown`, `reports`, `usage`, `sweep`, `check`, also as JSON."""

import json
from collections.abc import Sequence
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import click
from flask import Flask
from flask.cli import with_appcontext

from packetpost.errors import Problem
from packetpost.models import Finding, Link
from packetpost.readiness import worst
from packetpost.sweeper import Swept
from packetpost.web.http import services as clock
from packetpost.web.http.services import services
from packetpost.web.links import link_views
from packetpost.web.operator import self_check

Row = dict[str, Any]  # what JSON takes, by the name of its column

as_json = click.option("--json", "as_json", is_flag=True, help="Tell it as JSON.")


def init(app: Flask) -> None:
    """Add the commands to `flask --app app`."""
    for command in (links, takedown, reports, usage, sweep, check):
        app.cli.add_command(command)


@click.command(help="List links, the newest first.")
@click.option("--most", default=100, show_default=True, help="How many at most.")
@as_json
@with_appcontext
def links(most: int, as_json: bool) -> None:
    """Print the newest links, at most so many."""
    now = clock.now()
    _tell([_link_row(link, now) for link in services().records.links(most)], as_json, "There are no links.")


def _link_row(link: Link, now: float) -> Row:
    stored_uploads = services().links.stored_uploads(link.id)
    return {
        "link": link.id,
        "state": link.state(now) or "open",
        "made": int(link.created_at),
        "expires": int(link.expires_at),
        "files": len(stored_uploads),
        "bytes": sum(stored.offset for stored in stored_uploads),
        "downloads": link.downloads,
    }


@click.command(help="End a link for everybody and free its files. LINK is its address or the last part of it.")
@click.argument("link")
@with_appcontext
def takedown(link: str) -> None:
    """End a link by its address. Raises ClickException where there is none."""
    try:
        ended = services().links.take_down(urlsplit(link).path.rstrip("/").rpartition("/")[2], clock.now())
    except Problem as problem:
        raise click.ClickException("There is no open link at that address.") from problem
    click.echo(f"The link {ended.id} is taken down and its files are gone. Whoever opens it is told so.")


@click.command(help="List what people have reported about links, the newest first.")
@as_json
@with_appcontext
def reports(as_json: bool) -> None:
    """Print what people reported, with the state of the link."""
    rows = []
    for report in services().records.reports():
        link = services().records.link(report.link_id)
        state = (link.state(clock.now()) or "open") if link else "gone"
        row = {"at": int(report.at), "link": report.link_id, "state": state, "complaint": report.complaint}
        rows.append({**row, "text": report.text, "contact": report.contact})
    _tell(rows, as_json, "Nobody has reported anything.")


@click.command(help="Show how much is stored and how much room is left.")
@as_json
@with_appcontext
def usage(as_json: bool) -> None:
    """Print what is stored and promised, in bytes."""
    now, kept = clock.now(), services()
    told: Row = {
        "links": kept.records.count_links(now),
        "promised_bytes": kept.records.promised_bytes(),
        "limit_bytes": kept.settings.limits.stored_bytes,
        "room_bytes": max(0, kept.links.room(now)),
        "free_bytes": kept.files.free_bytes(),
        "reports": len(kept.records.reports()),
        **{f"{state}_sessions": count for state, count in kept.live_records.count_sessions(now).items()},
    }
    if as_json:
        click.echo(json.dumps(told))
    for name, value in [] if as_json else told.items():
        click.echo(f"{name.removesuffix('_bytes').replace('_', ' '):18} {_shown(name, value)}")


@click.command(help="Remove what has expired, ended or lost its record.")
@as_json
@with_appcontext
def sweep(as_json: bool) -> None:
    """Remove now what has expired, and print what went."""
    swept = services().sweeper.sweep(clock.now())
    if as_json:
        click.echo(json.dumps(asdict(swept) if swept else {field.name: None for field in fields(Swept)}))
    elif swept is None:
        click.echo("Another process is sweeping right now.")
    else:
        click.echo(f"Removed {swept.links} links, {swept.uploads} uploads, {swept.orphans} files without a record.")


@click.command(help="Look at everything that must work, and say what to do where it does not.")
@as_json
@with_appcontext
def check(as_json: bool) -> None:
    """Print what the self-check finds; exits with 1 where something fails."""
    settings = services().settings
    findings = self_check.inside()
    if settings.admin_token:
        findings += self_check.public_findings(settings, settings.public_url or f"http://127.0.0.1:{settings.port}")
    else:
        said = "The public address was not tried."
        findings.append(Finding("public address", "warn", said, "Set PACKETPOST_ADMIN_TOKEN here and in the server."))
    if as_json:
        click.echo(json.dumps([asdict(finding) for finding in findings]))
    for finding in [] if as_json else findings:
        click.echo(f"{finding.state:5} {finding.name:19} {finding.said}")
        if finding.advice:
            click.echo(f"{'':25} -> {finding.advice}")
    if worst(findings) == "fail":
        raise SystemExit(1)


def _tell(rows: Sequence[Row], as_json: bool, none: str) -> None:
    """A JSON list, or a table for people."""
    if as_json:
        click.echo(json.dumps(rows))
        return
    if not rows:
        click.echo(none)
        return
    table = [[name.upper() for name in rows[0]], *([_shown(name, row[name]) for name in row] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for line in table:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def _shown(name: str, value: Any) -> str:  # whatever a row holds
    if name in ("made", "expires", "at"):
        return datetime.fromtimestamp(value).strftime("%Y-%m-%d %H:%M")
    if name.endswith("bytes"):
        return "not known" if value is None else link_views.filesize(value)
    # What strangers wrote must not steer the operator's terminal.
    return "".join(char for char in " ".join(str(value).split()) if char.isprintable())
