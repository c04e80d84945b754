"""Sealed links made without a browser, by the browser's codec in Node, to be opened by a page; and unlocking one."""

import json
from collections.abc import Mapping
from typing import Any

import requests
from playwright.sync_api import Page, expect

from tests.support.seal_client import Codec

# 2026-01-01 in milliseconds.
CHANGED = 1_767_225_600_000
_TUS = {"Tus-Resumable": "1.0.0", "Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}


def seal_link(
    codec: Codec, url: str, files: Mapping[str, bytes], password: str = "", stored: bool = True, old: bool = False
) -> str:
    """A link whose files are `stored`, or still to come; its address with the secret. `old`: as release 0.2 made it."""
    secret = codec.call("newSecret")
    entries = [
        {"n": n, "path": path, "size": len(content), "type": "", "mtime": CHANGED, **({} if old else {"seal": 2})}
        for n, (path, content) in enumerate(files.items())
    ]
    sealed = [
        codec.bytes("sealFile", secret=secret, password=password, entry=entry, file=content)
        for entry, content in zip(entries, files.values(), strict=True)
    ]
    manifest = [{"path": f"{n}.sealed", "size": len(content), "type": ""} for n, content in enumerate(sealed)]
    form: dict[str, Any] = {
        "manifest": json.dumps(manifest),
        "sealed": codec.call("sealContents", secret=secret, password=password, entries=entries),
    }
    if password:
        form["password"] = codec.call("proof", secret=secret, password=password)
    with requests.Session() as owner:
        made = owner.post(f"{url}/links", data=form, timeout=10)
        card = owner.get(made.url, headers={"Accept": "application/json"}, timeout=10).json()
        for content, file in zip(sealed if stored else [], card["files"] if stored else [], strict=True):
            owner.patch(url + file["upload_url"], data=content, headers=_TUS, timeout=10).raise_for_status()
    return f"{card['url']}#{secret}"


def unlock_at_second_try(page: Page, password: str) -> None:
    """Type another password first, and hear that it is wrong."""
    for typed in ("guess", password):
        page.get_by_test_id("password").fill(typed)
        page.get_by_test_id("unlock").click()
        if typed == "guess":
            expect(page.get_by_test_id("alert")).to_have_text("That password is not right. Check it and try again.")
