"""Serves static files from memory, and tells pages their addresses: `/static/<fingerprint>/<name>`.

What has a fingerprint may be kept for a year: other contents get another address. Without one, or with one that is not
ours, an answer is asked for again each time. While a release is rolled out, pages of one may ask servers of the other:
they get what works alone (styles, vendored scripts, the worker), but never one file of several that belong together.
"""

import logging
import re
import time
from collections.abc import Iterable
from pathlib import Path
from typing import cast

from flask import Flask, Response, current_app, request, url_for

from packetpost.errors import NotFound, OtherRelease
from packetpost.web.assets import styles
from packetpost.web.assets.encodings import chosen, encoded
from packetpost.web.assets.modules import NotUnderstood
from packetpost.web.assets.release import JOINED, Asset, Release, release, stamps
from packetpost.web.http.headers import header

log = logging.getLogger(__name__)

# Whoever edits a file reloads the page and sees it: a page looks for changes, 200 µs each time, but not more often.
LOOK = 0.3
_FOREVER = "public, max-age=31536000, immutable"
_ASK_AGAIN = "no-cache"
_FINGERPRINTED = re.compile(r"([0-9a-f]{12})/(.+)")


class StaticFiles:
    """The folder's latest release."""

    def __init__(self, folder: Path) -> None:
        """Raises NotUnderstood: of a script that cannot be joined."""
        self._folder, self._looked = folder, time.monotonic()
        self._stamps = stamps(folder)
        self._release = release(folder, self._stamps)

    def latest(self) -> Release:
        """As the folder is now; as it was, while a script in it cannot be joined."""
        if time.monotonic() - self._looked >= LOOK:
            self._looked = time.monotonic()
            try:
                now = stamps(self._folder)
                if now != self._stamps:
                    self._stamps = now
                    self._release = release(self._folder, now)
            except (NotUnderstood, OSError, UnicodeDecodeError) as error:
                log.error("The scripts stay as they were: %s", error)
        return self._release

    def find(self, path: str) -> tuple[Asset, bool]:
        """The file at an address, and whether it may be kept. Raises NotFound or OtherRelease."""
        found = _FINGERPRINTED.fullmatch(path)
        fingerprint, name = found.groups() if found else ("", path)
        asset = self._release.assets.get(name)
        if fingerprint and (not asset or asset.fingerprint != fingerprint):
            # Another process may have seen already what has changed.
            asset = self.latest().assets.get(name)
        if not asset:
            raise OtherRelease if name.startswith(JOINED) else NotFound
        if fingerprint and fingerprint != asset.fingerprint and not asset.lone:
            raise OtherRelease
        return asset, fingerprint == asset.fingerprint

    def warm(self) -> None:
        """Compress what pages ask for before anybody does."""
        for asset in list(self._release.assets.values()):
            if asset.name.startswith((JOINED, styles.SHEET, "vendor/")) and not asset.name.endswith(".map"):
                answer_in = chosen({"br": 1}, asset.mimetype, len(asset.data))
                encoded(asset.data, answer_in)


def init(app: Flask, folder: Path) -> None:
    """Serve the folder at `/static/`, and let templates ask for addresses."""
    app.extensions["packetpost.static"] = StaticFiles(folder)
    app.add_url_rule("/static/<path:filename>", endpoint="static", view_func=serve)
    app.jinja_env.globals.update(asset_url=asset_url, page_scripts=page_scripts)


def static_files() -> StaticFiles:
    """This app's static files."""
    return cast(StaticFiles, current_app.extensions["packetpost.static"])


def asset_url(name: str) -> str:
    """Where the file `name` of the static folder is, as it is now."""
    return _address(static_files().latest().assets[name])


def page_scripts(pages: Iterable[str] = ()) -> list[str]:
    """Where the scripts of a page of these kinds are, in order."""
    return [_address(asset) for asset in static_files().latest().scripts(*pages)]


def _address(asset: Asset) -> str:
    return url_for("static", filename=f"{asset.fingerprint}/{asset.name}")


def serve(filename: str) -> Response:
    """A static file: for a year by its fingerprint, else to be asked for again. Raises NotFound."""
    asset, current = static_files().find(filename)
    return answer(asset, _FOREVER if current else _ASK_AGAIN)


def answer(asset: Asset, keep: str = _ASK_AGAIN) -> Response:
    """The file, compressed where the client takes that; a part of it never is."""
    accepted = (
        {} if header("Range") is not None else {name.lower(): weight for name, weight in request.accept_encodings}
    )
    coding = chosen(accepted, asset.mimetype, len(asset.data))
    response = Response(encoded(asset.data, coding), mimetype=asset.mimetype)
    response.headers["Cache-Control"] = keep
    response.headers["Vary"] = "Accept-Encoding"
    response.set_etag(f"{asset.tag}-{coding}" if coding else asset.tag)
    if coding:
        response.headers["Content-Encoding"] = coding
    response.make_conditional(request, accept_ranges=not coding, complete_length=len(asset.data))
    return response
