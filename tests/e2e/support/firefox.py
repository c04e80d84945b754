"""Firefox by its own remote agent (WebDriver BiDi): as much of it as a live session needs."""

import itertools
import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

from tests.support.server_process import wait_until

_PROGRAM = os.environ.get("FIREFOX", "firefox-esr")
_START_SECONDS = 30
_PREFERENCES = {
    # Two browsers of one machine may meet over its loopback, with their addresses as they are.
    "media.peerconnection.ice.loopback": True,
    "media.peerconnection.ice.obfuscate_host_addresses": False,
    "browser.download.folderList": 2,
    "browser.download.alwaysOpenPanel": False,
    "browser.shell.checkDefaultBrowser": False,
    "datareporting.policy.dataSubmissionEnabled": False,
}


class Firefox:
    """One Firefox with a profile and a download folder of its own, showing one page."""

    def __init__(self, folder: Path) -> None:
        self.downloads = folder / "downloads"
        self._profile, self._log = folder / "profile", folder / "firefox.log"
        self._numbers = itertools.count(1)

    def open(self) -> "Firefox":
        assert shutil.which(_PROGRAM), (
            f"There is no {_PROGRAM}. Install it (on Debian: apt-get install firefox-esr), or say where it is in the "
            "environment variable FIREFOX."
        )
        self.downloads.mkdir()
        self._profile.mkdir()
        preferences = {**_PREFERENCES, "browser.download.dir": str(self.downloads)}
        lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});\n" for name, value in preferences.items()]
        (self._profile / "user.js").write_text("".join(lines))
        command = [
            _PROGRAM,
            "--headless",
            "--no-remote",
            "--profile",
            str(self._profile),
            "--remote-debugging-port",
            "0",
        ]
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
        wait_until(self._address, _START_SECONDS, lambda: f"Firefox did not start:\n{self._log.read_text()}")
        self._socket: ClientConnection = connect(f"{self._address()}/session", max_size=None, legacy=True)
        self._ask("session.new", capabilities={})
        self._page = self._ask("browsingContext.getTree")["contexts"][0]["context"]
        return self

    def close(self) -> None:
        self._process.terminate()
        self._process.wait(20)

    def _address(self) -> str:
        found = re.search(r"WebDriver BiDi listening on (ws://\S+)", self._log.read_text())
        return found[1] if found else ""

    def _ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        number = next(self._numbers)
        self._socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while True:
            answer = json.loads(self._socket.recv(timeout=60))
            if answer.get("id") == number:
                assert answer["type"] == "success", answer
                result: dict[str, Any] = answer["result"]
                return result

    def goto(self, url: str) -> None:
        self._ask("browsingContext.navigate", context=self._page, url=url, wait="complete")

    def look(self, expression: str) -> Any:
        """What a JavaScript expression is in the page."""
        return self._evaluate(expression).get("value")

    def _evaluate(self, expression: str) -> dict[str, Any]:
        where = {"context": self._page}
        answer = self._ask(
            "script.evaluate", expression=expression, target=where, awaitPromise=True, userActivation=True
        )
        assert answer["type"] == "success", answer
        result: dict[str, Any] = answer["result"]
        return result

    def wait_for(self, condition: str, seconds: float = 40) -> None:
        """Until a JavaScript expression is true."""
        wait_until(lambda: self.look(f"Boolean({condition})"), seconds, f"in Firefox this never came: {condition}")

    def choose(self, test_id: str, *files: Path) -> None:
        element = self._evaluate(f"document.querySelector('[data-testid={test_id}]')")["sharedId"]
        names = [str(file) for file in files]
        self._ask("input.setFiles", context=self._page, element={"sharedId": element}, files=names)

    def press(self, test_id: str) -> None:
        """Click a button, once it can be seen."""
        button = f"document.querySelector('[data-testid={test_id}]')"
        self.wait_for(f"{button}?.checkVisibility() && !{button}.disabled")
        self._evaluate(f"{button}.click()")
